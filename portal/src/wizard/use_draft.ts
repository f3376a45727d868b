// The state of a wizard's form: the draft, and a field for each of its members.
import { useEffect, useMemo, useState } from "react";
import type { FieldProblem } from "../api/types";
import type { FieldOf } from "../form/field";
import { problemsOf } from "../form/problems";
import { clearDraft, loadDraft, rebase, saveDraft, type Stored } from "./draft";

export type Form<D> = {
  draft: D;
  set: (change: Partial<D>) => void;
  // The field of a member, for the components of form/.
  field: <N extends keyof D & string>(name: N) => FieldOf<D[N]>;
  // All that is wrong, for parts that tell it themselves, such as SchemaForm.
  problems: readonly FieldProblem[];
};

type Options<D extends object> = {
  name: string; // under which the draft is kept
  initial: D;
  revision?: number | undefined; // of an existing object
  secrets: readonly (keyof D & string)[];
  toKept?: (draft: D) => D; // takes out secrets that lie deeper
};

export function useDraft<D extends object>({ name, initial, revision, secrets, toKept = (draft) => draft }: Options<D>) {
  const [state, setState] = useState<Stored<D> & { restored: boolean; touched: boolean }>(() => {
    const stored = loadDraft<D>(sessionStorage, name);
    const beginning = { draft: initial, base: initial, ...(revision !== undefined && { revision }) };
    if (!stored) return { ...beginning, restored: false, touched: false };
    // Members that came with a newer portal, and secrets, are as in a new draft.
    return {
      ...beginning,
      ...stored,
      draft: { ...initial, ...stored.draft },
      base: { ...initial, ...stored.base },
      restored: true,
      touched: true,
    };
  });
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);

  const { draft, base, revision: baseRevision, touched } = state;
  useEffect(() => {
    if (!touched) return;
    saveDraft(
      sessionStorage,
      name,
      { draft: toKept(draft), ...(base && { base: toKept(base) }), ...(baseRevision !== undefined && { revision: baseRevision }) },
      secrets,
    );
    // eslint-disable-next-line react-hooks/exhaustive-deps -- `secrets` and `toKept` are written in place by pages
  }, [name, draft, base, baseRevision, touched]);

  const form = useMemo<Form<D>>(() => {
    const set = (change: Partial<D>) => {
      setState((old) => ({ ...old, draft: { ...old.draft, ...change }, touched: true }));
      // What was wrong with a member may be mended by the change.
      setProblems((old) => {
        const rest = old.filter(({ field }) => !Object.keys(change).some((n) => field === n || field.startsWith(`${n}.`) || field.startsWith(`${n}[`)));
        return rest.length === old.length ? old : rest;
      });
    };
    return {
      draft,
      set,
      problems,
      field: (member) => ({
        path: member,
        value: draft[member],
        set: (value) => set({ [member]: value } as unknown as Partial<D>),
        problems: problemsOf(problems, member),
      }),
    };
  }, [draft, problems]);

  return {
    form,
    setProblems,
    restored: state.restored,
    base: base ?? initial,
    revision: baseRevision,
    // Forgets the draft; the form shows `next`.
    reset: (next: D, nextRevision?: number) => {
      clearDraft(sessionStorage, name);
      setProblems([]);
      setState({
        draft: next,
        base: next,
        ...(nextRevision !== undefined && { revision: nextRevision }),
        restored: false,
        touched: false,
      });
    },
    // Puts what was typed on top of what somebody else has stored meanwhile.
    rebaseOn: (theirs: D, theirRevision: number) =>
      setState((old) => ({
        ...old,
        draft: rebase(old.base ?? initial, old.draft, theirs),
        base: theirs,
        revision: theirRevision,
        touched: true,
      })),
  };
}
