import { describe, expect, it } from "vitest";
import { changeFilter, exportAddress, insightQuery, readFilter, spanOf, stepFor } from "./filter";

const read = (query: string) => readFilter(new URLSearchParams(query));

it("reads what it wrote into the address", () => {
  const query = changeFilter(new URLSearchParams(), { camera: "gate", label: "a person", range: "day" });
  expect(readFilter(query)).toMatchObject({ camera: "gate", label: "a person", range: "day" });
  expect(changeFilter(query, { camera: "", label: "", range: "hour" }).toString()).toBe("");
});

it("takes times of one's own in place of a range, and the range in place of them", () => {
  const custom = changeFilter(new URLSearchParams("range=day"), { from: "2026-01-02T03:00:00.000Z" });
  expect(readFilter(custom).range).toBe("custom");
  expect(changeFilter(custom, { range: "week" }).toString()).toBe("range=week");
  expect(read("from=yesterday").range).toBe("hour");
});

describe("spanOf", () => {
  it("ends a running range after the present step", () => {
    const span = spanOf(read("range=hour"), 1_000_030);
    expect(span.live).toBe(true);
    expect(span.from % span.step_s).toBe(0);
    expect(span.to).toBeGreaterThan(1_000_030);
  });

  it("keeps times of one's own as they are", () => {
    const span = spanOf(read("from=2026-01-02T00:00:00Z&to=2026-01-02T06:00:00Z"), 0);
    expect(span).toMatchObject({ live: false, from: 1_767_312_000, to: 1_767_333_600 });
  });
});

it("cuts any time into a fair number of steps", () => {
  for (const seconds of [1, 60, 3600, 86_400, 30 * 86_400, 3650 * 86_400]) {
    expect(seconds / stepFor(seconds)).toBeLessThanOrEqual(72);
  }
});

it("asks and exports exactly what is shown", () => {
  const filter = read("camera=gate&label=a%26b&from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z");
  const span = spanOf(filter, 0);
  expect(insightQuery(filter, span)).toEqual({
    camera: "gate",
    label: "a&b",
    from: "2026-01-02T00:00:00.000Z",
    to: "2026-01-03T00:00:00.000Z",
  });
  const address = new URL(exportAddress("csv", filter, span), "http://localhost");
  expect(address.pathname).toBe("/api/v1/insights/export");
  expect(address.searchParams.get("label")).toBe("a&b");
  expect(address.searchParams.get("format")).toBe("csv");
});
