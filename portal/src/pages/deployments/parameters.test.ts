import { expect, it } from "vitest";
import { fpsOf, textOfValue, valueOfText, valuesOf, withFps, withValues } from "./parameters";

it("writes values so that they read back as they were", () => {
  for (const value of ["plain", "5", "true", "", 0.4, false, ["person", "dog"]]) {
    expect(valueOfText(textOfValue(value))).toEqual(value);
  }
  expect(textOfValue("person")).toBe("person");
  expect(textOfValue(0.4)).toBe("0.4");
});

it("gives each node its own overrides", () => {
  const parameters = { fps: "5", "model.min_score": "0.7", "model_2.min_score": "0.1" };
  expect(valuesOf(parameters, "model")).toEqual({ min_score: 0.7 });
  expect(fpsOf(parameters)).toBe(5);
});

it("takes an override out when its field is cleared", () => {
  const parameters = { fps: "5", "model.min_score": "0.7" };
  expect(withValues(parameters, "model", {})).toEqual({ fps: "5" });
  expect(withValues({}, "model", { labels: ["person"] })).toEqual({ "model.labels": '["person"]' });
  expect(withFps(parameters, undefined)).toEqual({ "model.min_score": "0.7" });
});
