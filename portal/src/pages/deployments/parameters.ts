// A deployment's parameters, "NODE.SETTING" or "fps" with text, as values of each node's form.
import type { Values } from "../../form/schema";

export type Parameters = Record<string, string>;

// What the server reads of a text: JSON where it reads as such, else the text itself.
export function valueOfText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

// The text that the server reads as this value. A text that reads as JSON is quoted.
export function textOfValue(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return valueOfText(value) === value ? value : JSON.stringify(value);
}

// The settings that are overridden for one node.
export function valuesOf(parameters: Parameters, node: string): Values {
  const begin = `${node}.`;
  return Object.fromEntries(
    Object.entries(parameters)
      .filter(([name]) => name.startsWith(begin))
      .map(([name, text]) => [name.slice(begin.length), valueOfText(text)]),
  );
}

// The parameters with those of one node replaced.
export function withValues(parameters: Parameters, node: string, values: Values): Parameters {
  const begin = `${node}.`;
  const others = Object.entries(parameters).filter(([name]) => !name.startsWith(begin));
  const own = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [begin + name, textOfValue(value)] as const);
  return Object.fromEntries([...others, ...own]);
}

export function fpsOf(parameters: Parameters): number | undefined {
  const value = valueOfText(parameters["fps"] ?? "");
  return typeof value === "number" ? value : undefined;
}

export function withFps(parameters: Parameters, value: number | undefined): Parameters {
  const others = Object.fromEntries(Object.entries(parameters).filter(([name]) => name !== "fps"));
  return value === undefined ? others : { ...others, fps: String(value) };
}
