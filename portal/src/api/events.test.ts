import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BackOff } from "./back_off";
import { EventStream, type EventSourceLike } from "./events";
import { feedCache } from "./feed_cache";
import { listKey, objectKey, type Pages } from "./objects";

class Source implements EventSourceLike {
  onerror: ((event: Event) => void) | null = null;
  closed = false;
  readonly #listeners = new Map<string, (event: MessageEvent<string>) => void>();
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void) {
    this.#listeners.set(type, listener);
  }
  close() {
    this.closed = true;
  }
  send(type: string, data: unknown) {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    this.#listeners.get(type)?.({ data: text } as MessageEvent<string>);
  }
  fail() {
    this.onerror?.(new Event("error"));
  }
}

const status = { cameras: [], deployments: [] };
let sources: Source[] = [];

function streamUnderTest() {
  return new EventStream({
    open: (url) => {
      const source = new Source(url);
      sources.push(source);
      return source;
    },
    backOff: new BackOff(100, 1000, () => 0.5),
    silence_ms: 3000,
  });
}

beforeEach(() => {
  sources = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("EventStream", () => {
  it("is open with the first status and hands on insights", () => {
    const stream = streamUnderTest();
    const insights: unknown[] = [];
    stream.onInsight((insight) => insights.push(insight.id));
    stream.start();
    expect(sources[0]?.url).toBe("/api/v1/events");
    expect(stream.state).toBe("connecting");
    sources[0]!.send("status", status);
    expect(stream.state).toBe("open");
    sources[0]!.send("insight", { id: "a" });
    expect(insights).toEqual(["a"]);
    stream.stop();
  });

  it("comes back after a break, waiting longer each time", () => {
    const stream = streamUnderTest();
    const states: string[] = [];
    stream.onState((state) => states.push(state));
    stream.start();
    sources[0]!.send("status", status);
    sources[0]!.fail();
    expect(sources[0]!.closed).toBe(true);
    vi.advanceTimersByTime(100);
    expect(sources).toHaveLength(2);
    sources[1]!.fail();
    vi.advanceTimersByTime(199);
    expect(sources).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sources).toHaveLength(3);
    sources[2]!.send("status", status);
    expect(states).toEqual(["open", "lost", "open"]);
    sources[2]!.fail();
    vi.advanceTimersByTime(100);
    expect(sources).toHaveLength(4);
    stream.stop();
  });

  it("counts silence as lost", () => {
    const stream = streamUnderTest();
    stream.start();
    sources[0]!.send("status", status);
    vi.advanceTimersByTime(2900);
    sources[0]!.send("status", status);
    vi.advanceTimersByTime(2900);
    expect(stream.state).toBe("open");
    vi.advanceTimersByTime(200);
    expect(stream.state).toBe("lost");
    stream.stop();
  });

  it("passes over events it cannot read", () => {
    const stream = streamUnderTest();
    const insights: unknown[] = [];
    stream.onInsight((insight) => insights.push(insight.id));
    stream.start();
    sources[0]!.send("insight", "{not json");
    sources[0]!.send("insight", { id: "b" });
    expect(insights).toEqual(["b"]);
    stream.stop();
  });

  it("ignores what a closed connection still says", () => {
    const stream = streamUnderTest();
    const insights: unknown[] = [];
    stream.onInsight((insight) => insights.push(insight.id));
    stream.start();
    sources[0]!.fail();
    sources[0]!.send("insight", { id: "late" });
    sources[0]!.fail();
    vi.advanceTimersByTime(100);
    expect(insights).toEqual([]);
    expect(sources).toHaveLength(2);
    stream.stop();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(2);
  });
});

describe("feedCache", () => {
  const page = (...items: object[]) =>
    ({ pages: [{ items, total: items.length }], pageParams: [""] }) as Pages<object>;

  function feedUnderTest() {
    const stream = streamUnderTest();
    const cache = new QueryClient();
    const invalidate = vi.spyOn(cache, "invalidateQueries");
    const end = feedCache(stream, cache);
    stream.start();
    return { cache, invalidate, source: sources[0]!, end: () => (end(), stream.stop()) };
  }

  it("writes status into lists and objects without fetching", () => {
    const { cache, invalidate, source, end } = feedUnderTest();
    const yard = { id: "yard", name: "Yard", status: { state: "idle" } };
    cache.setQueryData(listKey("camera", {}), page({ id: "gate", name: "Gate" }, yard));
    cache.setQueryData(objectKey("camera", "gate"), { id: "gate", name: "Gate" });
    source.send("status", { cameras: [{ id: "gate", state: "streaming" }], deployments: [] });
    const gate = { id: "gate", name: "Gate", status: { state: "streaming" } };
    const items = cache.getQueryData<Pages<object>>(listKey("camera", {}))!.pages[0]!.items;
    expect(items).toEqual([gate, yard]);
    expect(items[1]).toBe(yard);
    expect(cache.getQueryData(objectKey("camera", "gate"))).toEqual(gate);
    expect(invalidate).not.toHaveBeenCalled();
    end();
  });

  it("fetches the changed object and, once for a burst, the lists of its kind", () => {
    const { cache, invalidate, source, end } = feedUnderTest();
    cache.setQueryData(objectKey("location", "a"), { id: "a", revision: 4 });
    for (const id of ["a", "b"]) {
      source.send("change", { kind: "location", id, revision: 5, action: "update" });
    }
    expect(invalidate.mock.calls.map(([filter]) => filter!.queryKey)).toEqual([
      objectKey("location", "a"),
      objectKey("location", "b"),
    ]);
    vi.advanceTimersByTime(500);
    expect(invalidate.mock.calls.slice(2).map(([filter]) => filter!.queryKey)).toEqual([
      listKey("location"),
    ]);
    end();
  });

  it("does not fetch an object that it has in that revision", () => {
    const { cache, invalidate, source, end } = feedUnderTest();
    cache.setQueryData(objectKey("location", "a"), { id: "a", revision: 5 });
    source.send("change", { kind: "location", id: "a", revision: 5, action: "update" });
    expect(invalidate).not.toHaveBeenCalled();
    end();
  });

  it("takes out what was deleted", () => {
    const { cache, source, end } = feedUnderTest();
    cache.setQueryData(listKey("location", {}), page({ id: "a" }, { id: "b" }));
    source.send("change", { kind: "location", id: "a", revision: 2, action: "delete" });
    expect(cache.getQueryData<Pages<object>>(listKey("location", {}))!.pages[0]).toEqual({
      items: [{ id: "b" }],
      total: 1,
    });
    end();
  });

  it("keeps jobs, newest first", () => {
    const { cache, source, end } = feedUnderTest();
    cache.setQueryData(["jobs"], [{ id: "1", state: "running", log: ["begun"] }]);
    source.send("job", { id: "2", state: "queued" });
    source.send("job", { id: "1", state: "done" });
    expect(cache.getQueryData(["jobs"])).toEqual([
      { id: "2", state: "queued" },
      { id: "1", state: "done", log: ["begun"] },
    ]);
    end();
  });

  it("fetches everything anew after a break", () => {
    const { invalidate, source, end } = feedUnderTest();
    source.send("status", status);
    source.fail();
    vi.advanceTimersByTime(100);
    sources[1]!.send("status", status);
    expect(invalidate).toHaveBeenCalledExactlyOnceWith();
    end();
  });
});
