// Reads an OpenAPI description: calls in groups, types in words, an example for the command line.
import { text } from "../../strings/api_docs";

export type JsonSchema = {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  title?: string;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
  allOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  "x-unit"?: string;
};

type Content = Record<string, { schema?: JsonSchema }>;

export type Parameter = {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: JsonSchema;
};

type Operation = {
  summary?: string;
  description?: string;
  operationId?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { description?: string; content?: Content };
  responses?: Record<string, { $ref?: string; description?: string; content?: Content }>;
};

export type OpenApi = {
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, unknown>>;
  components?: Record<string, Record<string, unknown>>;
};

export type Call = Operation & { id: string; method: string; path: string; group: string };

const methods = ["get", "post", "put", "patch", "delete"];

// All calls, in the order of the description.
export function callsOf(api: OpenApi): Call[] {
  const calls: Call[] = [];
  for (const [path, item] of Object.entries(api.paths)) {
    const shared = (item.parameters as Parameter[] | undefined) ?? [];
    for (const method of methods) {
      const operation = item[method] as Operation | undefined;
      if (!operation) continue;
      calls.push({
        ...operation,
        parameters: [...shared, ...(operation.parameters ?? [])].map(
          (parameter) => resolve(api, parameter) as Parameter,
        ),
        id: `${method}${path.replaceAll(/[^a-z0-9]+/gi, "-")}`,
        method: method.toUpperCase(),
        path,
        group: operation.tags?.[0] ?? path.replace(/^\/api\/v1\//, "").split("/")[0] ?? path,
      });
    }
  }
  return calls;
}

// What a reference points to; anything else as it is.
export function resolve<T extends { $ref?: string }>(api: OpenApi, value: T): T {
  if (value.$ref === undefined) return value;
  const found = value.$ref
    .replace(/^#\//, "")
    .split("/")
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], api);
  return (found as T | undefined) ?? value;
}

// The name of a schema that stands among the components.
export function schemaName(schema: JsonSchema | undefined): string | undefined {
  return schema?.$ref?.split("/").at(-1);
}

// A type in a few words.
export function typeText(schema: JsonSchema | undefined): string {
  if (!schema) return text.any;
  const name = schemaName(schema);
  if (name) return name;
  if (schema.enum) return text.oneOf(schema.enum.map(String).join(", "));
  if (schema.const !== undefined) return String(schema.const);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return choices.map(typeText).join(" | ");
  if (schema.allOf) return schema.allOf.map(typeText).join(" & ");
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : schema.type;
  if (type === "array") return text.listOf(typeText(schema.items));
  if (type === "object" && !schema.properties && typeof schema.additionalProperties === "object") {
    return text.mapOf(typeText(schema.additionalProperties));
  }
  return [type ?? text.any, schema.format && `(${schema.format})`, schema["x-unit"]].filter(Boolean).join(" ");
}

// The schema of a JSON body.
export function bodySchema(content: Content | undefined): JsonSchema | undefined {
  if (!content) return undefined;
  const type = Object.keys(content).find((name) => name.includes("json")) ?? Object.keys(content)[0];
  return type === undefined ? undefined : content[type]?.schema;
}

// A value of the schema's type to begin with: defaults, else what is empty.
export function exampleOf(api: OpenApi, schema: JsonSchema | undefined, depth = 0): unknown {
  if (!schema || depth > 4) return null;
  const whole = resolve(api, schema);
  if (whole.example !== undefined) return whole.example;
  if (whole.default !== undefined) return whole.default;
  if (whole.enum) return whole.enum[0];
  const choice = (whole.oneOf ?? whole.anyOf ?? whole.allOf)?.[0];
  if (choice) return exampleOf(api, choice, depth + 1);
  switch (Array.isArray(whole.type) ? whole.type[0] : whole.type) {
    case "object": {
      const names = whole.required ?? Object.keys(whole.properties ?? {}).slice(0, 6);
      return Object.fromEntries(
        names.map((name) => [name, exampleOf(api, whole.properties?.[name], depth + 1)]),
      );
    }
    case "array":
      return [];
    case "integer":
    case "number":
      return whole.minimum ?? 0;
    case "boolean":
      return false;
    case "string":
      return "…";
    default:
      return null;
  }
}

// The call as a command, with what has to be filled in in capitals.
export function curlOf(api: OpenApi, call: Call, origin: string): string {
  const path = call.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => name.toUpperCase());
  const query = (call.parameters ?? [])
    .filter((parameter) => parameter.in === "query" && parameter.required)
    .map(({ name }) => `${name}=${name.toUpperCase()}`)
    .join("&");
  const lines = [
    `curl -s ${call.method === "GET" ? "" : `-X ${call.method} `}'${origin}${path}${query && `?${query}`}'`,
    `-H 'Authorization: Bearer TOKEN'`,
  ];
  const schema = bodySchema(call.requestBody?.content);
  if (schema) {
    const body = JSON.stringify(exampleOf(api, schema)).replaceAll("'", String.raw`'\''`);
    lines.push(`-H 'Content-Type: application/json'`, `-d '${body}'`);
  }
  return lines.join(" \\\n  ");
}

// The components' schemas that a schema refers to, directly or through others.
export function referencedBy(api: OpenApi, schema: JsonSchema | undefined, found = new Set<string>()): Set<string> {
  if (!schema) return found;
  const name = schemaName(schema);
  if (name !== undefined) {
    if (found.has(name)) return found;
    found.add(name);
    return referencedBy(api, resolve(api, schema), found);
  }
  const inner = [
    schema.items,
    ...Object.values(schema.properties ?? {}),
    ...(schema.oneOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.allOf ?? []),
    typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined,
  ];
  for (const one of inner) referencedBy(api, one, found);
  return found;
}
