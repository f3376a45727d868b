// Hands the event stream to the pages, and what the server says of itself.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useSyncExternalStore, type ReactNode } from "react";
import { get } from "./client";
import { EventStream, type StreamState } from "./events";
import { feedCache } from "./feed_cache";
import { useRenewSession } from "./session";
import type { System } from "./types";

const StreamContext = createContext<EventStream | undefined>(undefined);

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
  return (
    <StreamContext value={stream}>
      <SessionWatch />
      {children}
    </StreamContext>
  );
}

// A stream may be lost because the session has ended, which it cannot tell itself.
function SessionWatch() {
  const state = useStreamState();
  const renew = useRenewSession();
  useEffect(() => {
    if (state === "lost") renew();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each loss
  }, [state]);
  return null;
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

export function useSystem() {
  return useQuery({
    queryKey: ["system"],
    queryFn: ({ signal }) => get<System>("/system", {}, signal),
  });
}
