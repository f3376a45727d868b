// Short names for the messages of the REST API. The types themselves are generated from
// api/openapi.json: `npm run generate`.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type System = Schemas["System"];
export type Camera = Schemas["Camera"];
export type CameraState = Camera["state"];
export type Deployment = Schemas["Deployment"];
export type DeploymentState = Deployment["state"];
export type DeploymentNode = Schemas["Node"];
export type NodeStage = DeploymentNode["stages"][number];
export type Insight = Schemas["Insight"];
export type ObjectMeta = Insight["insights_meta"]["objects_meta"][number];
export type EventMeta = Insight["insights_meta"]["events_meta"][number];
export type Status = Schemas["Status"];
export type Problem = Schemas["Problem"];

export type Items<T> = { items: T[] };
