import { describe, expect, it } from "vitest";
import { clearDraft, loadDraft, mergePatch, rebase, saveDraft } from "./draft";

function memory() {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (name: string) => values.get(name) ?? null,
    setItem: (name: string, value: string) => void values.set(name, value),
    removeItem: (name: string) => void values.delete(name),
  };
}

type Draft = { name: string; password?: string; tags: Record<string, string> };

describe("a stored draft", () => {
  it("comes back as it was left", () => {
    const storage = memory();
    const stored = { draft: { name: "Gate", tags: { site: "north" } }, revision: 3 };
    saveDraft<Draft>(storage, "camera.1", stored, []);
    expect(loadDraft<Draft>(storage, "camera.1")).toEqual(stored);
    clearDraft(storage, "camera.1");
    expect(loadDraft<Draft>(storage, "camera.1")).toBeUndefined();
  });

  it("never holds a secret", () => {
    const storage = memory();
    const draft = { name: "Gate", password: "hunter2", tags: {} };
    saveDraft<Draft>(storage, "camera.new", { draft, base: draft }, ["password"]);
    expect([...storage.values.values()].join()).not.toContain("hunter2");
    expect(loadDraft<Draft>(storage, "camera.new")?.draft).toEqual({ name: "Gate", tags: {} });
  });

  it("that cannot be read counts as none", () => {
    const storage = memory();
    storage.setItem("poss.draft.a", "{broken");
    storage.setItem("poss.draft.b", '{"draft":null}');
    expect(loadDraft(storage, "a")).toBeUndefined();
    expect(loadDraft(storage, "b")).toBeUndefined();
  });

  it("is done without where storage refuses", () => {
    const refusing = {
      getItem: () => null,
      removeItem: () => undefined,
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    };
    expect(() => saveDraft<Draft>(refusing, "a", { draft: { name: "", tags: {} } }, [])).not.toThrow();
  });
});

describe("mergePatch", () => {
  it("holds only what differs", () => {
    expect(mergePatch({ name: "a", fps: 5 }, { name: "b", fps: 5 })).toEqual({ name: "b" });
    expect(mergePatch({ labels: ["a"] }, { labels: ["a"] })).toEqual({});
  });

  it("takes out members of objects by null and replaces lists whole", () => {
    expect(mergePatch({ tags: { a: "1", b: "2" } }, { tags: { b: "3" } })).toEqual({
      tags: { a: null, b: "3" },
    });
    expect(mergePatch({ labels: ["a", "b"] }, { labels: ["b"] })).toEqual({ labels: ["b"] });
  });

  it("leaves out what is undefined: an untouched secret", () => {
    expect(mergePatch({ name: "a" }, { name: "a", password: undefined })).toEqual({});
    expect(mergePatch({ name: "a" }, { name: "a", password: "" })).toEqual({ password: "" });
  });
});

describe("rebase", () => {
  it("puts my changes on top of theirs", () => {
    const base = { name: "Gate", fps: 5, tags: {} };
    const mine = { ...base, name: "North gate" };
    const theirs = { ...base, name: "Old gate", fps: 10 };
    expect(rebase(base, mine, theirs)).toEqual({ name: "North gate", fps: 10, tags: {} });
  });
});
