// Which field a problem found by the server belongs to.
import type { FieldProblem } from "../api/types";

// One spelling for paths: "cameras[0].name" and "/cameras/0/name" become "cameras.0.name".
export function normalPath(path: string): string {
  return path.replace(/\[(\w+)\]/g, ".$1").replaceAll("/", ".").replace(/^\.+/, "");
}

// Whether `path` is `field` or lies within it.
export function isWithin(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}.`);
}

// The sentences for a field. `fields` are all fields that are shown: a problem deep inside one is
// told by the closest of them.
export function problemsOf(
  problems: readonly FieldProblem[],
  field: string,
  fields: Iterable<string> = [],
): string[] {
  const own: string[] = [];
  const others = [...fields];
  for (const problem of problems) {
    const path = normalPath(problem.field);
    if (!isWithin(path, field)) continue;
    const closer = others.some(
      (other) => other.length > field.length && isWithin(path, other) && isWithin(other, field),
    );
    if (!closer) own.push(problem.detail);
  }
  return own;
}

// Whether `path` is, or lies within, what a pattern such as "cameras.*.skills" says.
function matches(path: string, pattern: string): boolean {
  const parts = path.split(".");
  return pattern.split(".").every((wanted, i) => wanted === parts[i] || (wanted === "*" && parts[i] !== undefined));
}

// The step of a wizard in which a problem can be mended, that of the longest fitting field;
// undefined when it concerns no field.
export function stepOf<S extends { fields: readonly string[] }>(
  steps: readonly S[],
  problem: FieldProblem,
): S | undefined {
  const path = normalPath(problem.field);
  let best: { step: S; parts: number } | undefined;
  for (const step of steps) {
    for (const field of step.fields) {
      const parts = field.split(".").length;
      if (matches(path, field) && parts > (best?.parts ?? 0)) best = { step, parts };
    }
  }
  return best?.step;
}
