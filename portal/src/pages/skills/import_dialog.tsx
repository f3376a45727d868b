// Makes a skill out of a skill file; what is wrong with the file is told here.
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
import { DocumentRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ApiError, post } from "../../api/client";
import { listKey, objectKey } from "../../api/objects";
import type { Skill } from "../../api/types";
import { TextField } from "../../form/fields";
import { strings } from "../../strings";
import { text as skills } from "../../strings/skills";
import { readSkillFile, type SkillFile } from "./skill_file";

const text = skills.importDialog;

const useStyles = makeStyles({
  content: { display: "grid", gap: "14px", gridTemplateColumns: "minmax(0, 1fr)" },
  chosen: { display: "flex", flexWrap: "wrap", gap: "8px 12px", alignItems: "center", overflowWrap: "anywhere" },
  problems: { margin: "4px 0 0", paddingLeft: "18px" },
  input: { display: "none" },
});

type Props = { onClose: () => void; onDone: (skill: Skill) => void };

export function ImportDialog({ onClose, onDone }: Props) {
  const styles = useStyles();
  const cache = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [fileName, setFileName] = useState("");
  const [file, setFile] = useState<SkillFile>();
  const [unreadable, setUnreadable] = useState<string>();
  const run = useMutation({
    mutationFn: (body: SkillFile) => post<Skill>("/skills/import", body),
    onSuccess: (made) => {
      cache.setQueryData(objectKey("skill", made.id), made);
      void cache.invalidateQueries({ queryKey: listKey("skill") });
      onClose();
      onDone(made);
    },
  });
  const take = async (chosen: File) => {
    run.reset();
    setFileName(chosen.name);
    const read = readSkillFile(chosen.name, await chosen.text());
    setFile("file" in read ? read.file : undefined);
    setUnreadable("problem" in read ? read.problem : undefined);
  };
  const { error } = run;
  const all = error instanceof ApiError ? error.problems : [];
  const ofName = all.filter(({ field }) => field === "name").map(({ detail }) => detail);
  const others = all.filter(({ field }) => field !== "name");
  return (
    <Dialog open onOpenChange={(_event, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{text.title}</DialogTitle>
          <DialogContent className={styles.content}>
            <div>{text.detail}</div>
            <div className={styles.chosen}>
              <Button icon={<DocumentRegular />} onClick={() => input.current?.click()}>
                {fileName === "" ? text.choose : text.other}
              </Button>
              {fileName}
              <input
                ref={input}
                className={styles.input}
                type="file"
                accept=".json,application/json"
                data-testid="skill-file"
                onChange={(event) => {
                  const chosen = event.target.files?.[0];
                  if (chosen) void take(chosen);
                  event.target.value = "";
                }}
              />
            </div>
            {unreadable && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>{unreadable}</MessageBarBody>
              </MessageBar>
            )}
            {file && (
              <>
                <div>{text.found(skills.nodes(file.nodes.length))}</div>
                <TextField
                  field={{
                    path: "import_name",
                    value: file.name,
                    set: (name) => setFile({ ...file, name }),
                    problems: ofName,
                  }}
                  label={text.name}
                  maxLength={100}
                  required
                />
              </>
            )}
            {error && (others.length > 0 || ofName.length === 0) && (
              <MessageBar intent="error" layout="multiline">
                <MessageBarBody>
                  <MessageBarTitle>{text.refused}</MessageBarTitle>
                  {others.length === 0 && error.message}
                  {others.length > 0 && (
                    <ul className={styles.problems}>
                      {others.map(({ field, detail }) => (
                        <li key={field + detail}>{detail}</li>
                      ))}
                    </ul>
                  )}
                </MessageBarBody>
              </MessageBar>
            )}
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{strings.cancel}</Button>
            <Button
              appearance="primary"
              disabled={!file || file.name.trim() === "" || run.isPending}
              onClick={() => file && run.mutate(file)}
            >
              {run.isPending ? text.busy : text.confirm}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
