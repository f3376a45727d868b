// Hands the event stream to the pages and keeps the query cache up to date from it.
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useSyncExternalStore, type ReactNode } from "react";
import { get } from "./client";
import { EventStream, type StreamState } from "./events";
import type { Camera, Deployment, Items, System } from "./types";

const StreamContext = createContext<EventStream | undefined>(undefined);

export const cameraKey = ["cameras"] as const;
export const deploymentKey = ["deployments"] as const;

// Writes what the stream tells into the cache, and fetches anew what may have been missed after a
// break. Returns the function that ends it.
export function feedCache(stream: EventStream, cache: QueryClient): () => void {
  let lost = false;
  const ends = [
    stream.onStatus(({ cameras, deployments }) => {
      cache.setQueryData(cameraKey, cameras);
      cache.setQueryData(deploymentKey, deployments);
    }),
    stream.onState((state) => {
      if (state === "lost") lost = true;
      if (state === "open" && lost) {
        lost = false;
        void cache.invalidateQueries();
      }
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

export function ServerProvider({ stream, children }: { stream: EventStream; children: ReactNode }) {
  const cache = useQueryClient();
  useEffect(() => {
    const end = feedCache(stream, cache);
    stream.start();
    const online = () => stream.retryNow();
    window.addEventListener("online", online);
    return () => {
      window.removeEventListener("online", online);
      end();
      stream.stop();
    };
  }, [stream, cache]);
  return <StreamContext value={stream}>{children}</StreamContext>;
}

export function useEventStream(): EventStream {
  const stream = useContext(StreamContext);
  if (!stream) throw new Error("useEventStream() outside of ServerProvider");
  return stream;
}

export function useStreamState(): StreamState {
  const stream = useEventStream();
  return useSyncExternalStore(stream.onState, () => stream.state);
}

// Fetched once; the event stream brings every change.
export function useCameras() {
  return useQuery({
    queryKey: cameraKey,
    queryFn: async ({ signal }) => (await get<Items<Camera>>("/cameras", {}, signal)).items,
  });
}

export function useDeployments() {
  return useQuery({
    queryKey: deploymentKey,
    queryFn: async ({ signal }) => (await get<Items<Deployment>>("/deployments", {}, signal)).items,
  });
}

export function useSystem() {
  return useQuery({
    queryKey: ["system"],
    queryFn: ({ signal }) => get<System>("/system", {}, signal),
  });
}
