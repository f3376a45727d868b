// Which colour a state has.
import type { CameraState, DeploymentState } from "../../api/types";
import type { Tone } from "../../parts/state_pill";

export const cameraTone: Record<CameraState, Tone> = {
  connecting: "busy",
  streaming: "good",
  stalled: "warning",
  not_found: "bad",
  refused: "bad",
  wrong_password: "bad",
  unsupported: "bad",
  timed_out: "bad",
  ended: "quiet",
};

export const deploymentTone: Record<DeploymentState, Tone> = {
  starting: "busy",
  running: "good",
  degraded: "warning",
  failed: "bad",
  ended: "quiet",
};
