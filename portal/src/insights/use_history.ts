// Insights of a filter: what has been, page by page, and what comes.
import { useEffect, useRef, useState } from "react";
import { get } from "../api/client";
import { useEventStream } from "../api/server_context";
import type { Insight, Items } from "../api/types";
import { Feed, type FeedRow } from "./feed";
import type { InsightFilter } from "./filter";

const kPage = 500;
const kShownEvery = 500; // ms
const kKept = 1000; // insights, for what is told of the newest

export type History = {
  rows: readonly FeedRow[];
  newest: readonly Insight[]; // at most so many as are kept
  come: readonly Insight[]; // by the event stream, since the beginning
  loaded: boolean;
  hasOlder: boolean;
  loadingOlder: boolean;
  error: Error | undefined;
};

const nothing: History = {
  rows: [],
  newest: [],
  come: [],
  loaded: false,
  hasOlder: false,
  loadingOlder: false,
  error: undefined,
};

export function isWanted(insight: Insight, filter: Pick<InsightFilter, "camera" | "deployment" | "label">): boolean {
  const { camera, deployment, label } = filter;
  return (
    (camera === "" || insight.device_id === camera) &&
    (deployment === "" || insight.instance_id === deployment) &&
    (label === "" || insight.insights_meta.objects_meta.some((object) => object.label === label))
  );
}

// `query` is that of the REST call; with `live` what comes is added at the top.
export function useHistory(filter: InsightFilter, query: Record<string, string>, live: boolean) {
  const stream = useEventStream();
  const [history, setHistory] = useState<History>(nothing);
  const older = useRef<() => void>(() => undefined);
  const again = useRef<() => void>(() => undefined);
  const { camera, deployment, label } = filter;
  const key = JSON.stringify(query);

  useEffect(() => {
    const wanted = { camera, deployment, label };
    const feed = new Feed(Number.POSITIVE_INFINITY);
    const ended = new AbortController();
    let past: FeedRow[] = [];
    let newest: Insight[] = [];
    let come: Insight[] = [];
    let waiting: Insight[] = [];
    let cursor = "";
    let fetching = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const show = (change: Partial<History> = {}) =>
      setHistory((old) => ({ ...old, rows: [...feed.rows, ...past], newest, come, hasOlder: cursor !== "", ...change }));
    const take = () => {
      timer = undefined;
      if (fetching || waiting.length === 0) return;
      feed.add(waiting);
      newest = [...waiting.toReversed(), ...newest].slice(0, kKept);
      come = [...come, ...waiting].slice(-20_000);
      waiting = [];
      show();
    };
    const fetchPage = async (from: string) => {
      fetching = true;
      try {
        const parameters = { ...(JSON.parse(key) as Record<string, string>), limit: kPage };
        const page = await get<Items<Insight>>(
          "/insights",
          { ...parameters, ...(from !== "" && { cursor: from }) },
          ended.signal,
        );
        if (from === "") {
          feed.add(page.items);
          newest = [...page.items];
        } else {
          const rows = new Feed(Number.POSITIVE_INFINITY);
          rows.add(page.items);
          past = [...past, ...rows.rows.map((row) => ({ ...row, key: `${from} ${row.key}` }))];
          if (newest.length < kKept) newest = [...newest, ...page.items].slice(0, kKept);
        }
        cursor = page.next_cursor ?? "";
        fetching = false;
        show({ loaded: true, loadingOlder: false, error: undefined });
        take();
      } catch (error) {
        fetching = false;
        if (ended.signal.aborted) return;
        const reason = error instanceof Error ? error : new Error(String(error));
        setHistory((old) => ({ ...old, loaded: true, loadingOlder: false, error: reason }));
      }
    };
    older.current = () => {
      if (fetching || cursor === "") return;
      show({ loadingOlder: true });
      void fetchPage(cursor);
    };

    again.current = () => {
      if (fetching) return;
      show({ loaded: false, error: undefined });
      void fetchPage("");
    };

    let lost = false;
    const ends = live
      ? [
          stream.onInsight((insight) => {
            if (!isWanted(insight, wanted)) return;
            waiting.push(insight);
            timer ??= setTimeout(take, kShownEvery);
          }),
          stream.onState((state) => {
            if (state === "lost") lost = true;
            else if (state === "open" && lost) {
              lost = false;
              past = [];
              void fetchPage("");
            }
          }),
        ]
      : [];
    // eslint-disable-next-line react-hooks/set-state-in-effect -- what is shown belongs to another filter
    setHistory(nothing);
    void fetchPage("");
    return () => {
      ended.abort();
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [key, camera, deployment, label, live, stream]);

  return { ...history, loadOlder: () => older.current(), loadAgain: () => again.current() };
}
