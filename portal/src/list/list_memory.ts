// What a list remembers while one is elsewhere: its query, place and selection. Kept for as long as
// the portal is open in this tab.

export type ListMemory = { query: string; scroll: number; selected: ReadonlySet<string> };

const memories = new Map<string, ListMemory>();

export function recallList(path: string): ListMemory | undefined {
  return memories.get(path);
}

export function rememberList(path: string, change: Partial<ListMemory>): void {
  const old = memories.get(path) ?? { query: "", scroll: 0, selected: new Set<string>() };
  memories.set(path, { ...old, ...change });
}

export type View = "cards" | "table";

export function storedView(kind: string): View | undefined {
  try {
    const view = localStorage.getItem(`poss.view.${kind}`);
    return view === "cards" || view === "table" ? view : undefined;
  } catch {
    return undefined;
  }
}

export function storeView(kind: string, view: View): void {
  try {
    localStorage.setItem(`poss.view.${kind}`, view);
  } catch {
    // Not remembered then.
  }
}
