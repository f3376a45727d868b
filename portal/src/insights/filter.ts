// Which insights are looked at: kept in the page's address, sent to the server as a query.
import { apiPath } from "../api/client";

export const ranges = { quarter: 900, hour: 3600, day: 86_400, week: 7 * 86_400, month: 30 * 86_400 } as const;
export type Range = keyof typeof ranges | "custom";

export type InsightFilter = {
  camera: string;
  deployment: string;
  label: string;
  range: Range;
  from: string; // RFC 3339; of a custom range
  to: string;
};

const kDefault: Range = "hour";

const time = (text: string | null) => (text !== null && Number.isFinite(Date.parse(text)) ? text : "");

export function readFilter(query: URLSearchParams): InsightFilter {
  const from = time(query.get("from"));
  const to = time(query.get("to"));
  const wanted = query.get("range") ?? "";
  const range = from !== "" || to !== "" ? "custom" : wanted in ranges ? (wanted as Range) : kDefault;
  return {
    camera: query.get("camera") ?? "",
    deployment: query.get("deployment") ?? "",
    label: query.get("label") ?? "",
    range,
    from,
    to,
  };
}

// The address's query with a change; what is empty or as by default is left out.
export function changeFilter(query: URLSearchParams, change: Partial<InsightFilter>): URLSearchParams {
  const next = new URLSearchParams(query);
  if (change.range !== undefined && change.range !== "custom") {
    next.delete("from");
    next.delete("to");
  }
  for (const [name, value] of Object.entries(change)) {
    if (value === "" || (name === "range" && (value === kDefault || value === "custom"))) next.delete(name);
    else next.set(name, value);
  }
  if (next.has("from") || next.has("to")) next.delete("range");
  return next;
}

// A stretch of time, in seconds since the epoch, cut into steps.
export type Span = { from: number; to: number; step_s: number; live: boolean };

const kSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
const kBars = 72;

// A round length of step that cuts the time into about as many bars as a chart shows well.
export function stepFor(seconds: number): number {
  const exact = seconds / kBars;
  return kSteps.find((step) => step >= exact) ?? Math.ceil(exact / 86_400) * 86_400;
}

// Steps begin at round times. Without an end the span goes on with the present.
export function spanOf({ range, from, to }: InsightFilter, now: number): Span {
  const live = range !== "custom" || to === "";
  const end = live ? now : Date.parse(to) / 1000;
  const begin =
    range !== "custom" ? end - ranges[range] : from === "" ? end - ranges.day : Date.parse(from) / 1000;
  const step_s = stepFor(Math.max(1, end - begin));
  if (!live) return { from: begin, to: Math.max(end, begin + 1), step_s, live };
  return {
    from: Math.floor(begin / step_s) * step_s,
    to: (Math.floor(end / step_s) + 1) * step_s,
    step_s,
    live,
  };
}

export const rfc3339 = (seconds: number) => new Date(seconds * 1000).toISOString();

// What lists and exports are asked for.
export function insightQuery(filter: InsightFilter, span: Span): Record<string, string> {
  return {
    ...(filter.camera && { camera: filter.camera }),
    ...(filter.deployment && { deployment: filter.deployment }),
    ...(filter.label && { label: filter.label }),
    from: rfc3339(span.from),
    ...(!span.live && { to: rfc3339(span.to) }),
  };
}

export function exportAddress(format: "csv" | "json", filter: InsightFilter, span: Span): string {
  return apiPath("/insights/export", { format, ...insightQuery(filter, span) });
}

// For <input type="datetime-local">, in the person's time zone, and back.
export function toLocalInput(text: string): string {
  const date = new Date(text);
  if (text === "" || Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromLocalInput(text: string): string {
  const date = new Date(text);
  return text === "" || Number.isNaN(date.getTime()) ? "" : date.toISOString();
}
