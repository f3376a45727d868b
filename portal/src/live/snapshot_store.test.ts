import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SnapshotStore, isDue } from "./snapshot_store";

const camera = (state: "streaming" | "idle" | "refused" | "stalled", more = {}) => ({
  state,
  since: "s",
  frames_decoded: 0,
  ...more,
});

describe("isDue", () => {
  it("asks once for a camera that may have a picture", () => {
    expect(isDue(camera("streaming"), undefined, 0)).toBe(true);
    expect(isDue(camera("idle"), undefined, 0)).toBe(true);
  });

  it("does not ask one that never sent a picture", () => {
    expect(isDue(camera("refused"), undefined, 0)).toBe(false);
    expect(isDue(camera("refused", { frames_decoded: 5 }), undefined, 0)).toBe(true);
  });

  it("renews a streaming camera gently", () => {
    const last = { at: 0, state: "streaming", since: "s" } as const;
    expect(isDue(camera("streaming"), last, 9_000)).toBe(false);
    expect(isDue(camera("streaming"), last, 10_000)).toBe(true);
  });

  it("does not keep a camera open that nobody uses", () => {
    const last = { at: 0, state: "idle", since: "s" } as const;
    expect(isDue(camera("streaming"), last, 60_000)).toBe(false);
    expect(isDue(camera("idle"), last, 100_000)).toBe(false);
    expect(isDue(camera("streaming"), last, 90_000)).toBe(true);
  });

  it("soon tries again when a camera that was just opened had no picture yet", () => {
    const last = { at: 0, state: "idle", since: "s", failed: true } as const;
    expect(isDue(camera("idle"), last, 4_000)).toBe(false);
    expect(isDue(camera("streaming"), last, 1_000)).toBe(false);
    expect(isDue(camera("streaming"), last, 3_000)).toBe(true);
  });

  it("asks a stalled camera no more until something changes", () => {
    const last = { at: 0, state: "stalled", since: "s" } as const;
    expect(isDue(camera("stalled"), last, 1e9)).toBe(false);
  });
});

describe("SnapshotStore", () => {
  let open: { camera: string; end: (fail?: boolean) => void }[];
  let store: SnapshotStore;
  beforeEach(() => {
    open = [];
    let urls = 0;
    vi.stubGlobal("URL", { createObjectURL: () => `blob:${++urls}`, revokeObjectURL: vi.fn() });
    store = new SnapshotStore(
      (name) =>
        new Promise((resolve, reject) =>
          open.push({ camera: name, end: (fail) => (fail ? reject(new Error()) : resolve(new Blob())) }),
        ),
    );
  });
  afterEach(() => vi.unstubAllGlobals());
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  const want = (name: string) => store.want(name, "streaming", "s", 0);

  it("fetches a few at a time, the others in their turn", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) want(name);
    expect(open.map((o) => o.camera)).toEqual(["a", "b", "c"]);
    open[1]!.end();
    await settle();
    expect(open.map((o) => o.camera)).toEqual(["a", "b", "c", "d"]);
    expect(store.get("b")).toBe("blob:1");
  });

  it("does not begin what nobody looks at any more", async () => {
    for (const name of ["a", "b", "c", "d"]) want(name);
    store.forget("d");
    open[0]!.end();
    await settle();
    expect(open).toHaveLength(3);
  });

  it("keeps the old picture when a new one fails", async () => {
    want("a");
    open[0]!.end();
    await settle();
    want("a");
    open[1]!.end(true);
    await settle();
    expect(store.get("a")).toBe("blob:1");
  });

  it("tells those who look", async () => {
    const told = vi.fn();
    const end = store.subscribe("a", told);
    want("a");
    open[0]!.end();
    await settle();
    expect(told).toHaveBeenCalledOnce();
    end();
    want("a");
    open[1]!.end();
    await settle();
    expect(told).toHaveBeenCalledOnce();
  });

  it("keeps no more than so many pictures", async () => {
    for (let i = 0; i < 230; i++) {
      want(`c${i}`);
      open.at(-1)!.end();
      await settle();
    }
    expect(store.get("c0")).toBeUndefined();
    expect(store.get("c229")).toBeDefined();
  });
});
