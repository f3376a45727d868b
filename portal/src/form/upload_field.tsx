// A file that is sent to the server as soon as it is chosen.
import { Button, ProgressBar, makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { ArrowUploadRegular, CheckmarkCircleFilled, DocumentRegular } from "@fluentui/react-icons";
import { useRef, useState } from "react";
import type { Upload } from "../api/types";
import { formatBytes, formatPercent } from "../format";
import { text } from "../strings/upload";
import { fieldId, type FieldProps } from "./field";
import { FieldFrame } from "./fields";
import type { UploadRun } from "./use_upload";

const useStyles = makeStyles({
  zone: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: "6px 12px",
    minHeight: "64px",
    padding: "12px 14px",
    boxSizing: "border-box",
    border: `1px dashed ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  over: { backgroundColor: tokens.colorBrandBackground2, border: `1px dashed ${tokens.colorBrandStroke1}` },
  icon: { fontSize: "24px", lineHeight: 1, color: tokens.colorNeutralForeground3 },
  names: { flex: "1 1 160px", minWidth: 0, display: "grid", gap: "4px" },
  name: { overflowWrap: "anywhere", fontWeight: tokens.fontWeightSemibold },
  note: {
    display: "flex",
    alignItems: "center",
    gap: "6px",
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    fontVariantNumeric: "tabular-nums",
  },
  good: { color: tokens.colorStatusSuccessForeground1, fontSize: "16px" },
});

type Props = FieldProps<Upload | undefined> & {
  run: UploadRun;
  accept?: string; // as of <input type="file">
  // Why a file is not worth sending.
  refuse?: (file: File) => Promise<string | undefined>;
};

export function UploadField(props: Props) {
  const styles = useStyles();
  // The field's label is tied to the button by its id: the button says itself what it does.
  const { field, label, run, accept, refuse, disabled = false } = props;
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [refused, setRefused] = useState<string>();
  const { sending, problem } = run;
  const done = field.value;
  const take = async (file: File | undefined) => {
    if (!file || disabled) return;
    const why = await refuse?.(file);
    setRefused(why);
    if (why === undefined) run.start(file, field.set, done);
  };
  const own = refused ?? problem;
  const problems = own === undefined || sending ? field.problems : [own];
  const choose = () => input.current?.click();
  return (
    <FieldFrame {...props} field={{ ...field, problems: sending ? [] : problems }}>
      <div
        className={mergeClasses(styles.zone, over && styles.over)}
        data-testid="upload"
        data-state={sending ? "sending" : done ? "done" : "none"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files[0]);
        }}
      >
        <input
          ref={input}
          type="file"
          hidden
          {...(accept && { accept })}
          onChange={(event) => {
            const file = event.target.files?.[0];
            // The same file can be chosen again.
            event.target.value = "";
            void take(file);
          }}
        />
        <span className={styles.icon} aria-hidden>
          {done || sending ? <DocumentRegular /> : <ArrowUploadRegular />}
        </span>
        {sending ? (
          <>
            <div className={styles.names} role="status">
              <span className={styles.name}>{sending.name}</span>
              <ProgressBar value={sending.part} />
              <span className={styles.note}>
                {text.sent(formatBytes(Math.round(sending.part * sending.bytes)), formatBytes(sending.bytes), formatPercent(sending.part))}
              </span>
            </div>
            <Button id={fieldId(field.path)} aria-label={text.cancel} onClick={run.cancel}>
              {text.cancel}
            </Button>
          </>
        ) : done ? (
          <>
            <div className={styles.names}>
              <span className={styles.name}>{done.name}</span>
              <span className={styles.note}>
                <CheckmarkCircleFilled className={styles.good} aria-hidden />
                {text.done} · {formatBytes(done.bytes)}
              </span>
            </div>
            <Button id={fieldId(field.path)} aria-label={`${text.another}: ${label}`} disabled={disabled} onClick={choose}>
              {text.another}
            </Button>
          </>
        ) : (
          <>
            <span>{text.drop}</span>
            <Button id={fieldId(field.path)} aria-label={`${text.choose}: ${label}`} disabled={disabled} onClick={choose}>
              {text.choose}
            </Button>
            {run.retry && refused === undefined && <Button onClick={run.retry}>{text.again}</Button>}
          </>
        )}
      </div>
    </FieldFrame>
  );
}
