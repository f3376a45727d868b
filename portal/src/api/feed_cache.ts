// Keeps the query cache right from the event stream, so that nothing ever has to be polled.
import type { QueryClient } from "@tanstack/react-query";
import type { EventStream } from "./events";
import { putJob } from "./jobs";
import { isKind, type Kind } from "./kinds";
import { changeCached, dropObject, listKey, mapItems, objectKey, type Pages } from "./objects";
import type { ChangeEvent, StatusEvent } from "./types";

// A burst of changes, such as an import, fetches each list once in so many milliseconds.
const kListPause = 400;

type WithStatus = { id: string; revision?: number; status?: unknown };

// Returns the function that ends it.
export function feedCache(stream: EventStream, cache: QueryClient): () => void {
  let lost = false;
  const waiting = new Map<Kind, ReturnType<typeof setTimeout>>();
  const ends = [
    stream.onStatus((status) => putStatus(cache, status)),
    stream.onJob((job) => putJob(cache, job)),
    stream.onChange((change) => {
      const { kind, id } = change;
      if (!isKind(kind)) {
        // Singletons such as the settings have their kind as key.
        void cache.invalidateQueries({ queryKey: [kind] });
        return;
      }
      noteChange(cache, kind, id, change);
      if (waiting.has(kind)) return;
      waiting.set(
        kind,
        setTimeout(() => {
          waiting.delete(kind);
          void cache.invalidateQueries({ queryKey: listKey(kind) });
        }, kListPause),
      );
    }),
    stream.onState((state) => {
      if (state === "lost") lost = true;
      if (state === "open" && lost) {
        lost = false;
        // Whatever was missed meanwhile.
        void cache.invalidateQueries();
      }
    }),
  ];
  return () => {
    for (const end of ends) end();
    for (const timer of waiting.values()) clearTimeout(timer);
  };
}

// Invalidates exactly the object that changed, unless the cache has that revision already.
function noteChange(cache: QueryClient, kind: Kind, id: string, change: ChangeEvent): void {
  if (change.action === "delete") {
    dropObject(cache, kind, id);
    return;
  }
  const known = cache.getQueryData<WithStatus>(objectKey(kind, id));
  if (known?.revision !== undefined && known.revision >= change.revision) return;
  void cache.invalidateQueries({ queryKey: objectKey(kind, id) });
}

// Writes runtime members into cached objects, without fetching.
function putStatus(cache: QueryClient, { cameras, deployments }: StatusEvent): void {
  putStatuses(cache, "camera", cameras);
  putStatuses(cache, "deployment", deployments);
}

function putStatuses(cache: QueryClient, kind: Kind, told: readonly { id: string }[]): void {
  if (told.length === 0) return;
  const statuses = new Map(told.map(({ id, ...status }) => [id, status]));
  const merge = <T extends WithStatus>(item: T): T => {
    const status = statuses.get(item.id);
    return status ? { ...item, status } : item;
  };
  changeCached<Pages<WithStatus>>(cache, listKey(kind), (old) => mapItems(old, merge) ?? old);
  for (const id of statuses.keys()) changeCached<WithStatus>(cache, objectKey(kind, id), merge);
}
