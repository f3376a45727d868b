// The REST API's messages. Field names are exactly the server's.

export type CameraState =
  | "connecting"
  | "streaming"
  | "stalled"
  | "not_found"
  | "refused"
  | "wrong_password"
  | "unsupported"
  | "timed_out"
  | "ended";

export type Camera = {
  id: string;
  name: string;
  uri: string; // credentials masked
  state: CameraState;
  cause: string; // empty while all is well
  since: string; // RFC 3339
  width: number; // pixels; 0 while unknown
  height: number;
  codec: string;
  source_fps: number; // 0 while unknown
  packets: number;
  frames_decoded: number;
  frames_skipped: number;
  reconnects: number;
};

export type DeploymentState = "starting" | "running" | "degraded" | "failed" | "ended";

export type NodeStage = { name: string; mean_ms: number };

export type DeploymentNode = {
  id: string;
  type: string;
  title: string;
  count: number;
  errors: number;
  dropped: number;
  last_error: string;
  mean_ms: number;
  p99_ms: number;
  stages: NodeStage[];
};

export type Deployment = {
  id: string;
  name: string;
  camera: string;
  skill: string;
  skill_name: string;
  state: DeploymentState;
  cause: string;
  fps_asked: number; // 0: every frame
  fps_reached: number;
  frames: number;
  dropped: number;
  insights: number;
  latency_p50_ms: number;
  latency_p99_ms: number;
  nodes: DeploymentNode[];
};

// Fractions of the frame.
export type Bbox = { l: number; t: number; w: number; h: number };

export type ObjectMeta = {
  timestamp: number;
  label: string;
  confidence: number; // 0..1
  inference_id?: string;
  attributes?: { name: string; label: string; confidence: number }[];
  bbox: Bbox;
  tracking_info?: { tracking_id: string; speed: number; direction: { x: number; y: number } };
};

export type EventMeta = {
  type: string;
  event_id: string;
  related_ids?: string[];
  properties?: Record<string, string>;
};

export type Insight = {
  id: string;
  image: { properties: { height: number; width: number; color_format: string } };
  insights_meta: { objects_meta: ObjectMeta[]; events_meta: EventMeta[] };
  timestamp: number; // seconds since the epoch at which the frame was captured
  datetime: string;
  frame_id: string;
  instance_id: string; // deployment
  skill_id: string;
  device_id: string; // camera
};

export type Status = { cameras: Camera[]; deployments: Deployment[] };

export type System = {
  version: string;
  hostname: string;
  os: string;
  cpu: string;
  cores: number;
  memory_mb: number;
  onnxruntime: string;
  uptime_s: number;
  demo: boolean;
};

export type Items<T> = { items: T[] };

export type Problem = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  field?: string;
};
