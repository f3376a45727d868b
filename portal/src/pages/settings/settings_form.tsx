// A form of some of the server's settings: what was changed, checked and saved.
import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, Skeleton, SkeletonItem, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ApiError, get, patch } from "../../api/client";
import type { FieldProblem, Settings } from "../../api/types";
import type { FieldOf } from "../../form/field";
import { problemsOf } from "../../form/problems";
import { useToast } from "../../shell/toasts";
import { strings } from "../../strings";
import { text } from "../../strings/settings";
import { isSame } from "../../wizard/draft";

const useStyles = makeStyles({
  form: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px", maxWidth: "760px" },
  bar: {
    position: "sticky",
    bottom: 0,
    zIndex: 5,
    display: "flex",
    gap: "8px",
    padding: "12px 0",
    backgroundColor: tokens.colorNeutralBackground2,
  },
});

// A number field may be empty while it is typed in.
export type SettingsDraft = { [N in keyof Settings]: Settings[N] extends number ? number | undefined : Settings[N] };

export type SettingsFields = {
  draft: SettingsDraft;
  field: <N extends keyof SettingsDraft & string>(name: N) => FieldOf<SettingsDraft[N]>;
};

type Props = {
  check: (draft: SettingsDraft) => FieldProblem[];
  render: (form: SettingsFields) => ReactNode;
};

// The key is the kind of the `change` events, which fetch it anew.
export function useSettings() {
  return useQuery({ queryKey: ["settings"], queryFn: ({ signal }) => get<Settings>("/settings", {}, signal) });
}

export function SettingsForm(props: Props) {
  const styles = useStyles();
  const { data, error, refetch } = useSettings();
  if (data) return <LoadedForm {...props} settings={data} />;
  if (!error) {
    return (
      <Skeleton className={styles.form} aria-label={text.title}>
        <SkeletonItem style={{ height: 140 }} />
        <SkeletonItem style={{ height: 140 }} />
      </Skeleton>
    );
  }
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{text.loadFailed}</MessageBarTitle> {error.message}
      </MessageBarBody>
      <MessageBarActions>
        <Button onClick={() => void refetch()}>{strings.tryAgain}</Button>
      </MessageBarActions>
    </MessageBar>
  );
}

function LoadedForm({ settings, check, render }: Props & { settings: Settings }) {
  const styles = useStyles();
  const cache = useQueryClient();
  const toast = useToast();
  // Only what was changed: all else follows the server.
  const [changes, setChanges] = useState<Partial<SettingsDraft>>({});
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);
  const [meanwhile, setMeanwhile] = useState(false);
  const [round, setRound] = useState(0);
  const draft: SettingsDraft = { ...settings, ...changes };
  const changed = Object.fromEntries(
    Object.entries(changes).filter(([name, value]) => !isSame(value, settings[name as keyof Settings])),
  );
  const isChanged = Object.keys(changed).length > 0;
  const save = useMutation({
    mutationFn: () => patch<Settings>("/settings", changed, { revision: settings.revision }),
    onSuccess: (next) => {
      cache.setQueryData(["settings"], next);
      setChanges({});
      setMeanwhile(false);
      setRound(round + 1);
      toast({ intent: "success", title: text.saved });
    },
    onError: async (error) => {
      if (error instanceof ApiError && error.status === 412) {
        await cache.invalidateQueries({ queryKey: ["settings"] });
        setMeanwhile(true);
      } else if (error instanceof ApiError) {
        setProblems(error.problems);
      }
    },
  });
  const form: SettingsFields = {
    draft,
    field: (name) => ({
      path: name,
      value: draft[name],
      set: (value) => {
        setChanges((old) => ({ ...old, [name]: value }));
        setProblems((old) => old.filter(({ field }) => !field.startsWith(name)));
      },
      problems: problemsOf(problems, name),
    }),
  };
  const refusal = save.error && !meanwhile && problems.length === 0 ? save.error : undefined;
  return (
    <form
      key={round}
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        const found = check(draft);
        setProblems(found);
        if (found.length === 0) save.mutate();
      }}
    >
      {meanwhile && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{text.changedMeanwhile}</MessageBarTitle> {text.changedMeanwhileDetail}
          </MessageBarBody>
        </MessageBar>
      )}
      {render(form)}
      {refusal && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{text.notSaved}</MessageBarTitle> {refusal.message}
          </MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.bar}>
        <Button type="submit" appearance="primary" disabled={!isChanged || save.isPending}>
          {save.isPending ? text.saving : text.save}
        </Button>
        {isChanged && (
          <Button
            appearance="subtle"
            onClick={() => {
              setChanges({});
              setProblems([]);
              setMeanwhile(false);
              setRound(round + 1);
            }}
          >
            {text.undo}
          </Button>
        )}
      </div>
    </form>
  );
}
