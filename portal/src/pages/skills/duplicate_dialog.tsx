// Asks for the name of a skill's copy and makes it.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, post } from "../../api/client";
import { listKey, objectKey } from "../../api/objects";
import type { Skill } from "../../api/types";
import { TextField } from "../../form/fields";
import { strings } from "../../strings";
import { text as formText } from "../../strings/form";
import { text as skills } from "../../strings/skills";

const text = skills.duplicateDialog;

type Props = { skill: Pick<Skill, "id" | "name">; onClose: () => void; onDone: (skill: Skill) => void };

export function DuplicateDialog({ skill, onClose, onDone }: Props) {
  const cache = useQueryClient();
  const [name, setName] = useState(text.copyOf(skill.name));
  const copy = useMutation({
    mutationFn: () => post<Skill>(`/skills/${encodeURIComponent(skill.id)}/duplicate`, { name: name.trim() }),
    onSuccess: (made) => {
      cache.setQueryData(objectKey("skill", made.id), made);
      void cache.invalidateQueries({ queryKey: listKey("skill") });
      onClose();
      onDone(made);
    },
  });
  const { error } = copy;
  const problems =
    name.trim() === ""
      ? [formText.required(text.name)]
      : error === null
        ? []
        : error instanceof ApiError && error.problems.length > 0
          ? error.problems.map(({ detail }) => detail)
          : [error.message];
  return (
    <Dialog open onOpenChange={(_event, { open }) => !open && onClose()}>
      <DialogSurface>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "") copy.mutate();
          }}
        >
          <DialogBody>
            <DialogTitle>{text.title(skill.name)}</DialogTitle>
            <DialogContent>
              <p>{text.detail}</p>
              <TextField
                field={{
                  path: "copy_name",
                  value: name,
                  set: (value) => {
                    setName(value);
                    copy.reset();
                  },
                  problems,
                }}
                label={text.name}
                maxLength={100}
                required
                autoFocus
              />
            </DialogContent>
            <DialogActions>
              <Button onClick={onClose}>{strings.cancel}</Button>
              <Button appearance="primary" type="submit" disabled={copy.isPending || name.trim() === ""}>
                {copy.isPending ? text.busy : text.confirm}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
