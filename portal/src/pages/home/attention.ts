// What needs somebody's attention, out of the states of all there is.
import type { Camera, CameraState, Deployment, Job } from "../../api/types";
import { cameraRemedy, cameraState, deploymentState } from "../../strings/states";
import { text } from "../../strings/home";
import type { Tone } from "../../parts/state_pill";

export type Attention = {
  id: string;
  name: string;
  to?: string;
  tone: Tone;
  state: string;
  cause: string;
};

const kJobsOf = 24 * 3600; // seconds

const inTrouble: ReadonlySet<CameraState> = new Set([
  "stalled",
  "not_found",
  "refused",
  "wrong_password",
  "unsupported",
  "timed_out",
]);

// What is broken before what is merely slow; otherwise in the order given.
export function attentionOf(
  cameras: readonly Camera[],
  deployments: readonly Deployment[],
  jobs: readonly Job[],
  now: number, // seconds since the epoch
): Attention[] {
  const found: Attention[] = [];
  for (const { id, name, status } of cameras) {
    if (!inTrouble.has(status.state)) continue;
    found.push({
      id: `camera.${id}`,
      name,
      to: `/cameras/${encodeURIComponent(id)}`,
      tone: status.state === "stalled" ? "warning" : "bad",
      state: cameraState[status.state],
      cause: status.cause || cameraRemedy[status.state],
    });
  }
  for (const { id, name, status } of deployments) {
    if (status.state !== "failed" && status.state !== "degraded") continue;
    found.push({
      id: `deployment.${id}`,
      name,
      to: `/deployments/${encodeURIComponent(id)}`,
      tone: status.state === "failed" ? "bad" : "warning",
      state: deploymentState[status.state],
      cause: status.cause,
    });
  }
  for (const { id, title, state, cause, ended } of jobs) {
    if (state !== "failed" || now - Date.parse(ended) / 1000 > kJobsOf) continue;
    found.push({ id: `job.${id}`, name: title, tone: "bad", state: text.attention.job, cause });
  }
  return found.toSorted((a, b) => Number(a.tone !== "bad") - Number(b.tone !== "bad"));
}

const rank: Partial<Record<CameraState, number>> = { streaming: 0, stalled: 1, connecting: 2, idle: 3 };

// The cameras whose pictures lead the page: those that are live first.
export function leadingCameras(cameras: readonly Camera[], most: number): Camera[] {
  const order = ({ status }: Camera) => rank[status.state] ?? 4;
  return cameras.toSorted((a, b) => order(a) - order(b)).slice(0, most);
}
