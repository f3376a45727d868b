// What a list shows, as the query of its address: so that it can be linked to and come back to.

export type Sort = "name" | "created" | "updated" | "status";

export type ListState = {
  search: string;
  tag: string; // NAME or NAME=VALUE
  status: string;
  sort: Sort;
  descending: boolean;
  // The resource's own filters.
  filters: Record<string, string>;
};

const kOwn = new Set(["search", "tag", "status", "sort", "descending"]);
const sorts: readonly string[] = ["name", "created", "updated", "status"];

export function readListState(
  query: URLSearchParams,
  filterNames: readonly string[] = [],
  defaults: { sort?: Sort; descending?: boolean } = {},
): ListState {
  const sort = query.get("sort") ?? "";
  const filters: Record<string, string> = {};
  for (const name of filterNames) {
    const value = query.get(name);
    if (value && !kOwn.has(name)) filters[name] = value;
  }
  const descending = query.get("descending");
  return {
    search: query.get("search") ?? "",
    tag: query.get("tag") ?? "",
    status: query.get("status") ?? "",
    sort: sorts.includes(sort) ? (sort as Sort) : (defaults.sort ?? "name"),
    descending: descending === null ? (defaults.descending ?? false) : descending === "true",
    filters,
  };
}

// The address's query with a change; what is empty or as by default is left out.
export function changeListQuery(
  query: URLSearchParams,
  change: Record<string, string | boolean>,
  defaults: { sort?: Sort; descending?: boolean } = {},
): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(change)) next.set(name, String(value));
  const standard: Record<string, string> = {
    search: "",
    tag: "",
    status: "",
    sort: defaults.sort ?? "name",
    descending: String(defaults.descending ?? false),
  };
  for (const [name, value] of [...next]) {
    if (value === (standard[name] ?? "")) next.delete(name);
  }
  return next;
}

// The query of the REST call.
export function restQuery(state: ListState, limit: number): Record<string, string | number | boolean> {
  return {
    ...state.filters,
    ...(state.search && { search: state.search }),
    ...(state.tag && { tag: state.tag }),
    ...(state.status && { status: state.status }),
    sort: state.sort,
    descending: state.descending,
    limit,
  };
}

export function isFiltered(state: ListState): boolean {
  return Boolean(
    state.search || state.tag || state.status || Object.keys(state.filters).length > 0,
  );
}
