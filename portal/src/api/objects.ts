// Hooks that read and change stored objects. What they return is kept right by the event stream.
import {
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type InfiniteData,
  type QueryClient,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { asSentences, del, get, patch, post, type Query } from "./client";
import { kindPath, type Kind, type ObjectOf } from "./kinds";
import type { FieldProblem, Items } from "./types";

export const listKey = (kind: Kind, query?: Query) =>
  query ? ([kind, "list", query] as const) : ([kind, "list"] as const);
export const objectKey = (kind: Kind, id: string) => [kind, "one", id] as const;

export type Pages<T> = InfiniteData<Items<T>, string>;

const kKept = 30 * 60_000; // so that coming back to a list shows it at once

// One list, page by page; `items` holds all pages fetched so far. `query` is that of the REST call
// (search, tag, status, sort, descending, limit, the resource's own filters).
export function useList<K extends Kind>(kind: K, query: Query = {}, enabled = true) {
  const result = useInfiniteQuery({
    queryKey: listKey(kind, query),
    queryFn: ({ pageParam, signal }) =>
      get<Items<ObjectOf<K>>>(
        kindPath(kind),
        { ...query, cursor: pageParam === "" ? undefined : pageParam },
        signal,
      ),
    initialPageParam: "",
    getNextPageParam: (last) => (last.next_cursor ? last.next_cursor : undefined),
    gcTime: kKept,
    enabled,
  });
  const { data } = result;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  return { ...result, items, total: data?.pages[0]?.total ?? items?.length ?? 0 };
}

// One object; `undefined` as id fetches nothing.
export function useObject<K extends Kind>(kind: K, id: string | undefined) {
  return useQuery({
    queryKey: objectKey(kind, id ?? ""),
    queryFn: ({ signal }) => get<ObjectOf<K>>(kindPath(kind, id), {}, signal),
    enabled: id !== undefined && id !== "",
    gcTime: kKept,
  });
}

// This machine among the compute devices. It is there from the start, so the oldest of them.
export function useThisMachine(): { device: ObjectOf<"device"> | undefined; isPending: boolean } {
  const { items, isPending } = useList("device", { sort: "created", limit: 20 });
  return { device: items?.find(({ type }) => type === "this_machine"), isPending };
}

// The names of objects by their ids, for showing references; the id itself until it is known.
export function useNames(kind: Kind): (id: string) => string {
  const { items } = useList(kind, { limit: 1000 });
  return useMemo(() => {
    const names = new Map(
      items?.map((item) => [item.id, "name" in item ? item.name : item.id] as const),
    );
    return (id) => names.get(id) ?? id;
  }, [items]);
}

// Changes cached answers in place. One that is to be fetched anew stays so: setting data would
// otherwise make it count as fresh.
export function changeCached<T>(
  cache: QueryClient,
  queryKey: readonly unknown[],
  change: (data: T) => T,
): void {
  for (const query of cache.getQueryCache().findAll({ queryKey })) {
    const { data, isInvalidated, dataUpdatedAt } = query.state;
    if (data === undefined) continue;
    const next = change(data as T);
    if (next === data) continue;
    query.setData(next, { updatedAt: dataUpdatedAt, manual: true });
    if (isInvalidated) query.invalidate();
  }
}

// Writes an object as the server has it now into every cached answer that holds it.
export function putObject<K extends Kind>(cache: QueryClient, kind: K, object: ObjectOf<K>): void {
  cache.setQueryData(objectKey(kind, object.id), object);
  cache.setQueriesData<Pages<ObjectOf<K>>>({ queryKey: listKey(kind) }, (old) =>
    mapItems(old, (item) => (item.id === object.id ? { ...item, ...object } : item)),
  );
}

// Takes an object out of every cached answer.
export function dropObject(cache: QueryClient, kind: Kind, id: string): void {
  cache.removeQueries({ queryKey: objectKey(kind, id) });
  cache.setQueriesData<Pages<{ id: string }>>({ queryKey: listKey(kind) }, (old) => {
    if (!old?.pages.some((page) => page.items.some((item) => item.id === id))) return old;
    return {
      ...old,
      pages: old.pages.map((page) => ({
        ...page,
        items: page.items.filter((item) => item.id !== id),
        ...(page.total !== undefined && { total: page.total - 1 }),
      })),
    };
  });
}

// The same pages with every item replaced by `change`; the very same object when none differs.
export function mapItems<T>(
  old: Pages<T> | undefined,
  change: (item: T) => T,
): Pages<T> | undefined {
  if (!old) return old;
  let changed = false;
  const pages = old.pages.map((page) => {
    let pageChanged = false;
    const items = page.items.map((item) => {
      const next = change(item);
      if (next !== item) pageChanged = true;
      return next;
    });
    if (!pageChanged) return page;
    changed = true;
    return { ...page, items };
  });
  return changed ? { ...old, pages } : old;
}

export function useCreate<K extends Kind>(kind: K) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (body: unknown) => post<ObjectOf<K>>(kindPath(kind), body),
    onSuccess: (object) => {
      cache.setQueryData(objectKey(kind, object.id), object);
      return cache.invalidateQueries({ queryKey: listKey(kind) });
    },
  });
}

// Changes some fields of an object, of which `object` is what the person saw. With `optimistic` the
// change shows at once and goes back when the server refuses it.
export function usePatch<K extends Kind>(kind: K, { optimistic = false } = {}) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ object, change }: { object: ObjectOf<K>; change: Partial<ObjectOf<K>> }) =>
      patch<ObjectOf<K>>(kindPath(kind, object.id), change, { revision: object.revision }),
    onMutate: ({ object, change }) => {
      if (optimistic) putObject(cache, kind, { ...object, ...change });
    },
    onSuccess: (object) => {
      putObject(cache, kind, object);
      void cache.invalidateQueries({ queryKey: listKey(kind) });
    },
    onError: (_error, { object }) => {
      if (!optimistic) return;
      putObject(cache, kind, object);
      void cache.invalidateQueries({ queryKey: objectKey(kind, object.id) });
    },
  });
}

export function useRemove(kind: Kind) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: ({ id, revision }: { id: string; revision?: number }) =>
      del(kindPath(kind, id), { revision }),
    onSuccess: (_nothing, { id }) => {
      dropObject(cache, kind, id);
      void cache.invalidateQueries({ queryKey: listKey(kind) });
    },
  });
}

// What the server would refuse of a new object, or of a change of one.
export async function findProblems(
  kind: Kind,
  body: unknown,
  existing?: { id: string; revision: number },
  signal?: AbortSignal,
): Promise<FieldProblem[]> {
  const answer = existing
    ? await patch<{ problems: FieldProblem[] }>(kindPath(kind, existing.id), body, {
        revision: existing.revision,
        dryRun: true,
        signal,
      })
    : await post<{ problems: FieldProblem[] }>(kindPath(kind), body, { dryRun: true, signal });
  return asSentences(answer.problems);
}
