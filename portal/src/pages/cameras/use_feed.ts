// The feed of one camera: what has been, then what comes.
import { useEffect, useRef, useState } from "react";
import { get } from "../../api/client";
import { useEventStream } from "../../api/server_context";
import type { Insight, Items } from "../../api/types";
import { Feed, type FeedRow } from "../../insights/feed";

const kShownEvery = 250; // ms
const kFetched = 200;

// The rows, newest first, and whether the past has been fetched.
export function useFeed(camera: string): { rows: readonly FeedRow[]; loaded: boolean } {
  const stream = useEventStream();
  const [rows, setRows] = useState<readonly FeedRow[]>([]);
  const [loaded, setLoaded] = useState(false);
  const feed = useRef(new Feed());

  useEffect(() => {
    const mine = new Feed();
    feed.current = mine;
    // What comes while the past is being fetched waits, so that all is taken in in its order.
    let waiting: Insight[] = [];
    let fetching = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ended = new AbortController();

    const show = () => {
      timer = undefined;
      if (fetching > 0) return;
      const come = waiting;
      waiting = [];
      if (mine.add(come)) setRows(mine.rows);
    };
    const fetchPast = async () => {
      fetching++;
      try {
        const { items } = await get<Items<Insight>>(
          "/insights",
          { camera, limit: kFetched },
          ended.signal,
        );
        mine.add(items);
      } catch {
        // The stream goes on without the past; the connection banner tells of the server.
      } finally {
        fetching--;
      }
      if (ended.signal.aborted) return;
      setRows(mine.rows);
      setLoaded(true);
      show();
    };

    let lost = false;
    const ends = [
      stream.onInsight((insight) => {
        if (insight.device_id !== camera) return;
        waiting.push(insight);
        if (waiting.length > 2000) waiting.shift();
        timer ??= setTimeout(show, kShownEvery);
      }),
      stream.onState((state) => {
        if (state === "lost") lost = true;
        else if (state === "open" && lost) {
          lost = false;
          void fetchPast();
        }
      }),
    ];
    void fetchPast();
    return () => {
      ended.abort();
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [camera, stream]);

  return { rows, loaded };
}
