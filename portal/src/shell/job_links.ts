// Where the result of a job is to be seen. A page that starts jobs adds its kind here.
import type { Job } from "../api/types";

type Target = (result: Record<string, unknown>) => string | undefined;

const idOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

const targets: Record<string, Target> = {
  import: ({ model }) => idOf(model) && `/models/${encodeURIComponent(String(model))}`,
};

// Answered where they were asked, within seconds: not shown in the tray.
const quiet = new Set(["camera_test", "connection_test", "discovery"]);

export const isQuiet = (job: Job) => quiet.has(job.kind);

export function resultLink(job: Job): string | undefined {
  if (job.state !== "done" || !job.result) return undefined;
  return targets[job.kind]?.(job.result);
}
