// The limits of the retention settings.
import { expect, test } from "vitest";
import { checkRetention } from "./check";

const good = { insight_days: 30, insight_gb: 5, recording_days: 0, recording_gb: 0.5, disk_floor_gb: 2 };

test("takes zero for no limit, but leaves some of the disk free", () => {
  expect(checkRetention(good)).toEqual([]);
  expect(checkRetention({ ...good, disk_floor_gb: 0 }).map(({ field }) => field)).toEqual(["disk_floor_gb"]);
});

test("names each field that is empty or out of range", () => {
  const problems = checkRetention({ ...good, insight_days: -1, recording_gb: undefined });
  expect(problems.map(({ field }) => field)).toEqual(["insight_days", "recording_gb"]);
});
