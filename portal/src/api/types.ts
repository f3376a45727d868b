// The messages of the REST API. Those taken from Schemas are generated from api/openapi.json; the
// others are written by hand until the server's routes are there, and are then to be replaced by
// the generated ones (`npm run generate`).
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Insight = Schemas["Insight"];
export type ObjectMeta = Insight["insights_meta"]["objects_meta"][number];
export type EventMeta = Insight["insights_meta"]["events_meta"][number];

// --- By hand from here on: to be replaced by generated types. ---

// What every stored object has.
export type Envelope = {
  id: string;
  revision: number;
  created: string; // RFC 3339
  updated: string;
  tags: Record<string, string>;
};

export type Role = "viewer" | "operator" | "admin";

export type Session = {
  signed_in: boolean;
  user?: { id: string; name: string; role: Role };
  csrf_token: string;
  demo: boolean;
  setup_needed: boolean;
};

export type FieldProblem = { field: string; detail: string };

export type Problem = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  field?: string;
  problems?: FieldProblem[];
};

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
  disk?: { free_bytes: number; total_bytes: number };
  store_bytes?: number;
  retention?: { time: string; text: string }; // what was deleted last and why; empty: nothing yet
};

export type Location = Envelope & { name: string; description?: string };

export type User = Envelope & { name: string; role: Role; disabled: boolean; has_password: boolean };

export type ApiToken = Envelope & {
  name: string;
  role: Role;
  user_name?: string;
  expires?: string;
  token?: string; // in the answer that makes it, never again
};

export type AuditEntry = Envelope & {
  name: string; // of the object, as it was then
  user: string;
  status: string; // what was done: "create", "sign_in" …
  object_kind: string;
  object_id: string;
  address: string;
  detail: string;
};

export type DeviceStatus = {
  state: "connected" | "not_connected";
  cause: string;
  os: string;
  cpu: string;
  cores: number;
  memory_mb: number;
  accelerations: { acceleration: Acceleration; available: boolean; reason: string }[];
  cameras: number;
  streams: number;
};

export type DeviceType = "this_machine" | "remote_agent" | "kubernetes";
export type Architecture = "x64" | "arm64";
export type Acceleration = "cpu" | "nvidia_dgpu" | "intel_igpu" | "nvidia_jetson";

export type Device = Envelope & {
  name: string;
  type: DeviceType;
  architecture: Architecture;
  acceleration: Acceleration;
  context: string; // Kubernetes
  has_credentials: boolean;
  status: DeviceStatus;
};

export type CameraState =
  | "idle"
  | "connecting"
  | "streaming"
  | "stalled"
  | "not_found"
  | "refused"
  | "wrong_password"
  | "unsupported"
  | "timed_out"
  | "ended";

export type CameraStatus = {
  state: CameraState;
  cause: string;
  since: string;
  width: number;
  height: number;
  codec: string;
  source_fps: number;
  packets: number;
  frames_decoded: number;
  frames_skipped: number;
  reconnects: number;
};

export type CameraSource = "rtsp" | "usb" | "file" | "http" | "images";

export type Camera = Envelope & {
  name: string;
  source: CameraSource;
  uri: string; // without user name and password
  user_name: string;
  has_password: boolean;
  location: string;
  devices: string[];
  detect_uri: string;
  status: CameraStatus;
};

// The result of the job of /camera_tests; `picture` is a data URL.
export type CameraTest = {
  state: CameraState;
  cause: string;
  width: number;
  height: number;
  codec: string;
  fps: number;
  keyframe_interval_s: number;
  picture: string;
};

// The result of the job of /discovery: cameras of the network, or the streams of one of them.
export type FoundCamera = {
  name: string;
  hardware: string;
  address: string;
  uri: string;
  needs_password: boolean;
};
export type FoundStream = {
  name: string;
  uri: string;
  width: number;
  height: number;
  codec: string;
};

export type ModelSource = "custom" | "external" | "zoo";
export type ModelTask = "detection" | "classification";
export type ModelStatus = "draft" | "importing" | "training" | "ready" | "failed";

export type Model = Envelope & {
  name: string;
  description: string;
  source: ModelSource;
  zoo_name: string;
  task: ModelTask;
  multilabel: boolean;
  labels: string[];
  license: string;
  slug: string;
  status: ModelStatus;
  cause: string;
};

