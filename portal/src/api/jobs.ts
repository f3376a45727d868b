// Long work on the server: all jobs as the tray shows them, and following a single one.
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, post } from "./client";
import type { Items, Job } from "./types";

export const jobsKey = ["jobs"] as const;

export const isOver = (job: Job) => job.state !== "queued" && job.state !== "running";

// Newest first.
export function useJobs() {
  return useQuery({
    queryKey: jobsKey,
    queryFn: async ({ signal }) => (await get<Items<Job>>("/jobs", {}, signal)).items,
  });
}

const stage = (job: Job) => (isOver(job) ? 2 : job.state === "running" ? 1 : 0);

// What is known of a job together with what is told of it. The answer that starts a job may come
// after the events of its end: what is older changes nothing.
function later(known: Job | undefined, told: Job): Job {
  return known && stage(known) > stage(told) ? known : { ...known, ...told };
}

// Puts a job, as an event or an answer tells it, into the cache.
export function putJob(cache: QueryClient, job: Job): void {
  cache.setQueryData<Job[]>(jobsKey, (old) => {
    if (!old) return old;
    const at = old.findIndex(({ id }) => id === job.id);
    if (at < 0) return [later(cache.getQueryData<Job>(["job", job.id]), job), ...old];
    return old.with(at, later(old[at], job));
  });
  cache.setQueryData<Job>(["job", job.id], (old) => later(old, job));
}

// One job; `undefined` as id follows nothing. The event stream keeps it right.
export function useJob(id: string | undefined) {
  return useQuery({
    queryKey: ["job", id ?? ""],
    queryFn: ({ signal }) => get<Job>(`/jobs/${encodeURIComponent(id!)}`, {}, signal),
    enabled: id !== undefined,
  });
}

export function useCancelJob() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => post<Job | undefined>(`/jobs/${encodeURIComponent(id)}/cancel`),
    onSuccess: (job) => job && putJob(cache, job),
  });
}

// Starts jobs by posting to `path` and follows the latest: `run(body)`, then `job` until it is over.
// `error` is why it could not be started.
export function useJobRun(path: string) {
  const cache = useQueryClient();
  const [id, setId] = useState<string>();
  const start = useMutation({
    mutationFn: (body: unknown) => post<Job>(path, body),
    onMutate: () => setId(undefined),
    onSuccess: (job) => {
      putJob(cache, job);
      setId(job.id);
    },
  });
  const cancel = useCancelJob();
  const { data: job } = useJob(id);
  return {
    run: (body: unknown) => start.mutate(body),
    job,
    isRunning: start.isPending || (job !== undefined && !isOver(job)),
    error: start.error,
    cancel: () => {
      if (id !== undefined) cancel.mutate(id);
    },
    reset: () => {
      start.reset();
      setId(undefined);
    },
  };
}
