import { describe, expect, it } from "vitest";
import type { Insight, InsightCounts } from "../api/types";
import { confidencesOf, scaleOf, seriesOf, timeMarks, withLive } from "./counts";

const seen = (timestamp: number, ...labels: string[]) =>
  ({
    timestamp,
    insights_meta: { objects_meta: labels.map((label) => ({ label, confidence: 0.75 })), events_meta: [] },
  }) as unknown as Insight;

const counts: InsightCounts = {
  from: new Date(1000 * 1000).toISOString(),
  step_s: 10,
  total: [1, 2, 3],
  by_label: { person: [1, 2, 3] },
};

describe("withLive", () => {
  it("is the same while nothing changes", () => {
    expect(withLive(counts, [], 1025)).toBe(counts);
  });

  it("counts an insight once for each label it shows", () => {
    const next = withLive(counts, [seen(1025, "person", "person", "dog")], 1026);
    expect(next.total).toEqual([1, 2, 4]);
    expect(next.by_label).toEqual({ person: [1, 2, 4], dog: [0, 0, 1] });
  });

  it("moves on with time", () => {
    const next = withLive(counts, [seen(1044, "person")], 1045);
    expect(next.total).toEqual([3, 0, 1]);
    expect(Date.parse(next.from)).toBe(1020 * 1000);
    expect(withLive(counts, [], 9000).total).toEqual([0, 0, 0]);
  });
});

it("shows the most frequent labels first, or one alone", () => {
  const many = { ...counts, by_label: { dog: [0, 1, 0], person: [1, 2, 3], cat: [0, 0, 0] } };
  expect(seriesOf(many, 5).map(({ label }) => label)).toEqual(["person", "dog"]);
  expect(seriesOf(many, 5, "dog").map(({ label }) => label)).toEqual(["dog"]);
});

it("has round marks that reach the highest value", () => {
  for (const highest of [0, 1, 7, 12, 99, 1234]) {
    const { top, marks } = scaleOf(highest);
    expect(top).toBeGreaterThanOrEqual(highest);
    expect(marks.length).toBeLessThanOrEqual(5);
    expect(marks.every(Number.isInteger)).toBe(true);
  }
});

it("has few enough marks of time", () => {
  expect(timeMarks(0, 3600, 6).length).toBeLessThanOrEqual(7);
  expect(timeMarks(0, 30 * 86_400, 6).length).toBeGreaterThan(1);
});

it("gathers confidences by label", () => {
  const [person] = confidencesOf([seen(1, "person"), seen(2, "person", "dog")], 3);
  expect(person).toMatchObject({ label: "person", count: 2, mean: 0.75 });
  expect(person!.bins[7]).toBe(2);
});
