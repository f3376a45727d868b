// Pieces of a long table.
import { expect, test } from "vitest";
import { chunksOf } from "./chunks";

test("cuts rows into pieces, the rest on top", () => {
  expect(chunksOf([5, 4, 3, 2, 1], 2)).toEqual([
    { key: 2, rows: [5] },
    { key: 1, rows: [4, 3] },
    { key: 0, rows: [2, 1] },
  ]);
});

test("a new row on top leaves full pieces as they are", () => {
  expect(chunksOf([6, 5, 4, 3, 2, 1], 2).slice(1)).toEqual(chunksOf([5, 4, 3, 2, 1], 2).slice(1));
});

test("nothing has no pieces", () => expect(chunksOf([], 50)).toEqual([]));
