// Which colour a state has.
import type { CameraState, StreamState } from "../../api/types";
import type { Tone } from "../../parts/state_pill";

export const cameraTone: Record<CameraState, Tone> = {
  idle: "quiet",
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

export const deploymentTone: Record<StreamState, Tone> = {
  starting: "busy",
  running: "good",
  degraded: "warning",
  failed: "bad",
  ended: "quiet",
};
