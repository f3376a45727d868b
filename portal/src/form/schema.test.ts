import { describe, expect, it } from "vitest";
import { isVisible, schemaProblems, valueOf, visibleValues, type Schema } from "./schema";

const schema: Schema = {
  type: "object",
  properties: {
    model: { type: "string", title: "Model" },
    run_on: { type: "string", enum: ["frame", "detections"], default: "frame" },
    padding: {
      type: "number",
      title: "Padding",
      minimum: 0,
      maximum: 1,
      "x-visible-when": { field: "run_on", value: "detections" },
    },
    count: { type: "integer", title: "Count", minimum: 1, "x-unit": "frames" },
  },
  required: ["model"],
};

it("falls back to the default, then to nothing", () => {
  expect(valueOf(schema, "run_on", {})).toBe("frame");
  expect(valueOf(schema, "run_on", { run_on: "detections" })).toBe("detections");
  expect(valueOf(schema, "count", {})).toBeUndefined();
});

it("shows a field only while its condition holds, and sends none that is hidden", () => {
  expect(isVisible(schema, "padding", {})).toBe(false);
  expect(isVisible(schema, "padding", { run_on: "detections" })).toBe(true);
  expect(visibleValues(schema, { padding: 0.2, model: "a" })).toEqual({ model: "a" });
});

describe("schemaProblems", () => {
  it("names what is needed", () => {
    expect(schemaProblems(schema, {})).toEqual([{ field: "model", detail: "Model is needed." }]);
  });

  it("names what is out of range, with the unit", () => {
    expect(schemaProblems(schema, { model: "a", count: 0 })).toEqual([
      { field: "count", detail: "Count is at least 1 frames." },
    ]);
    expect(schemaProblems(schema, { model: "a", count: 1.5 })).toHaveLength(1);
  });

  it("does not look at hidden fields", () => {
    expect(schemaProblems(schema, { model: "a", padding: 7 })).toEqual([]);
  });
});
