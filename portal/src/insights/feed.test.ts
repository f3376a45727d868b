import { describe, expect, it } from "vitest";
import type { Insight } from "../api/types";
import { Feed, labelsIn, withLabels } from "./feed";
import { CounterRate } from "../parts/rates";

let count = 0;

function insight(timestamp: number, labels: string[], more: Partial<Insight> = {}): Insight {
  return {
    id: `i${++count}`,
    image: { properties: { height: 360, width: 640, color_format: "BGR" } },
    insights_meta: {
      objects_meta: labels.map((label, i) => ({
        timestamp,
        label,
        confidence: 0.5 + i / 10,
        inference_id: "",
        attributes: [],
        bbox: { l: 0, t: 0, w: 0.1, h: 0.1 },
      })),
      events_meta: [],
    },
    timestamp,
    datetime: "",
    frame_id: "1",
    instance_id: "d",
    skill_id: "s",
    device_id: "c",
    ...more,
  };
}

const sights = (feed: Feed) =>
  feed.rows.map((row) => row.labels.map((l) => `${l.count} ${l.label}`).join(", "));

describe("Feed", () => {
  it("gathers a second into one row with counts and best confidence", () => {
    const feed = new Feed();
    feed.add([insight(100.1, ["person"]), insight(100.5, ["person", "person", "dog"])]);
    expect(sights(feed)).toEqual(["2 person, 1 dog"]);
    expect(feed.rows[0]).toMatchObject({ from: 100.1, to: 100.5, insights: 2 });
    expect(feed.rows[0]!.labels[0]!.best).toBeCloseTo(0.6);
  });

  it("grows a row as long as the same is seen", () => {
    const feed = new Feed();
    for (let i = 0; i < 50; i++) feed.add([insight(100 + i / 10, ["person"])]);
    // The second that is still gathered, and all before it.
    expect(feed.rows).toHaveLength(2);
    expect(feed.rows[1]).toMatchObject({ from: 100, insights: 40 });
  });

  it("begins a row when something else is seen, newest first", () => {
    const feed = new Feed();
    feed.add([insight(100, ["person"]), insight(101, ["dog"]), insight(102, [])]);
    expect(sights(feed)).toEqual(["", "1 dog", "1 person"]);
  });

  it("does not join what lies far apart", () => {
    const feed = new Feed();
    feed.add([insight(100, ["dog"]), insight(200, ["dog"]), insight(300, ["dog"])]);
    expect(feed.rows).toHaveLength(3);
  });

  it("keeps deployments apart", () => {
    const feed = new Feed();
    feed.add([insight(100.1, ["dog"]), insight(100.2, ["dog"], { instance_id: "other" })]);
    expect(feed.rows.map((row) => row.deployment)).toEqual(["other", "d"]);
  });

  it("passes over what it knows already, as after a reconnect", () => {
    const feed = new Feed();
    const known = [insight(100, ["dog"]), insight(100.2, ["dog"])];
    expect(feed.add(known)).toBe(true);
    expect(feed.add([...known].reverse())).toBe(false);
    feed.add([...known, insight(100.4, ["dog"])]);
    expect(feed.rows[0]!.insights).toBe(3);
  });

  it("takes a list that is newest first", () => {
    const feed = new Feed();
    feed.add([insight(102, ["cat"]), insight(101, ["dog"])]);
    expect(sights(feed)).toEqual(["1 cat", "1 dog"]);
  });

  it("is bounded", () => {
    const feed = new Feed(10);
    for (let i = 0; i < 50; i++) feed.add([insight(100 + i * 3, [i % 2 ? "dog" : "cat"])]);
    expect(feed.rows).toHaveLength(10);
    expect(feed.rows[0]!.to).toBe(247);
  });

  it("keeps events and does not join rows that have any", () => {
    const feed = new Feed();
    const crossed = { type: "line_crossed", event_id: "e", related_ids: [], properties: {} };
    const first = insight(100, ["dog"]);
    first.insights_meta.events_meta = [crossed];
    feed.add([first, insight(101, ["dog"]), insight(102, ["dog"])]);
    expect(feed.rows.at(-1)!.events).toEqual([crossed]);
    expect(feed.rows).toHaveLength(3);
  });

  it("can be filtered by label", () => {
    const feed = new Feed();
    feed.add([insight(100, ["person"]), insight(101, ["dog", "person"]), insight(102, ["cat"])]);
    expect(labelsIn(feed.rows)).toEqual(["cat", "dog", "person"]);
    expect(withLabels(feed.rows, new Set(["person"]))).toHaveLength(2);
    expect(withLabels(feed.rows, new Set())).toHaveLength(3);
  });
});

describe("CounterRate", () => {
  it("knows the rate after two samples", () => {
    const rate = new CounterRate();
    expect(rate.add(100, 10)).toBeUndefined();
    expect(rate.add(115, 11)).toBeCloseTo(15);
    expect(rate.add(120, 12)).toBeCloseTo(10);
  });

  it("starts over with the server", () => {
    const rate = new CounterRate();
    rate.add(1000, 10);
    rate.add(1010, 11);
    expect(rate.add(5, 12)).toBeUndefined();
    expect(rate.add(10, 13)).toBeCloseTo(5);
  });
});