export type ModelVersion = Envelope & {
  model: string;
  number: number;
  bytes: number;
  sha256: string;
  width: number;
  height: number;
  labels: string[];
};

export type ZooModel = {
  name: string;
  title: string;
  description?: string;
  task: ModelTask;
  license: string;
  width: number;
  height: number;
  labels: string[];
  bytes: number;
  installed: boolean;
  added: string;
};

export type Upload = { id: string; name: string; bytes: number; sha256: string };

// `name` is what people see; empty: the type's title.
export type SkillNode = {
  id: string;
  type: string;
  name?: string;
  version?: number;
  settings?: Record<string, unknown>;
};
// "NODE" or "NODE:PORT"; without a port the first one is meant.
export type SkillEdge = { from: string; to: string };
export type SkillGraph = { nodes: SkillNode[]; edges: SkillEdge[] };

export type Skill = Envelope & {
  name: string;
  description: string;
  fps: number;
  acceleration: Acceleration;
  models: string[]; // ids of those its nodes run
  connections: string[]; // ids of those its nodes use
  node_count: number;
  graph?: SkillGraph; // not in lists
};

// What a skill's graph was, kept at each change of it.
export type SkillVersion = Envelope & { skill: string; number: number; graph: SkillGraph };

export type StreamState = "starting" | "running" | "degraded" | "failed" | "ended";
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

// One skill on one camera.
export type Stream = {
  camera: string;
  skill: string;
  skill_name?: string;
  state: StreamState;
  cause: string;
  fps_asked: number;
  fps_reached: number;
  frames: number;
  dropped: number;
  insights: number;
  latency_p50_ms: number;
  latency_p99_ms: number;
  nodes: DeploymentNode[];
};

export type DeploymentState =
  | "starting"
  | "running"
  | "degraded"
  | "failed"
  | "ended"
  | "stopped"
  | "not_connected";

export type DeploymentStatus = { state: DeploymentState; cause: string; streams: Stream[] };

// `parameters`: "NODE.SETTING" or "fps", with values as JSON or plain text.
export type DeployedSkill = { skill: string; parameters: Record<string, string> };
export type DeployedCamera = { camera: string; skills: DeployedSkill[] };

export type Deployment = Envelope & {
  name: string;
  device: string;
  cameras: DeployedCamera[];
  enabled: boolean;
  status: DeploymentStatus;
};

export type Recording = {
  id: string;
  revision?: undefined; // it never changes
  time: string; // of the first frame
  bytes: number;
  camera: string;
  deployment: string;
  labels: string[];
  duration_s: number;
  width: number;
  height: number;
  codec: string;
  has_thumbnail: boolean;
};

// Insights of each step of time from `from` on; by_label counts those with an object of a label.
export type InsightCounts = {
  from: string;
  step_s: number;
  total: number[];
  by_label: Record<string, number[]>;
};

export type ConnectionType =
  | "azure_storage"
  | "iot_hub"
  | "iot_edge"
  | "mqtt"
  | "webhook"
  | "smtp"
  | "custom_vision";

export type Connection = Envelope & {
  name: string;
  type: ConnectionType;
  address: string;
  user_name: string;
  has_credentials: boolean;
  settings: Record<string, string>;
};

export type Settings = Envelope & {
  insight_days: number;
  insight_gb: number;
  recording_days: number;
  recording_gb: number;
  disk_floor_gb: number;
  import_folders: string[];
  import_networks: string[];
};

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

export type Job = {
  id: string;
  kind: string;
  title: string;
  state: JobState;
  progress: number; // 0 to 1; negative: unknown
  message: string;
  cause: string;
  started: string;
  ended: string;
  seconds_left?: number; // while it is known
  log?: string[];
  result?: Record<string, unknown>;
};

// Events of the stream.
export type StatusEvent = {
  cameras: ({ id: string } & Record<string, unknown>)[];
  deployments: ({ id: string } & Record<string, unknown>)[];
};
export type ChangeEvent = {
  kind: string;
  id: string;
  revision: number;
  action: "create" | "update" | "delete";
};

export type Items<T> = { items: T[]; next_cursor?: string; total?: number };
