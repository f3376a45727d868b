// What was typed into a wizard, kept through steps back, leaving and reloading until it is created
// or discarded. Secrets are never written down.

export type Stored<D> = {
  draft: D;
  // Of an existing object: as it was when editing began.
  base?: D;
  revision?: number;
};

const keyOf = (name: string) => `poss.draft.${name}`;

type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">;

// The draft stored under a name; undefined when there is none or it cannot be read.
export function loadDraft<D extends object>(storage: Storage, name: string): Stored<D> | undefined {
  try {
    const text = storage.getItem(keyOf(name));
    if (text === null) return undefined;
    const stored = JSON.parse(text) as Stored<D>;
    return typeof stored.draft === "object" && stored.draft !== null ? stored : undefined;
  } catch {
    return undefined;
  }
}

export function saveDraft<D extends object>(
  storage: Storage,
  name: string,
  stored: Stored<D>,
  secrets: readonly (keyof D & string)[],
): void {
  try {
    const draft = without(stored.draft, secrets);
    const base = stored.base && without(stored.base, secrets);
    storage.setItem(keyOf(name), JSON.stringify({ ...stored, draft, ...(base && { base }) }));
  } catch {
    // Storage is full or switched off: the draft then lives as long as the page.
  }
}

export function clearDraft(storage: Storage, name: string): void {
  try {
    storage.removeItem(keyOf(name));
  } catch {
    // Nothing was kept then.
  }
}

function without<D extends object>(draft: D, names: readonly (keyof D & string)[]): Partial<D> {
  const secret = new Set<string>(names);
  return Object.fromEntries(
    Object.entries(draft).filter(([name]) => !secret.has(name)),
  ) as Partial<D>;
}

export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) =>
    isSame((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name]),
  );
}

// JSON merge patch that turns `base` into `draft`: only what differs, null for what is gone. Lists
// are replaced whole. Undefined in the draft means "as it is".
export function mergePatch(base: object, draft: object): Record<string, unknown> {
  const from = base as Record<string, unknown>;
  const to = draft as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(to)) {
    const old = from[name];
    if (value === undefined || isSame(old, value)) continue;
    result[name] = isPlain(old) && isPlain(value) ? { ...nulls(old, value), ...mergePatch(old, value) } : value;
  }
  return result;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function nulls(old: object, next: object): Record<string, null> {
  const gone = Object.keys(old).filter((name) => !(name in next));
  return Object.fromEntries(gone.map((name) => [name, null]));
}

// My changes (from `base` to `mine`) put on top of `theirs`; for a field that both changed, mine.
export function rebase<D extends object>(base: D, mine: D, theirs: D): D {
  const result = { ...theirs };
  for (const name of Object.keys(mine) as (keyof D)[]) {
    if (!isSame(base[name], mine[name])) result[name] = mine[name];
  }
  return result;
}
