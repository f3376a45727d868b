// Creates or edits an object step by step: Basics · its own steps · Tags · Review + Create. What
// was typed stays until it is created or discarded; the server checks everything before Create.
import {
  Button,
  Link as FluentLink,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Skeleton,
  SkeletonItem,
  Tab,
  TabList,
  Title2,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { ErrorCircleFilled, CheckmarkCircleFilled } from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { ApiError, get, patch } from "../api/client";
import { kindPath, type EditableKind, type ObjectOf } from "../api/kinds";
import { findProblems, listKey, putObject, useCreate } from "../api/objects";
import type { FieldProblem } from "../api/types";
import { fieldId } from "../form/field";
import { TagsField } from "../form/fields";
import { normalPath, stepOf } from "../form/problems";
import { useInSight } from "../parts/use_in_sight";
import { useToast } from "../shell/toasts";
import { text } from "../strings/wizard";
import { ObjectPage, type ObjectPageProps } from "../view/object_page";
import { ConflictDialog } from "./conflict_dialog";
import { isSame, mergePatch } from "./draft";
import { useDraft, type Form } from "./use_draft";

const kReview = "review";

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px", maxWidth: "1080px" },
  tabs: { overflowX: "auto", scrollbarWidth: "none", marginLeft: "-10px" },
  step: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    gap: "16px",
    minHeight: "280px",
    alignContent: "start",
    padding: "20px",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  bar: {
    position: "sticky",
    bottom: 0,
    zIndex: 5,
    display: "flex",
    flexWrap: "wrap",
    gap: "8px",
    padding: "12px 0",
    backgroundColor: tokens.colorNeutralBackground2,
  },
  space: { flex: "1 1 auto" },
  sentence: { maxWidth: "68ch", fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase500, textWrap: "pretty" },
  problems: { margin: "6px 0 2px", paddingLeft: "18px" },
  wrong: { color: tokens.colorStatusDangerForeground1 },
  fine: { display: "flex", gap: "8px", alignItems: "center", color: tokens.colorStatusSuccessForeground1 },
});

export type Step<D> = {
  id: string;
  title: string;
  // The members of the draft that this step asks for: problems lead here.
  fields: readonly string[];
  render: (form: Form<D>) => ReactNode;
  // What can be said at once, before Next; the server checks again in the end.
  check?: (draft: D) => FieldProblem[];
};

export type WizardProps<K extends EditableKind, D extends { tags: Record<string, string> }> = {
  kind: K;
  title: string;
  steps: readonly Step<D>[]; // without Tags and Review, which come by themselves
  initial: D; // of an existing object: what it has now
  existing?: { id: string; revision: number } | undefined;
  // Makes the draft of an object as it is stored; by default the members of the same names.
  toDraft?: (object: ObjectOf<K>) => D;
  // Members that are never written down: they have to be typed again after leaving.
  secrets?: readonly (keyof D & string)[];
  // The draft as it may be written down, where secrets lie deeper in it.
  toKept?: (draft: D) => D;
  // What is sent, where that differs from the draft.
  toBody?: (draft: D) => object;
  // Makes the new object, where that takes more than one request; by default a POST of the body.
  // It leaves nothing behind when it throws.
  store?: (body: object, draft: D) => Promise<ObjectOf<K>>;
  // What will happen, as sentences.
  review: (draft: D) => ReactNode;
  createText?: string; // "Create" or "Save" otherwise
  // Under which the draft of a new object is kept, where there is more than one way to begin.
  draftName?: string;
  reviewTitle?: string;
  onDone: (object: ObjectOf<K>) => void;
  cancelTo: string;
};

type Check = { body: object; problems: FieldProblem[] } | { body: object; error: Error };

