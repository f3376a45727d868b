// What the states of cameras, streams, deployments and compute devices are called.
import type { CameraState, DeploymentState, DeviceStatus, StreamState } from "../api/types";

export const cameraState = {
  idle: "Not in use",
  connecting: "Connecting",
  streaming: "Live",
  stalled: "Stalled",
  not_found: "Not found",
  refused: "Refused",
  wrong_password: "Wrong password",
  unsupported: "Unsupported",
  timed_out: "No answer",
  ended: "Ended",
} satisfies Record<CameraState, string>;

// What happened, in a heading.
export const cameraTrouble = {
  idle: (name: string) => `${name} is not in use`,
  connecting: (name: string) => `Connecting to ${name}`,
  streaming: (name: string) => `${name} is live`,
  stalled: (name: string) => `${name} sends no pictures any more`,
  not_found: (name: string) => `${name} was not found`,
  refused: (name: string) => `${name} refuses the connection`,
  wrong_password: (name: string) => `${name} does not accept the user name or password`,
  unsupported: (name: string) => `${name} sends something POSS cannot decode`,
  timed_out: (name: string) => `${name} does not answer`,
  ended: (name: string) => `${name} has been played to its end`,
} satisfies Record<CameraState, (name: string) => string>;

// What to do about it.
export const cameraRemedy = {
  idle: "Nothing uses this camera, so POSS has not opened it. Deploy an AI skill on it to see it live.",
  connecting: "This usually takes a few seconds.",
  streaming: "",
  stalled: "Check the camera's power and network.",
  not_found: "Check the address: is the host name, file or device spelt right, and is it there?",
  refused: "Check that the camera is on and that the port in its address is the right one.",
  wrong_password: "Edit the camera and give the right user name and password.",
  unsupported: "Set the camera to H.264 or MJPEG, or check that the address leads to a video.",
  timed_out: "Check that the camera is on and reachable from this machine.",
  ended: "Deploy it again to play it once more.",
} satisfies Record<CameraState, string>;

export const streamState = {
  starting: "Starting",
  running: "Running",
  degraded: "Degraded",
  failed: "Failed",
  ended: "Ended",
} satisfies Record<StreamState, string>;

export const deploymentState = {
  starting: "Starting",
  running: "Running",
  degraded: "Degraded",
  failed: "Failed",
  stopped: "Stopped",
  not_connected: "Not connected",
} satisfies Record<DeploymentState, string>;

export const deviceState = {
  connected: "Connected",
  not_connected: "Not connected",
} satisfies Record<DeviceStatus["state"], string>;
