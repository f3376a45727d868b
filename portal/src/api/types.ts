// The messages of the REST API, by the names the portal calls them. They are generated from
// api/openapi.json (`npm run generate`); what that leaves open is narrowed here.
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Session = Schemas["Session"];
export type Role = Schemas["User"]["role"];
export type Problem = Schemas["Problem"];
export type FieldProblem = NonNullable<Problem["problems"]>[number];
export type System = Schemas["System"];
export type Settings = Schemas["Settings"];
export type Location = Schemas["Location"];
export type User = Schemas["User"];
export type ApiToken = Schemas["ApiToken"];
export type NewApiToken = Schemas["NewApiToken"];
export type AuditEntry = Schemas["AuditEntry"];

export type Device = Schemas["Device"];
export type DeviceType = Device["type"];
export type Architecture = Device["architecture"];
export type Acceleration = Device["acceleration"];
export type DeviceStatus = Schemas["DeviceStatus"];

export type Camera = Schemas["Camera"];
export type CameraSource = Camera["source"];
export type CameraStatus = Schemas["CameraStatus"];
export type CameraState = CameraStatus["state"];

export type Model = Schemas["Model"];
export type ModelSource = Model["source"];
export type ModelTask = Model["task"];
export type ModelStatus = Model["status"];
export type ModelVersion = Schemas["ModelVersion"];
export type ZooModel = Schemas["ZooModel"];
export type Upload = Schemas["Upload"];

export type Insight = Schemas["Insight"];
export type ObjectMeta = Insight["insights_meta"]["objects_meta"][number];
export type EventMeta = Insight["insights_meta"]["events_meta"][number];
export type Job = Schemas["Job"];
export type JobState = Job["state"];

export type Stream = Schemas["Stream"];
export type StreamState = Stream["state"];
export type StreamNode = Schemas["Node"];
export type NodeStage = StreamNode["stages"][number];
export type DeploymentStatus = Schemas["DeploymentStatus"];
export type DeploymentState = DeploymentStatus["state"];

export type NodeType = Schemas["NodeType"];

export type StatusEvent = Schemas["Status"];

type Narrowed<T, N> = Omit<T, keyof N> & N;

// --- What the API document says less of than is so. ---

// A page of a list; each list's own schema has these members.
export type Items<T> = { items: T[]; next_cursor?: string; total?: number };

export type Connection = Narrowed<Schemas["Connection"], { settings: Record<string, string> }>;
export type ConnectionType = Connection["type"];

// Insights of each step of time from `from` on; by_label counts those with an object of a label.
type Counts = paths["/api/v1/insights/counts"]["get"]["responses"][200]["content"]["application/json"];
export type InsightCounts = Narrowed<Counts, { by_label: Record<string, number[]> }>;

// As stored: what has its default may be left out.
export type SkillNode = Pick<Schemas["SkillNode"], "id" | "type"> & Partial<Schemas["SkillNode"]>;
export type SkillEdge = Schemas["SkillEdge"];
export type SkillGraph = { nodes: SkillNode[]; edges: SkillEdge[] };
// In lists without its graph.
export type Skill = Schemas["SkillSummary"] & { graph?: SkillGraph };
export type SkillVersion = Narrowed<Schemas["SkillVersion"], { graph: SkillGraph }>;

// `parameters`: "NODE.SETTING" or "fps", with values as JSON or plain text.
export type DeployedSkill = { skill: string; parameters: Record<string, string> };
export type DeployedCamera = { camera: string; skills: DeployedSkill[] };
export type Deployment = Narrowed<Schemas["Deployment"], { cameras: DeployedCamera[] }>;

// It never changes and has no revision.
export type Recording = Schemas["Recording"] & { revision?: undefined };

export type ChangeEvent = {
  kind: string;
  id: string;
  revision: number;
  action: "create" | "update" | "delete";
};

// The result of the job of /camera_tests; `picture` is a data URL.
export type CameraTest = Pick<CameraStatus, "state" | "cause" | "width" | "height" | "codec"> & {
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
export type FoundStream = Pick<CameraStatus, "width" | "height" | "codec"> & {
  name: string;
  uri: string;
};
