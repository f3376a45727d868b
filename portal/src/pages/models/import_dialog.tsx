// Imports a file as a model's newest version.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
} from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, post } from "../../api/client";
import { putJob } from "../../api/jobs";
import { kindPath } from "../../api/kinds";
import { objectKey } from "../../api/objects";
import type { FieldProblem, Job, Model } from "../../api/types";
import type { FieldOf } from "../../form/field";
import { problemsOf } from "../../form/problems";
import { useUpload } from "../../form/use_upload";
import { strings } from "../../strings";
import { text as models } from "../../strings/models";
import { checkFile, importBody, noFile, type FileDraft } from "./model_file";
import { ModelFileFields } from "./model_file_fields";

const text = models.view;

const useStyles = makeStyles({
  content: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "14px", paddingTop: "6px", paddingBottom: "6px" },
});

type Props = { model: Model; onClose: () => void; onStarted: (job: Job) => void };

export function ImportDialog({ model, onClose, onStarted }: Props) {
  const styles = useStyles();
  const cache = useQueryClient();
  const run = useUpload();
  const [draft, setDraft] = useState<FileDraft>(noFile);
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);

  const field = <N extends keyof FileDraft>(name: N): FieldOf<FileDraft[N]> => ({
    path: name,
    value: draft[name],
    set: (value) => {
      setDraft((old) => ({ ...old, [name]: value }));
      setProblems((old) => old.filter((problem) => problem.field !== name));
    },
    problems: problemsOf(problems, name),
  });
  const start = async () => {
    const found = checkFile(draft);
    setProblems(found);
    setFailure(undefined);
    if (found.length > 0) return;
    setBusy(true);
    try {
      const job = await post<Job>(`${kindPath("model", model.id)}/versions`, importBody(draft));
      putJob(cache, job);
      void cache.invalidateQueries({ queryKey: objectKey("model", model.id) });
      onStarted(job);
    } catch (error) {
      if (error instanceof ApiError && error.problems.length > 0) setProblems(error.problems);
      else setFailure(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  return (
    <Dialog open modalType="alert" onOpenChange={(_event, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{text.importTitle(model.name)}</DialogTitle>
          <DialogContent className={styles.content}>
            <p>{text.importDetail}</p>
            <ModelFileFields
              run={run}
              fields={{ format: field("format"), upload: field("upload"), manifest: field("manifest"), labels: field("labels") }}
            />
            {failure !== undefined && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>
                  <MessageBarTitle>{text.notStarted}</MessageBarTitle> {failure}
                </MessageBarBody>
              </MessageBar>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{strings.cancel}</Button>
            <Button appearance="primary" disabled={busy || run.sending !== undefined} onClick={() => void start()}>
              {busy ? text.starting : text.start}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
