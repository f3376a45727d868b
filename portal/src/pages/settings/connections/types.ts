// What each type of connection asks for, and what can be said about it at once.
import type { Connection, ConnectionType, FieldProblem } from "../../../api/types";
import { text } from "../../../strings/connections";

export type ConnectionDraft = {
  name: string;
  type: ConnectionType;
  address: string;
  user_name: string;
  credentials: string | undefined;
  settings: Record<string, string>;
  tags: Record<string, string>;
};

type Shape = {
  required: readonly ("address" | "credentials")[];
  settings: readonly string[]; // names of settings, in their order
  address?: RegExp; // what it has to look like
  wrong?: string;
};

const url = /^https?:\/\/[^\s/]/i;

export const shapes: Record<ConnectionType, Shape> = {
  mqtt: {
    required: ["address"],
    settings: ["client_id", "ca_file"],
    address: /^(mqtts?:\/\/)?[^\s/:]+(:\d+)?\/?$|^(mqtts?:\/\/)?\[[0-9a-f:]+\](:\d+)?\/?$/i,
    wrong: text.wrong.mqtt,
  },
  webhook: { required: ["address"], settings: ["ca_file"], address: url, wrong: text.wrong.http },
  smtp: {
    required: ["address"],
    settings: ["tls", "ca_file"],
    address: /^(smtps?:\/\/)?[^\s/]+\/?$/i,
    wrong: text.wrong.smtp,
  },
  azure_storage: {
    required: ["credentials"],
    settings: ["container", "ca_file"],
    address: url,
    wrong: text.wrong.http,
  },
  iot_hub: { required: ["credentials"], settings: ["ca_file"] },
  iot_edge: { required: [], settings: [] },
  custom_vision: { required: ["address", "credentials"], settings: [], address: url, wrong: text.wrong.http },
};

export const connectionTypes = Object.keys(text.types) as ConnectionType[];

// What is sent: only what belongs to the type, and settings that have a value.
export function toBody(draft: ConnectionDraft) {
  const words = text.types[draft.type];
  const known = shapes[draft.type].settings;
  const given = known.map((name) => [name, (draft.settings[name] ?? "").trim()] as const);
  return {
    name: draft.name.trim(),
    type: draft.type,
    address: words.address ? draft.address.trim() : "",
    user_name: words.user ? draft.user_name.trim() : "",
    credentials: words.credentials ? draft.credentials : undefined,
    settings: Object.fromEntries(given.filter(([, value]) => value !== "")),
    tags: draft.tags,
  };
}

export function checkConnection(draft: ConnectionDraft, existing?: Connection): FieldProblem[] {
  const { required, address: form, wrong = "" } = shapes[draft.type];
  const words = text.types[draft.type];
  const problems: FieldProblem[] = [];
  const address = draft.address.trim();
  if (words.address && address === "" && required.includes("address")) {
    problems.push({ field: "address", detail: text.needed(words.address.label) });
  } else if (words.address && address !== "") {
    if (/^\w+:\/\/[^/]*@/.test(address)) problems.push({ field: "address", detail: text.wrong.password });
    else if (form && !form.test(address)) problems.push({ field: "address", detail: wrong });
  }
  const kept = existing?.type === draft.type && existing.has_credentials && draft.credentials === undefined;
  if (words.credentials && required.includes("credentials") && !kept && !draft.credentials) {
    problems.push({ field: "credentials", detail: text.needed(words.credentials.label) });
  }
  return problems;
}
