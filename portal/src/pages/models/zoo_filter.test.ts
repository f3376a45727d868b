// The filters of the model zoo.
import { expect, test } from "vitest";
import type { ZooModel } from "../../api/types";
import { filterZoo, readZooFilter, sizeOf } from "./zoo_filter";

const model = (name: string, more: Partial<ZooModel>): ZooModel => ({
  name, title: name.toUpperCase(), description: "", task: "detection", license: "MIT", width: 320, height: 320,
  labels: ["person", "traffic light"], bytes: 4e6, installed: true, added: "", ...more,
});
const models = [
  model("lite0", {}),
  model("big", { bytes: 90e6, license: "Apache-2.0" }),
  model("mobilenet", { task: "classification", labels: ["tabby cat"], bytes: 17e6 }),
];
const found = (query: string) => filterZoo(models, readZooFilter(new URLSearchParams(query))).map(({ name }) => name);

test("shows all without a filter", () => expect(found("")).toEqual(["lite0", "big", "mobilenet"]));

test("searches names and objects, every word of it", () => {
  expect(found("search=Light")).toEqual(["lite0", "big"]);
  expect(found("search=big+person")).toEqual(["big"]);
  expect(found("search=CAT")).toEqual(["mobilenet"]);
  expect(found("search=dog")).toEqual([]);
});

test("filters by type, licence and size together", () => {
  expect(found("task=detection&license=MIT")).toEqual(["lite0"]);
  expect(found("size=large")).toEqual(["big"]);
  expect(found("size=medium&task=detection")).toEqual([]);
});

test("a model that is not on this machine has no size", () => expect(sizeOf(0)).toBeUndefined());
