import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { jobsKey, putJob } from "./jobs";
import type { Job } from "./types";

const job = (id: string, state: Job["state"]): Job => ({
  id, state, kind: "import", title: id, progress: 0, message: "", cause: "", started: "", ended: "", log: [], result: {},
});

it("keeps a job's end when the answer that started it comes after", () => {
  const cache = new QueryClient();
  cache.setQueryData<Job[]>(jobsKey, []);
  putJob(cache, job("a", "failed"));
  putJob(cache, job("a", "queued"));
  expect(cache.getQueryData<Job[]>(jobsKey)).toMatchObject([{ id: "a", state: "failed" }]);
  expect(cache.getQueryData<Job>(["job", "a"])).toMatchObject({ state: "failed" });
  cache.clear();
});

it("takes each step of a job, newest job first", () => {
  const cache = new QueryClient();
  cache.setQueryData<Job[]>(jobsKey, [job("a", "done")]);
  for (const state of ["queued", "running", "done"] as const) putJob(cache, job("b", state));
  expect(cache.getQueryData<Job[]>(jobsKey)?.map(({ id, state }) => `${id} ${state}`)).toEqual(["b done", "a done"]);
  cache.clear();
});
