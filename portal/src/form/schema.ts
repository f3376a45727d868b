// The part of JSON Schema that POSS writes settings in, with its own hints.
import { text } from "../strings/form";

export type Schema = {
  type?: "object" | "string" | "number" | "integer" | "boolean" | "array";
  title?: string;
  description?: string;
  format?: string;
  enum?: string[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  "x-unit"?: string;
  "x-visible-when"?: { field: string; value: unknown };
  "x-enum-titles"?: string[];
};

export type Values = Record<string, unknown>;

// The value of a property: what was set, else its default, else the empty value of its type.
export function valueOf(schema: Schema, name: string, values: Values): unknown {
  const property = schema.properties?.[name];
  return values[name] ?? property?.default ?? emptyOf(property);
}

function emptyOf(schema: Schema | undefined): unknown {
  switch (schema?.type) {
    case "array":
      return [];
    case "object":
      return {};
    case "boolean":
      return false;
    case "number":
    case "integer":
      return undefined;
    default:
      return "";
  }
}

// Stands in settings for a secret that the server keeps; sent back, it means "as it is".
export const kStoredSecret = "(stored)";

// The value that holds while none is set, as a person reads it.
export function inheritedText(schema: Schema, name: string, inherited: Values): string {
  const property = schema.properties?.[name];
  const value = valueOf(schema, name, inherited);
  if (property?.format === "secret") return "";
  if (typeof value === "boolean") return value ? text.on : text.off;
  if (Array.isArray(value)) return value.join(", ") || text.inheritedNothing;
  if (typeof value === "object" && value !== null) return Object.keys(value).join(", ") || text.inheritedNothing;
  const titles = property?.["x-enum-titles"];
  const at = property?.enum?.indexOf(String(value)) ?? -1;
  return titles?.[at] ?? String(value ?? "");
}

// Whether a property is to be shown, given the other values.
export function isVisible(schema: Schema, name: string, values: Values): boolean {
  const rule = schema.properties?.[name]?.["x-visible-when"];
  return rule === undefined || valueOf(schema, rule.field, values) === rule.value;
}

// Values for the server: what is hidden is left out.
export function visibleValues(schema: Schema, values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => isVisible(schema, name, values)),
  );
}

// What can be said without the server: needed but empty, out of range, too long.
export function schemaProblems(schema: Schema, values: Values): { field: string; detail: string }[] {
  const problems: { field: string; detail: string }[] = [];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (!isVisible(schema, name, values)) continue;
    const value = valueOf(schema, name, values);
    const label = titleOf(name, property);
    const empty = value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
    if (empty) {
      if (schema.required?.includes(name)) problems.push({ field: name, detail: text.required(label) });
      continue;
    }
    if (typeof value === "number") {
      const unit = property["x-unit"] ? ` ${property["x-unit"]}` : "";
      const { minimum = -Infinity, maximum = Infinity } = property;
      if (value < minimum) problems.push({ field: name, detail: `${label} is at least ${minimum}${unit}.` });
      if (value > maximum) problems.push({ field: name, detail: `${label} is at most ${maximum}${unit}.` });
      if (property.type === "integer" && !Number.isInteger(value)) {
        problems.push({ field: name, detail: `${label} is a whole number.` });
      }
    }
    if (property.type === "object" && property.properties) {
      for (const problem of schemaProblems(property, value as Values)) {
        problems.push({ field: `${name}.${problem.field}`, detail: problem.detail });
      }
    }
  }
  return problems;
}

// The label of a property: its title, else its name made readable.
export function titleOf(name: string, schema: Schema): string {
  if (schema.title) return schema.title;
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
