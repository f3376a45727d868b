// The one place that speaks HTTP with the server.
import type { Problem } from "./types";

export const apiRoot = "/api/v1";

// A refused request. `message` is the server's sentence, fit to be shown.
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;

  constructor(problem: Partial<Problem> & { status: number }) {
    super(problem.detail ?? problem.title ?? `The server answered ${problem.status}.`);
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code ?? "unknown";
    this.field = problem.field;
  }
}

type Query = Record<string, string | number | undefined>;

// The path of a resource with its query; undefined values are left out.
export function apiPath(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return `${apiRoot}${path}${text ? `?${text}` : ""}`;
}

// Fetches JSON. Throws ApiError when the server refuses, TypeError when it cannot be reached.
export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const response = await fetch(apiPath(path, query), {
    headers: { accept: "application/json" },
    ...(signal && { signal }),
  });
  if (response.ok) return (await response.json()) as T;
  let problem: Partial<Problem> = {};
  try {
    problem = (await response.json()) as Partial<Problem>;
  } catch {
    // Not JSON: the status has to do.
  }
  throw new ApiError({ ...problem, status: response.status });
}

// The address of a camera's live view.
export function liveUrl(camera: string): string {
  const url = new URL(`${apiRoot}/cameras/${encodeURIComponent(camera)}/live`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

// Fetches a camera's newest picture. Throws like get().
export async function getSnapshot(
  camera: string,
  width: number,
  signal: AbortSignal,
): Promise<Blob> {
  const path = apiPath(`/cameras/${encodeURIComponent(camera)}/snapshot`, { width });
  const response = await fetch(path, { cache: "no-store", signal });
  if (!response.ok) throw new ApiError({ status: response.status });
  return await response.blob();
}
