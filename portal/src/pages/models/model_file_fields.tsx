// What an import asks for: format, file, for ONNX its manifest, and labels.
import { Button, Textarea, makeStyles, tokens } from "@fluentui/react-components";
import { DocumentTextRegular } from "@fluentui/react-icons";
import { useRef, useState } from "react";
import { fieldId, type FieldOf } from "../../form/field";
import { FieldFrame, RadioField } from "../../form/fields";
import { UploadField } from "../../form/upload_field";
import type { UploadRun } from "../../form/use_upload";
import { formatBytes, formatCount } from "../../format";
import { text } from "../../strings/models";
import { areLabels, parseLabels } from "./labels";
import { fileAccept, readManifest, refuseFile, type FileDraft, type ModelFormat } from "./model_file";

const kMaxText = 4_000_000; // bytes of a manifest or label file

const useStyles = makeStyles({
  stack: { display: "grid", gap: "6px", justifyItems: "start" },
  line: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px 12px" },
  name: { fontWeight: tokens.fontWeightSemibold, overflowWrap: "anywhere" },
  note: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, fontVariantNumeric: "tabular-nums" },
  wide: { width: "100%" },
});

type FileFields = { [N in keyof FileDraft]: FieldOf<FileDraft[N]> };

const formats = (["tflite", "onnx"] as const).map((value) => ({ value, text: text.formats[value] }));

export function ModelFileFields({ fields, run }: { fields: FileFields; run: UploadRun }) {
  const format = fields.format.value;
  return (
    <>
      <RadioField<ModelFormat> field={fields.format} label={text.format} choices={formats} horizontal required />
      <UploadField
        key={format}
        field={fields.upload}
        label={text.file}
        hint={text.fileHint[format]}
        run={run}
        accept={fileAccept[format]}
        refuse={(file) => refuseFile(file, format)}
        required
      />
      {format === "onnx" && <ManifestField field={fields.manifest} />}
      <LabelsField field={fields.labels} />
    </>
  );
}

// Asks for a small text file of this computer.
function TextFileButton({
  label,
  id,
  accept,
  onText,
}: {
  label: string;
  id?: string;
  accept: string;
  onText: (name: string, content: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        aria-label={label}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          // What is too large is told as what it is: not such a file.
          if (file) void (file.size > kMaxText ? Promise.resolve("\0") : file.text()).then((content) => onText(file.name, content));
        }}
      />
      <Button {...(id && { id })} aria-label={label} icon={<DocumentTextRegular />} onClick={() => input.current?.click()}>
        {label}
      </Button>
    </>
  );
}

function ManifestField({ field }: { field: FieldOf<FileDraft["manifest"]> }) {
  const styles = useStyles();
  const [bad, setBad] = useState<string>();
  const { value } = field;
  const problems = bad === undefined ? field.problems : [bad];
  return (
    <FieldFrame field={{ ...field, problems }} label={text.manifest} hint={text.manifestHint} required>
      <div className={styles.line} data-testid="manifest">
        {value && (
          <span>
            <span className={styles.name}>{value.name}</span>{" "}
            <span className={styles.note}>{formatBytes(JSON.stringify(value.content).length)}</span>
          </span>
        )}
        <TextFileButton
          id={fieldId(field.path)}
          label={value ? text.manifestChange : text.manifestChoose}
          accept=".json,application/json"
          onText={(name, content) => {
            const read = readManifest(name, content);
            setBad(read ? undefined : text.manifestBad(name));
            if (read) field.set(read);
          }}
        />
      </div>
    </FieldFrame>
  );
}

function LabelsField({ field }: { field: FieldOf<string> }) {
  const styles = useStyles();
  const [bad, setBad] = useState<string>();
  const count = parseLabels(field.value).length;
  return (
    <div className={styles.stack}>
      <div className={styles.wide}>
        <FieldFrame field={{ ...field, problems: bad === undefined ? field.problems : [bad] }} label={text.fileLabels} hint={text.fileLabelsHint}>
          <Textarea
            id={fieldId(field.path)}
            value={field.value}
            rows={4}
            resize="vertical"
            placeholder={text.fileLabelsPlaceholder}
            onChange={(_event, { value }) => {
              setBad(undefined);
              field.set(value);
            }}
          />
        </FieldFrame>
      </div>
      <div className={styles.line} data-testid="label-file">
        <TextFileButton
          label={text.readLabels}
          accept=".txt,.names,.labels,text/plain"
          onText={(name, content) => {
            const good = areLabels(content);
            setBad(good ? undefined : text.labelFileBad(name));
            if (good) field.set(parseLabels(content).join("\n"));
          }}
        />
        {count > 0 && <span className={styles.note}>{text.labelCount(formatCount(count))}</span>}
      </div>
    </div>
  );
}