export function Wizard<K extends EditableKind, D extends { tags: Record<string, string> }>(
  props: WizardProps<K, D>,
) {
  const { kind, title, initial, existing, secrets = [], review, onDone, cancelTo } = props;
  const { toBody = (draft: D) => draft } = props;
  const { toDraft = (object: ObjectOf<K>) => restrict(initial, object) } = props;
  const styles = useStyles();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const toast = useToast();
  const [search, setSearch] = useSearchParams();
  const create = useCreate(kind);
  const [saving, setSaving] = useState(false);
  const [failure, setFailure] = useState<Error>();
  const [theirs, setTheirs] = useState<ObjectOf<K>>();
  const [check, setCheck] = useState<Check>();
  const [round, setRound] = useState(0);
  const { form, setProblems, restored, base, revision, reset, rebaseOn } = useDraft({
    name: props.draftName ?? `${kind}.${existing?.id ?? "new"}`,
    initial,
    revision: existing?.revision,
    secrets,
    ...(props.toKept && { toKept: props.toKept }),
  });

  const tagsStep: Step<D> = {
    id: "tags",
    title: text.tags,
    fields: ["tags"],
    render: ({ field }) => <TagsField field={field("tags")} label={text.tagsShort} />,
  };
  const steps = [...props.steps, tagsStep];
  const wanted = search.get("step");
  const at = wanted === kReview ? steps.length : Math.max(0, steps.findIndex(({ id }) => id === wanted));
  const step = steps[at];
  const { draft } = form;
  const body = existing ? mergePatch(toBody(base), toBody(draft)) : toBody(draft);
  const unchanged = existing !== undefined && Object.keys(body).length === 0;

  const content = useRef<HTMLDivElement>(null);
  const [wantedFocus, setWantedFocus] = useState<string>();
  useEffect(() => {
    if (wantedFocus === undefined) return;
    focusField(wantedFocus, content.current);
    // eslint-disable-next-line react-hooks/set-state-in-effect -- one-shot
    setWantedFocus(undefined);
  }, [wantedFocus, at]);

  const root = useRef<HTMLDivElement>(null);
  useInSight(root, '[role="tab"][aria-selected="true"]', at);

  const go = (next: number, focus?: string) => {
    setFailure(undefined);
    const id = steps[next]?.id ?? kReview;
    const rest = new URLSearchParams(search);
    if (next === 0) rest.delete("step");
    else rest.set("step", id);
    setSearch(rest, { replace: false, preventScrollReset: true });
    if (focus !== undefined) setWantedFocus(focus);
  };

  const goNext = () => {
    const found = step?.check?.(draft) ?? [];
    setProblems(found);
    const first = found[0];
    if (first) setWantedFocus(first.field);
    else go(at + 1);
  };

  // 412: somebody else was faster. Their version is fetched, and the person chooses.
  const meetConflict = async (error: unknown): Promise<boolean> => {
    if (!existing || !(error instanceof ApiError && error.status === 412)) return false;
    setTheirs(await get<ObjectOf<K>>(kindPath(kind, existing.id)));
    return true;
  };

  const onReview = at === steps.length;
  // Asks the server on arriving at the review, and again after each change of what would be sent.
  useEffect(() => {
    if (!onReview || unchanged) return;
    const ended = new AbortController();
    const target = existing && { id: existing.id, revision: revision ?? existing.revision };
    const local = steps.flatMap((one) => one.check?.(draft) ?? []);
    const ask =
      local.length > 0 ? Promise.resolve(local) : findProblems(kind, body, target, ended.signal);
    ask.then(
      (problems) => {
        if (ended.signal.aborted) return;
        setProblems(problems);
        setCheck({ body, problems });
      },
      async (error: unknown) => {
        if (ended.signal.aborted || (await meetConflict(error))) return;
        if (error instanceof ApiError && error.problems.length > 0) {
          setProblems(error.problems);
          setCheck({ body, problems: [...error.problems] });
        } else {
          setCheck({ body, error: error instanceof Error ? error : new Error(String(error)) });
        }
      },
    );
    return () => ended.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the body stands for all it is made of
  }, [onReview, unchanged, JSON.stringify(body), revision, round]);

  const current = check && isSame(check.body, body) ? check : undefined;
  const ready = current !== undefined && "problems" in current && current.problems.length === 0;

  const finish = async () => {
    setSaving(true);
    setFailure(undefined);
    try {
      let object: ObjectOf<K>;
      if (existing) {
        object = await patch<ObjectOf<K>>(kindPath(kind, existing.id), body, {
          revision: revision ?? existing.revision,
        });
        putObject(cache, kind, object);
        void cache.invalidateQueries({ queryKey: listKey(kind) });
      } else {
        object = props.store ? await props.store(body, draft) : await create.mutateAsync(body);
        void cache.invalidateQueries({ queryKey: listKey(kind) });
      }
      reset(initial, existing?.revision);
      const { name } = object;
      toast({ intent: "success", title: existing ? text.saved(name) : text.created(name) });
      onDone(object);
    } catch (error) {
      if (await meetConflict(error)) return;
      if (error instanceof ApiError && error.problems.length > 0) {
        setProblems(error.problems);
        setCheck({ body, problems: [...error.problems] });
      } else {
        setFailure(error instanceof Error ? error : new Error(String(error)));
      }
    } finally {
      setSaving(false);
    }
  };

  const stepsWithProblems = new Set(form.problems.map((problem) => stepOf(steps, problem)?.id));
  const finishText = props.createText ?? (existing ? text.save : text.create);

  return (
    <div className={styles.root} ref={root}>
      <Title2 as="h1">{title}</Title2>
      {restored && (
        <MessageBar layout="auto">
          <MessageBarBody>
            {text.restored} {(secrets.length > 0 || props.toKept) && text.restoredSecrets}
          </MessageBarBody>
          <MessageBarActions>
            <Button
              size="small"
              onClick={() => {
                reset(initial, existing?.revision);
                go(0);
              }}
            >
              {text.discard}
            </Button>
          </MessageBarActions>
        </MessageBar>
      )}
      <TabList
        className={styles.tabs}
        selectedValue={step?.id ?? kReview}
        onTabSelect={(_event, { value }) =>
          go(value === kReview ? steps.length : steps.findIndex(({ id }) => id === value))
        }
      >
        {steps.map(({ id, title: name }) => (
          <Tab
            key={id}
            value={id}
            {...(stepsWithProblems.has(id) && {
              icon: <ErrorCircleFilled className={styles.wrong} />,
              "aria-label": text.stepProblems(name),
            })}
          >
            {name}
          </Tab>
        ))}
        <Tab value={kReview}>
          {props.reviewTitle ?? (existing ? text.reviewEdit : text.review)}
        </Tab>
      </TabList>
      <div className={styles.step} ref={content} role="tabpanel" key={step?.id ?? kReview}>
        {step ? (
          step.render(form)
        ) : (
          <>
            <div className={styles.sentence}>
              {review(draft)}
              <p>{tagSentence(draft.tags)}</p>
            </div>
            <div aria-live="polite">
              <Verdict
                check={current}
                unchanged={unchanged}
                steps={steps}
                onShow={(problem, target) => go(steps.indexOf(target), problem.field)}
                onAgain={() => {
                  setCheck(undefined);
                  setRound(round + 1);
                }}
              />
            </div>
            {failure && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>
                  <MessageBarTitle>{text.failed}</MessageBarTitle> {failure.message}
                </MessageBarBody>
              </MessageBar>
            )}
          </>
        )}
      </div>
      <div className={styles.bar}>
        {at > 0 && <Button onClick={() => go(at - 1)}>{text.back}</Button>}
        {onReview ? (
          <Button appearance="primary" disabled={!ready || saving || unchanged} onClick={() => void finish()}>
            {saving ? (existing ? text.saving : text.creating) : finishText}
          </Button>
        ) : (
          <Button appearance="primary" onClick={goNext}>
            {text.next}
          </Button>
        )}
        <span className={styles.space} />
        <Button appearance="subtle" onClick={() => void navigate(cancelTo)}>
          {text.cancel}
        </Button>
      </div>
      {theirs && (
        <ConflictDialog
          updated={theirs.updated}
          onTheirs={() => {
            const next = toDraft(theirs);
            putObject(cache, kind, theirs);
            reset(next, theirs.revision);
            setTheirs(undefined);
          }}
          onMine={() => {
            putObject(cache, kind, theirs);
            rebaseOn(toDraft(theirs), theirs.revision);
            setTheirs(undefined);
            setRound(round + 1);
          }}
        />
      )}
    </div>
  );
}

