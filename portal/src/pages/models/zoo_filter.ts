// Which models of the zoo are shown.
import type { ZooModel } from "../../api/types";

export type ZooSize = "small" | "medium" | "large";
export type ZooFilter = { search: string; task: string; license: string; size: string };

// 0 bytes: not known, as of models that are not on this machine.
export function sizeOf(bytes: number): ZooSize | undefined {
  if (bytes <= 0) return undefined;
  return bytes <= 10e6 ? "small" : bytes <= 50e6 ? "medium" : "large";
}

export function readZooFilter(query: URLSearchParams): ZooFilter {
  const of = (name: string) => query.get(name) ?? "";
  return { search: of("search"), task: of("task"), license: of("license"), size: of("size") };
}

// Every word of the search has to be in the name or in one of the objects.
export function filterZoo(models: readonly ZooModel[], { search, task, license, size }: ZooFilter): ZooModel[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    if (task !== "" && model.task !== task) return false;
    if (license !== "" && model.license !== license) return false;
    if (size !== "" && sizeOf(model.bytes) !== size) return false;
    const names = [model.name, model.title, ...model.labels].map((name) => name.toLowerCase());
    return words.every((word) => names.some((name) => name.includes(word)));
  });
}
