// What is said of a new password before it is sent.
import { expect, test } from "vitest";
import { checkPassword } from "./check";

const fields = (current: string, next: string, again: string) => checkPassword({ current, next, again }).map(({ field }) => field);

test("asks for the current password and a new one that is long enough", () => {
  expect(fields("", "short", "short")).toEqual(["current", "new"]);
  expect(fields("old password", "nine chars".slice(0, 9), "")).toEqual(["new"]);
});

test("refuses the old one, and one that was mistyped", () => {
  expect(fields("correct horse", "correct horse", "correct horse")).toEqual(["new"]);
  expect(fields("old password", "correct horse", "correct house")).toEqual(["again"]);
  expect(fields("old password", "correct horse", "correct horse")).toEqual([]);
});
