// Says calmly that somebody else changed what is being edited, and lets one choose.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { formatAgo } from "../format";
import { useNow } from "../parts/use_now";
import { strings } from "../strings";

const text = strings.conflict;

type Props = {
  updated: string; // when they changed it
  onTheirs: () => void;
  onMine: () => void;
};

export function ConflictDialog({ updated, onTheirs, onMine }: Props) {
  const now = useNow();
  const when = Date.parse(updated) / 1000;
  return (
    <Dialog open modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{text.title}</DialogTitle>
          <DialogContent>
            <p>{text.detail}</p>
            {Number.isFinite(when) && <p>{text.changed(formatAgo(now - when))}</p>}
          </DialogContent>
          <DialogActions>
            <Button onClick={onTheirs}>{text.theirs}</Button>
            <Button appearance="primary" onClick={onMine}>
              {text.mine}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
