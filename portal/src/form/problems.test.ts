import { expect, it } from "vitest";
import { pairProblems } from "./fields";
import { normalPath, problemsOf, stepOf } from "./problems";

it("knows every spelling of a path", () => {
  for (const path of ["cameras.0.name", "cameras[0].name", "/cameras/0/name"]) {
    expect(normalPath(path)).toBe("cameras.0.name");
  }
});

it("tells a field its own problems and those within it", () => {
  const problems = [
    { field: "name", detail: "Taken." },
    { field: "cameras[1].skills", detail: "No skill." },
    { field: "names", detail: "Another field." },
  ];
  expect(problemsOf(problems, "name")).toEqual(["Taken."]);
  expect(problemsOf(problems, "cameras")).toEqual(["No skill."]);
});

it("leaves a problem to the closest field that is shown", () => {
  const problems = [{ field: "cameras.1.skills.0", detail: "Gone." }];
  const fields = ["cameras", "cameras.1.skills"];
  expect(problemsOf(problems, "cameras", fields)).toEqual([]);
  expect(problemsOf(problems, "cameras.1.skills", fields)).toEqual(["Gone."]);
});

it("finds the step that asks for a field", () => {
  const steps = [
    { id: "basics", fields: ["name"] },
    { id: "skills", fields: ["cameras"] },
  ];
  expect(stepOf(steps, { field: "/cameras/0/skills", detail: "" })?.id).toBe("skills");
  expect(stepOf(steps, { field: "", detail: "" })).toBeUndefined();
});

it("refuses a tag name twice, compared without case", () => {
  const lines = [
    { name: "Site", value: "north" },
    { name: "site ", value: "south" },
    { name: "", value: "lost" },
    { name: "", value: "" },
  ];
  const found = pairProblems(lines, true);
  expect(found.map((problem) => problem !== undefined)).toEqual([false, true, true, false]);
  expect(pairProblems(lines, false)[1]).toBeUndefined();
});

it("leads to the step of the longest fitting field", () => {
  const steps = [{ id: "basics", fields: ["cameras"] }, { id: "skills", fields: ["cameras.*.skills"] }];
  const of = (field: string) => stepOf(steps, { field, detail: "" })?.id;
  expect(of("cameras[0].skills[1].parameters")).toBe("skills");
  expect(of("cameras[0].camera")).toBe("basics");
  expect(of("cameras")).toBe("basics");
});
