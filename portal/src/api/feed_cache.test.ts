import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import type { EventStream } from "./events";
import { feedCache } from "./feed_cache";
import { listKey, objectKey, type Pages } from "./objects";
import type { StatusEvent } from "./types";

type Item = { id: string; revision: number; status?: { state: string } };

// A stream whose status events the test sends.
function statusOnly() {
  let tell: (event: StatusEvent) => void = () => undefined;
  const stream = {
    onStatus: (listener: typeof tell) => {
      tell = listener;
      return () => undefined;
    },
    onJob: () => () => undefined,
    onChange: () => () => undefined,
    onState: () => () => undefined,
  } as unknown as EventStream;
  // Only what the cache looks at.
  const status = (cameras: Partial<StatusEvent["cameras"][number]>[]) =>
    tell({ cameras, deployments: [] } as unknown as StatusEvent);
  return { stream, status };
}

describe("feedCache", () => {
  it("writes states into lists and objects without fetching", () => {
    const cache = new QueryClient();
    const { stream, status } = statusOnly();
    feedCache(stream, cache);
    const list = listKey("camera", { limit: 1 });
    cache.setQueryData<Pages<Item>>(list, { pages: [{ items: [{ id: "a", revision: 1 }, { id: "b", revision: 1 }] }], pageParams: [""] });
    cache.setQueryData<Item>(objectKey("camera", "a"), { id: "a", revision: 1 });
    status([{ id: "a", state: "streaming" }]);
    expect(cache.getQueryData<Pages<Item>>(list)!.pages[0]!.items).toMatchObject([{ status: { state: "streaming" } }, { id: "b" }]);
    expect(cache.getQueryData<Item>(objectKey("camera", "a"))!.status).toEqual({ state: "streaming" });
    cache.clear();
  });

  it("leaves what is to be fetched anew to be fetched anew", async () => {
    const cache = new QueryClient();
    const { stream, status } = statusOnly();
    feedCache(stream, cache);
    const keys = [listKey("camera", {}), objectKey("camera", "a")];
    cache.setQueryData<Pages<Item>>(keys[0]!, { pages: [{ items: [{ id: "a", revision: 1 }] }], pageParams: [""] });
    cache.setQueryData<Item>(keys[1]!, { id: "a", revision: 1 });
    await cache.invalidateQueries({ queryKey: ["camera"] });
    status([{ id: "a", state: "streaming" }]);
    expect(keys.map((key) => cache.getQueryState(key)!.isInvalidated)).toEqual([true, true]);
    cache.clear();
  });
});