// The members of a draft, with the values an object has.
function restrict<D extends object>(draft: D, object: object): D {
  const names = Object.keys(draft) as (keyof D)[];
  const values = object as Partial<D>;
  return Object.fromEntries(names.map((name) => [name, values[name] ?? draft[name]])) as D;
}

function tagSentence(tags: Record<string, string>): string {
  const all = Object.entries(tags).map(([name, value]) => (value === "" ? name : `${name} = ${value}`));
  return all.length === 0 ? text.noTags : text.tagList(all.join(", "));
}

// Leads to a field: the control itself, else the closest thing around it that is on the page.
function focusField(field: string, within: HTMLElement | null): void {
  const parts = normalPath(field).split(".");
  while (parts.length > 0) {
    const control = document.getElementById(fieldId(parts.join(".")));
    if (control) {
      control.focus();
      return;
    }
    parts.pop();
  }
  within?.querySelector<HTMLElement>("input, button, textarea, [tabindex]")?.focus();
}

type VerdictProps<D> = {
  check: Check | undefined;
  unchanged: boolean;
  steps: readonly Step<D>[];
  onShow: (problem: FieldProblem, step: Step<D>) => void;
  onAgain: () => void;
};

function Verdict<D>({ check, unchanged, steps, onShow, onAgain }: VerdictProps<D>) {
  const styles = useStyles();
  if (unchanged) return <p>{text.nothingChanged}</p>;
  if (!check) {
    return (
      <Skeleton aria-label={text.checking}>
        <SkeletonItem style={{ width: 260 }} />
      </Skeleton>
    );
  }
  if ("error" in check) {
    return (
      <MessageBar intent="error" layout="multiline">
        <MessageBarBody>
          <MessageBarTitle>{text.checkFailed}</MessageBarTitle> {check.error.message}
        </MessageBarBody>
        <MessageBarActions>
          <Button onClick={onAgain}>{text.checkAgain}</Button>
        </MessageBarActions>
      </MessageBar>
    );
  }
  if (check.problems.length === 0) {
    return (
      <p className={styles.fine}>
        <CheckmarkCircleFilled aria-hidden /> {text.fine}
      </p>
    );
  }
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{text.problemsTitle(check.problems.length)}</MessageBarTitle>
        <ul className={styles.problems}>
          {check.problems.map((problem, i) => {
            const step = stepOf(steps, problem);
            return (
              <li key={i}>
                {problem.detail}{" "}
                {step && (
                  <FluentLink inline onClick={() => onShow(problem, step)}>
                    {text.mend(step.title)}
                  </FluentLink>
                )}
              </li>
            );
          })}
        </ul>
      </MessageBarBody>
    </MessageBar>
  );
}

