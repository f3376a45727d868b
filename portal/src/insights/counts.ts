// Counts of insights over time, as a chart shows them.
import type { Insight, InsightCounts } from "../api/types";

// Counts with what has come since added; the window moves on when a step is over. The very same
// object when nothing changes.
export function withLive(counts: InsightCounts, insights: readonly Insight[], now: number): InsightCounts {
  const begin = Date.parse(counts.from) / 1000;
  const { step_s } = counts;
  const length = counts.total.length;
  const moved = Math.max(0, Math.floor((now - begin) / step_s) - length + 1);
  if (moved === 0 && insights.length === 0) return counts;
  const shift = (row: readonly number[]) => {
    const kept = row.slice(Math.min(moved, length));
    return [...kept, ...new Array<number>(length - kept.length).fill(0)];
  };
  const from = begin + moved * step_s;
  const total = shift(counts.total);
  const by_label = Object.fromEntries(Object.entries(counts.by_label).map(([label, row]) => [label, shift(row)]));
  for (const { timestamp, insights_meta } of insights) {
    const at = Math.floor((timestamp - from) / step_s);
    if (at < 0 || at >= length) continue;
    total[at]!++;
    for (const label of new Set(insights_meta.objects_meta.map((object) => object.label))) {
      const row = (by_label[label] ??= new Array<number>(length).fill(0));
      row[at]!++;
    }
  }
  return { from: new Date(from * 1000).toISOString(), step_s, total, by_label };
}

export type Series = { label: string; values: readonly number[]; sum: number };

// The most frequent labels, most frequent first; with `only`, that one alone.
export function seriesOf({ by_label }: InsightCounts, most: number, only = ""): Series[] {
  return Object.entries(by_label)
    .filter(([label]) => only === "" || label === only)
    .map(([label, values]) => ({ label, values, sum: values.reduce((a, b) => a + b, 0) }))
    .filter(({ sum }) => sum > 0)
    .sort((a, b) => b.sum - a.sum || a.label.localeCompare(b.label))
    .slice(0, most);
}

// The highest value and up to four round marks from 0 up to or beyond it.
export function scaleOf(highest: number): { top: number; marks: number[] } {
  if (highest <= 0) return { top: 1, marks: [0, 1] };
  const exact = highest / 3;
  const power = 10 ** Math.floor(Math.log10(exact));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= exact)!);
  const count = Math.ceil(highest / step);
  return { top: step * count, marks: Array.from({ length: count + 1 }, (_, i) => i * step) };
}

// Where the axis of time has marks: round times, at most `most`, as seconds since the epoch.
export function timeMarks(from: number, to: number, most: number): number[] {
  const steps = [1, 5, 15, 60, 300, 900, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 2 * 86_400, 7 * 86_400, 28 * 86_400];
  const step = steps.find((one) => (to - from) / one <= most) ?? steps.at(-1)!;
  const zone = new Date(from * 1000).getTimezoneOffset() * 60;
  const first = Math.ceil((from - zone) / step) * step + zone;
  const marks: number[] = [];
  for (let mark = first; mark <= to; mark += step) marks.push(mark);
  return marks;
}

export type Confidence = { label: string; count: number; mean: number; bins: number[] };

// How sure objects were: ten bins from 0 to 1 for each label, most frequent first.
export function confidencesOf(insights: readonly Insight[], most: number, only = ""): Confidence[] {
  const all = new Map<string, { sum: number; count: number; bins: number[] }>();
  for (const { insights_meta } of insights) {
    for (const { label, confidence } of insights_meta.objects_meta) {
      if (only !== "" && label !== only) continue;
      const known = all.get(label) ?? { sum: 0, count: 0, bins: new Array<number>(10).fill(0) };
      known.sum += confidence;
      known.count++;
      known.bins[Math.min(9, Math.max(0, Math.floor(confidence * 10)))]!++;
      all.set(label, known);
    }
  }
  return [...all]
    .map(([label, { sum, count, bins }]) => ({ label, count, mean: sum / count, bins }))
    .sort((a, b) => b.count - a.count || a.label.localeCompare(b.label))
    .slice(0, most);
}
