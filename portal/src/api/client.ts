// The one place that speaks HTTP with the server.
import type { FieldProblem, Problem } from "./types";

export const apiRoot = "/api/v1";

// The server's sentences begin small, or without their subject, where they may stand behind the name
// of what is wrong; here they stand alone.
function asSentence(text: string): string {
  if (/^(is|are|has|must|may|needs|cannot|does|holds) /.test(text)) return `This ${text}`;
  return /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

export const asSentences = (problems: readonly FieldProblem[]) =>
  problems.map(({ field, detail }) => ({ field, detail: asSentence(detail) }));

// A refused request. `message` is the server's sentence, fit to be shown.
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | undefined;
  readonly problems: readonly FieldProblem[];

  constructor(problem: Partial<Problem> & { status: number }) {
    super(asSentence(problem.detail ?? problem.title ?? `The server answered ${problem.status}.`));
    this.name = "ApiError";
    this.status = problem.status;
    this.code = problem.code ?? "unknown";
    this.field = problem.field;
    this.problems = asSentences(
      problem.problems ?? (problem.field ? [{ field: problem.field, detail: this.message }] : []),
    );
  }
}

export type Query = Record<string, string | number | boolean | undefined>;

// The path of a resource with its query; undefined values are left out.
export function apiPath(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return `${apiRoot}${path}${text ? `?${text}` : ""}`;
}

let csrfToken = "";
let whenUnauthenticated: () => void = () => undefined;

// Sent with every change made with the session's cookie.
export function setCsrfToken(token: string): void {
  csrfToken = token;
}

// Called when the server no longer knows who asks.
export function onUnauthenticated(call: () => void): void {
  whenUnauthenticated = call;
}

type Options = {
  query?: Query | undefined;
  signal?: AbortSignal | undefined;
  // Of the object as it was read: the server refuses the change (412) when it has another by now.
  revision?: number | undefined;
  // Everything is checked, nothing is stored: the answer holds what would be refused.
  dryRun?: boolean | undefined;
};

function changeHeaders(revision?: number): Record<string, string> {
  return {
    ...(csrfToken && { "x-csrf-token": csrfToken }),
    ...(revision !== undefined && { "if-match": `"${revision}"` }),
  };
}

function problemOf(status: number, text: string): ApiError {
  let problem: Partial<Problem> = {};
  try {
    problem = JSON.parse(text) as Partial<Problem>;
  } catch {
    // Not JSON: the status has to do.
  }
  const error = new ApiError({ ...problem, status });
  if (status === 401 && error.code === "unauthenticated") whenUnauthenticated();
  return error;
}

// Throws ApiError when the server refuses, TypeError when it cannot be reached.
async function request<T>(method: string, path: string, options: Options, body?: unknown) {
  const query = { ...options.query, ...(options.dryRun && { dry_run: true }) };
  const response = await fetch(apiPath(path, query), {
    method,
    headers: {
      accept: "application/json",
      ...(method !== "GET" && changeHeaders(options.revision)),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(options.signal && { signal: options.signal }),
  });
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

export function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return request<T>("GET", path, { query, signal });
}

export function post<T>(path: string, body: unknown = {}, options: Options = {}): Promise<T> {
  return request<T>("POST", path, options, body);
}

// JSON merge patch: what is left out stays as it is, null removes.
export function patch<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
  return request<T>("PATCH", path, options, body);
}

export async function del(path: string, options: Options = {}): Promise<void> {
  await request<undefined>("DELETE", path, options);
}

// Sends a file. `onProgress` gets the part sent, 0 to 1. Aborting the signal breaks it off; the
// server then keeps nothing. Fetch tells no progress of what is sent, hence XMLHttpRequest.
export function upload<T>(
  path: string,
  file: Blob,
  { query, signal, onProgress }: Options & { onProgress?: (part: number) => void } = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    const aborted = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    if (signal?.aborted) return aborted();
    sending.open("POST", apiPath(path, query));
    sending.setRequestHeader("content-type", "application/octet-stream");
    for (const [name, value] of Object.entries(changeHeaders())) {
      sending.setRequestHeader(name, value);
    }
    sending.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    sending.onabort = aborted;
    sending.onerror = () => reject(new TypeError("POSS cannot be reached."));
    sending.onload = () => {
      if (sending.status >= 200 && sending.status < 300) {
        resolve(JSON.parse(sending.responseText) as T);
      } else {
        reject(problemOf(sending.status, sending.responseText));
      }
    };
    signal?.addEventListener("abort", () => sending.abort(), { once: true });
    sending.send(file);
  });
}

// The address of a camera's live view.
export function liveUrl(camera: string): string {
  const url = new URL(`${apiRoot}/cameras/${encodeURIComponent(camera)}/live`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

// Fetches a picture, such as a camera's snapshot. Throws like get().
export async function getPicture(path: string, query: Query, signal: AbortSignal): Promise<Blob> {
  const response = await fetch(apiPath(path, query), { cache: "no-store", signal });
  if (!response.ok) throw problemOf(response.status, "");
  return await response.blob();
}