// The wizard for an existing object; it leads back to `doneTo`.
export function EditWizard<K extends EditableKind, D extends { tags: Record<string, string> }>({
  object,
  doneTo,
  ...props
}: Omit<WizardProps<K, D>, "initial" | "existing" | "onDone" | "cancelTo"> & {
  object: ObjectOf<K>;
  toDraft: (object: ObjectOf<K>) => D;
  doneTo: string;
}) {
  const navigate = useNavigate();
  return (
    <Wizard
      {...(props as unknown as WizardProps<K, D>)}
      initial={props.toDraft(object)}
      existing={{ id: object.id, revision: object.revision }}
      onDone={() => void navigate(doneTo)}
      cancelTo={doneTo}
    />
  );
}

// The page on which an existing object is edited.
export function EditPage<K extends EditableKind>(props: Omit<ObjectPageProps<K>, "skeleton">) {
  return <ObjectPage {...props} skeleton={<WizardSkeleton />} />;
}

export function WizardSkeleton() {
  const styles = useStyles();
  return (
    <Skeleton className={styles.root} aria-label={text.checking}>
      <SkeletonItem style={{ height: 32, width: 280 }} />
      <SkeletonItem style={{ height: 40, width: 420 }} />
      <SkeletonItem style={{ height: 300 }} />
    </Skeleton>
  );
}
