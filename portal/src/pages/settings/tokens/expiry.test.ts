// When tokens end.
import { expect, test } from "vitest";
import { expiryOf } from "./expiry";

const now = Date.parse("2026-05-10T12:00:00Z");

test("counts days from now, and never is none at all", () => {
  expect(expiryOf("30", "", now)).toBe("2026-06-09T12:00:00.000Z");
  expect(expiryOf("never", "", now)).toBeUndefined();
});

test("takes a day to come, to its end", () => {
  expect(Date.parse(expiryOf("date", "2026-05-20", now)!)).toBeGreaterThan(Date.parse("2026-05-20T00:00:00Z"));
  expect(expiryOf("date", "2020-01-01", now)).toBeNull();
  expect(expiryOf("date", "", now)).toBeNull();
});
