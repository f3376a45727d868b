// Which colour a state has.
import type { CameraState, DeploymentState, DeviceStatus, StreamState } from "../api/types";
import type { Tone } from "./state_pill";

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

export const streamTone: Record<StreamState, Tone> = {
  starting: "busy",
  running: "good",
  degraded: "warning",
  failed: "bad",
  ended: "quiet",
};

export const deploymentTone: Record<DeploymentState, Tone> = {
  starting: "busy",
  running: "good",
  degraded: "warning",
  failed: "bad",
  stopped: "quiet",
  not_connected: "quiet",
};

export const deviceTone: Record<DeviceStatus["state"], Tone> = {
  connected: "good",
  not_connected: "quiet",
};
