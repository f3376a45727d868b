// How label files are read.
import { expect, test } from "vitest";
import { areLabels, parseLabels } from "./labels";

test("reads one label a line whatever ends the lines", () => {
  expect(parseLabels("person\r\ncar\rdog\n\n")).toEqual(["person", "car", "dog"]);
  expect(parseLabels("\uFEFFLow stock\n Empty ")).toEqual(["Low stock", "Empty"]);
});

test("keeps the place of a class without a name", () => {
  expect(parseLabels("person\n\ncar")).toEqual(["person", "", "car"]);
});

test("takes the numbers of a label map away and leaves gaps where it has gaps", () => {
  expect(parseLabels("0 person\n1 bicycle\n2  traffic light")).toEqual(["person", "bicycle", "traffic light"]);
  expect(parseLabels("0: person\n2: car")).toEqual(["person", "", "car"]);
  expect(parseLabels("1 person\n2 car")).toEqual(["person", "car"]);
});

test("leaves labels alone that only look numbered", () => {
  expect(parseLabels("2 euro\n1 euro")).toEqual(["2 euro", "1 euro"]);
  expect(parseLabels("1 euro\ncoin")).toEqual(["1 euro", "coin"]);
  expect(parseLabels("7 up")).toEqual(["7 up"]);
});

test("refuses what is no text with labels", () => {
  expect(areLabels("person\ncar")).toBe(true);
  expect(areLabels("")).toBe(false);
  expect(areLabels("TFL3\0\0")).toBe(false);
  expect(areLabels("x".repeat(300))).toBe(false);
});
