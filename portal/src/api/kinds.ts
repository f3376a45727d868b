// The kinds of stored objects: where each is found, and its type.
import type {
  ApiToken,
  AuditEntry,
  Camera,
  Connection,
  Deployment,
  Device,
  Location,
  Model,
  Recording,
  Skill,
  SkillVersion,
  User,
} from "./types";

export type Objects = {
  user: User;
  api_token: ApiToken;
  audit_entry: AuditEntry;
  location: Location;
  device: Device;
  camera: Camera;
  model: Model;
  skill: Skill;
  skill_version: SkillVersion;
  deployment: Deployment;
  connection: Connection;
  recording: Recording;
};

// As in the `change` events.
export type Kind = keyof Objects;
// Those that people make and change.
export type EditableKind = Exclude<Kind, "audit_entry" | "skill_version" | "recording">;
export type ObjectOf<K extends Kind> = Objects[K];

const paths: Record<Kind, string> = {
  user: "/users",
  api_token: "/tokens",
  audit_entry: "/audit",
  location: "/locations",
  device: "/devices",
  camera: "/cameras",
  model: "/models",
  skill: "/skills",
  skill_version: "/skill_versions",
  deployment: "/deployments",
  connection: "/connections",
  recording: "/recordings",
};

export function kindPath(kind: Kind, id?: string): string {
  return id === undefined ? paths[kind] : `${paths[kind]}/${encodeURIComponent(id)}`;
}

export function isKind(text: string): text is Kind {
  return Object.hasOwn(paths, text);
}
