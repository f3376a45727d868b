// Text that the pages of single objects share.
import type { EditableKind } from "../api/kinds";

type Names = Record<EditableKind, { one: string; many: string }>;

const names: Names = {
  user: { one: "user", many: "users" },
  api_token: { one: "API token", many: "API tokens" },
  location: { one: "location", many: "locations" },
  device: { one: "compute device", many: "compute devices" },
  camera: { one: "camera", many: "cameras" },
  model: { one: "model", many: "models" },
  skill: { one: "AI skill", many: "AI skills" },
  deployment: { one: "deployment", many: "deployments" },
  connection: { one: "connection", many: "connections" },
};

export const text = {
  unknown: (kind: EditableKind, id: string) => `There is no ${names[kind].one} “${id}”`,
  unknownDetail: "It may have been deleted, or the address is misspelt.",
  toList: (kind: EditableKind) => `Show all ${names[kind].many}`,
  loading: (kind: EditableKind) => `The ${names[kind].one} is being loaded`,
  more: "More",
  facts: "Facts",
  edit: (kind: EditableKind) => `Edit ${names[kind].one}`,
  remove: "Delete",
  tags: "Tags",
  created: "Added",
  updated: "Last changed",
  none: "None",
};
