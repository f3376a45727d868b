// Asks before deleting. When the server refuses it says why, such as where a thing is used.
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
import { useState, type ReactNode } from "react";
import { ApiError } from "../api/client";
import type { Kind } from "../api/kinds";
import { useRemove } from "../api/objects";
import { formatCount } from "../format";
import { strings } from "../strings";

const text = strings.deletion;

const useStyles = makeStyles({
  content: { display: "grid", gap: "12px" },
  list: { margin: "4px 0 0", paddingLeft: "18px" },
});

type Item = { id: string; revision?: number | undefined; name?: string };

type Props = {
  kind: Kind;
  things: string; // "cameras", for the title when there are several
  items: readonly Item[];
  // What else goes with it.
  detail?: ReactNode;
  onClose: () => void;
  // With those that are gone.
  onDeleted?: (ids: readonly string[]) => void;
};

export function DeleteDialog({ kind, things, items, detail, onClose, onDeleted }: Props) {
  const styles = useStyles();
  const remove = useRemove(kind);
  const [busy, setBusy] = useState(false);
  const [gone, setGone] = useState<readonly string[]>([]);
  const [refusals, setRefusals] = useState<{ item: Item; error: Error }[]>([]);
  const left = items.filter(({ id }) => !gone.includes(id));
  const nameOf = (item: Item) => item.name ?? item.id;

  const run = async () => {
    setBusy(true);
    const done: string[] = [];
    const refused: { item: Item; error: Error }[] = [];
    for (const item of left) {
      try {
        await remove.mutateAsync({ id: item.id, ...(items.length === 1 && item.revision !== undefined && { revision: item.revision }) });
        done.push(item.id);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) done.push(item.id);
        else refused.push({ item, error: error instanceof Error ? error : new Error(String(error)) });
      }
    }
    setBusy(false);
    setGone([...gone, ...done]);
    setRefusals(refused);
    if (done.length > 0) onDeleted?.(done);
    if (refused.length === 0) onClose();
  };

  const first = items[0];
  if (!first) return null;
  return (
    <Dialog open modalType="alert" onOpenChange={(_event, { open }) => !open && !busy && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>
            {items.length === 1
              ? text.title(nameOf(first))
              : text.titleMany(formatCount(items.length), things)}
          </DialogTitle>
          <DialogContent className={styles.content}>
            {refusals.length === 0 && (
              <p>
                {detail} {text.detail}
              </p>
            )}
            {refusals.slice(0, 5).map(({ item, error }) => (
              <MessageBar key={item.id} intent="error" layout="multiline">
                <MessageBarBody>
                  <MessageBarTitle>{text.refused(nameOf(item))}</MessageBarTitle> {error.message}
                  {error instanceof ApiError && error.problems.length > 0 && (
                    <ul className={styles.list}>
                      {error.problems.map((problem) => (
                        <li key={problem.field + problem.detail}>{problem.detail}</li>
                      ))}
                    </ul>
                  )}
                </MessageBarBody>
              </MessageBar>
            ))}
          </DialogContent>
          <DialogActions>
            <Button disabled={busy} onClick={onClose}>
              {refusals.length > 0 ? strings.close : strings.cancel}
            </Button>
            {refusals.length === 0 && (
              <Button appearance="primary" disabled={busy} onClick={() => void run()}>
                {busy ? text.busy : text.confirm}
              </Button>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
