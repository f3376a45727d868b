import { describe, expect, it } from "vitest";
import { formatAgo, formatBytes, formatClock, formatCount, formatMs, formatPercent } from "./format";

describe("format", () => {
  it("shows milliseconds with about three digits", () => {
    expect([0, 0.004, 0.5, 15.44, 123.4, 12_345].map(formatMs)).toEqual([
      "–",
      "<\u202f0.01 ms",
      "0.50 ms",
      "15.4 ms",
      "123 ms",
      "12.3 s",
    ]);
  });

  it("separates thousands", () => {
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual([
      "0",
      "999",
      "1\u202f000",
      "1\u202f234\u202f567",
    ]);
  });

  it("says how long ago", () => {
    expect([-3, 1, 5, 90, 7300, 200_000].map(formatAgo)).toEqual([
      "now",
      "now",
      "5 s ago",
      "1 min ago",
      "2 h ago",
      "2 d ago",
    ]);
  });

  it("shows the exact time to the millisecond and survives nonsense", () => {
    expect(formatClock(1700000000.123)).toMatch(/^2023-11-1[45] \d\d:\d\d:20\.123$/);
    expect(formatClock(Number.NaN)).toBe("–");
  });

  it("shows shares and sizes with their units", () => {
    expect(formatPercent(0.914)).toBe("91 %");
    expect(formatBytes(13_800_000)).toBe("13.8 MB");
  });
});
