// The fields of forms: text, number, choice, switch, secret, list, key–value.
import {
  Button,
  Dropdown,
  Field,
  Input,
  Option,
  Radio,
  RadioGroup,
  Switch,
  Tag,
  TagGroup,
  Textarea,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { AddRegular, DismissRegular, EyeOffRegular, EyeRegular } from "@fluentui/react-icons";
import { useState, type ReactNode } from "react";
import { text } from "../strings/form";
import { fieldId, type FieldProps } from "./field";

const useStyles = makeStyles({
  // As narrow as what is around it: not as wide as its control would like.
  field: { maxWidth: "560px", minWidth: 0, gridTemplateColumns: "minmax(0, 1fr)" },
  line: { display: "flex", gap: "8px", alignItems: "start" },
  grow: { flex: "1 1 0", minWidth: 0 },
  choice: { minWidth: 0 },
  number: { maxWidth: "220px" },
  pairs: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    gap: "8px",
    maxWidth: "640px",
    "& .fui-Field": { gridTemplateColumns: "minmax(0, 1fr)" },
    "& input": { minWidth: 0 },
  },
  quiet: { color: tokens.colorNeutralForeground3 },
  tags: { flexWrap: "wrap", rowGap: "6px", marginBottom: "6px" },
  detail: { display: "block", color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  set: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: "8px",
    minHeight: "32px",
    color: tokens.colorNeutralForeground2,
  },
});

// Label, hint and problems around a control. Give the control `id={fieldId(field.path)}`.
export function FieldFrame<T>({
  field,
  label,
  hint,
  required,
  children,
}: FieldProps<T> & { children: ReactNode }) {
  const styles = useStyles();
  const wrong = field.problems.length > 0;
  return (
    <Field
      className={styles.field}
      {...(label !== "" && { label: { children: label, htmlFor: fieldId(field.path) } })}
      {...(hint && { hint })}
      {...(required && { required })}
      {...(wrong && { validationState: "error", validationMessage: field.problems.join(" ") })}
    >
      {children as React.JSX.Element}
    </Field>
  );
}

type TextProps = FieldProps<string> & {
  placeholder?: string | undefined;
  maxLength?: number | undefined;
  lines?: number | undefined; // more than one: a text area
  type?: "text" | "url" | "email" | undefined;
  autoFocus?: boolean | undefined;
};

export function TextField(props: TextProps) {
  const { field, disabled, placeholder, maxLength, lines = 1, type = "text", autoFocus } = props;
  const common = {
    id: fieldId(field.path),
    value: field.value,
    disabled: disabled ?? false,
    onChange: (_event: unknown, data: { value: string }) => field.set(data.value),
    ...(placeholder && { placeholder }),
    ...(maxLength !== undefined && { maxLength }),
  };
  return (
    <FieldFrame {...props}>
      {lines > 1 ? (
        <Textarea {...common} rows={lines} resize="vertical" />
      ) : (
        <Input {...common} type={type} autoComplete="off" autoFocus={autoFocus ?? false} />
      )}
    </FieldFrame>
  );
}

type NumberProps = FieldProps<number | undefined> & {
  unit?: string | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  integer?: boolean | undefined;
  placeholder?: string | undefined;
};

// Empty is undefined. What cannot be read as a number is kept on screen and said to be none.
export function NumberField(props: NumberProps) {
  const styles = useStyles();
  const { field, unit, integer, disabled, placeholder } = props;
  const [typed, setTyped] = useState<string>();
  const shown = typed ?? (field.value === undefined ? "" : String(field.value));
  const bad = shown.trim() !== "" && !Number.isFinite(Number(shown.replace(",", ".")));
  const problems = bad ? [text.notANumber] : field.problems;
  return (
    <FieldFrame {...props} field={{ ...field, problems }}>
      <Input
        className={styles.number}
        id={fieldId(field.path)}
        value={shown}
        disabled={disabled ?? false}
        {...(placeholder && { placeholder })}
        inputMode={integer ? "numeric" : "decimal"}
        autoComplete="off"
        {...(unit && { contentAfter: <span className={styles.quiet}>{unit}</span> })}
        onChange={(_event, { value }) => {
          setTyped(value);
          const number = Number(value.replace(",", "."));
          if (value.trim() === "") field.set(undefined);
          else if (Number.isFinite(number)) field.set(number);
        }}
        onBlur={() => {
          if (!bad) setTyped(undefined);
        }}
      />
    </FieldFrame>
  );
}

export type Choice<T extends string = string> = {
  value: T;
  text: string;
  // Why it cannot be chosen now.
  refused?: string | undefined;
};

export function ChoiceField<T extends string>(
  props: FieldProps<T> & { choices: readonly Choice<T>[] },
) {
  const styles = useStyles();
  const { field, choices, disabled } = props;
  const chosen = choices.find(({ value }) => value === field.value);
  return (
    <FieldFrame {...props}>
      <Dropdown
        className={styles.choice}
        id={fieldId(field.path)}
        disabled={disabled ?? false}
        value={chosen?.text ?? field.value}
        selectedOptions={[field.value]}
        placeholder={text.pick}
        onOptionSelect={(_event, { optionValue }) => field.set(optionValue as T)}
      >
        {choices.map((choice) => (
          <Option
            key={choice.value}
            value={choice.value}
            text={choice.text}
            disabled={choice.refused !== undefined}
          >
            {choice.refused === undefined ? (
              choice.text
            ) : (
              <span>
                {choice.text}: <span className={styles.quiet}>{choice.refused}</span>
              </span>
            )}
          </Option>
        ))}
      </Dropdown>
    </FieldFrame>
  );
}

// One of few choices, all of them in sight, each with what it means.
export function RadioField<T extends string>(
  props: FieldProps<T> & { choices: readonly { value: T; text: string; detail?: string }[]; horizontal?: boolean },
) {
  const styles = useStyles();
  const { field, choices, disabled, horizontal = false } = props;
  return (
    <FieldFrame {...props}>
      <RadioGroup
        id={fieldId(field.path)}
        value={field.value}
        disabled={disabled ?? false}
        layout={horizontal ? "horizontal" : "vertical"}
        onChange={(_event, { value }) => field.set(value as T)}
      >
        {choices.map(({ value, text: name, detail }) => (
          <Radio
            key={value}
            value={value}
            label={
              detail === undefined ? (
                name
              ) : (
                <>
                  {name}
                  <span className={styles.detail}>{detail}</span>
                </>
              )
            }
          />
        ))}
      </RadioGroup>
    </FieldFrame>
  );
}

export function SwitchField(props: FieldProps<boolean>) {
  const { field, label, disabled, ...rest } = props;
  return (
    <FieldFrame {...rest} label="" field={field}>
      <Switch
        id={fieldId(field.path)}
        label={label}
        checked={field.value}
        disabled={disabled ?? false}
        onChange={(_event, { checked }) => field.set(checked)}
      />
    </FieldFrame>
  );
}

// A secret is never read back: `isSet` tells that the server has one. The value is undefined for
// "as it is", "" for "remove it", or the new secret.
export function SecretField(
  props: FieldProps<string | undefined> & { isSet?: boolean | undefined },
) {
  const styles = useStyles();
  const { field, isSet = false, disabled, label } = props;
  const [shown, setShown] = useState(false);
  const [replacing, setReplacing] = useState(false);
  const cleared = isSet && field.value === "" && !replacing;
  const asking = !isSet || replacing || (field.value !== undefined && field.value !== "");
  const keep = () => {
    setReplacing(false);
    field.set(undefined);
  };
  return (
    <FieldFrame {...props}>
      {asking ? (
        <div className={styles.line}>
          <Input
            className={styles.grow}
            id={fieldId(field.path)}
            aria-label={label}
            type={shown ? "text" : "password"}
            autoComplete="new-password"
            spellCheck={false}
            disabled={disabled ?? false}
            value={field.value ?? ""}
            onChange={(_event, { value }) => field.set(value === "" ? undefined : value)}
            contentAfter={
              <Button
                size="small"
                appearance="transparent"
                icon={shown ? <EyeOffRegular /> : <EyeRegular />}
                aria-label={shown ? text.secretHide : text.secretShow}
                onClick={() => setShown(!shown)}
              />
            }
          />
          {isSet && <Button onClick={keep}>{text.secretKeep}</Button>}
        </div>
      ) : (
        <div className={styles.set}>
          {cleared ? text.secretCleared : text.secretSet}
          {cleared ? (
            <Button
              id={fieldId(field.path)}
              size="small"
              aria-label={text.secretOf(text.secretKeep, label)}
              onClick={keep}
            >
              {text.secretKeep}
            </Button>
          ) : (
            <>
              <Button
                id={fieldId(field.path)}
                size="small"
                aria-label={text.secretOf(text.secretReplace, label)}
                onClick={() => setReplacing(true)}
              >
                {text.secretReplace}
              </Button>
              <Button
                size="small"
                aria-label={text.secretOf(text.secretClear, label)}
                onClick={() => field.set("")}
              >
                {text.secretClear}
              </Button>
            </>
          )}
        </div>
      )}
    </FieldFrame>
  );
}

// A list of texts, such as labels or folders.
export function ListField(props: FieldProps<readonly string[]> & { placeholder?: string | undefined }) {
  const styles = useStyles();
  const { field, disabled, placeholder, label } = props;
  const [typed, setTyped] = useState("");
  const add = (from: string) => {
    const more = from.split(/[,\n]/).map((item) => item.trim()).filter(Boolean);
    if (more.length > 0) field.set([...new Set([...field.value, ...more])]);
    setTyped("");
  };
  return (
    <FieldFrame {...props}>
      <div>
        {field.value.length > 0 && (
          <TagGroup
            className={styles.tags}
            aria-label={label}
            onDismiss={(_event, { value }) => field.set(field.value.filter((item) => item !== value))}
          >
            {field.value.map((item) => (
              <Tag
                key={item}
                value={item}
                size="small"
                dismissible
                dismissIcon={{ "aria-label": text.listRemove(item) }}
              >
                {item}
              </Tag>
            ))}
          </TagGroup>
        )}
        <div className={styles.line}>
          <Input
            className={styles.grow}
            id={fieldId(field.path)}
            aria-label={label}
            value={typed}
            disabled={disabled ?? false}
            placeholder={placeholder ?? text.listPlaceholder}
            onChange={(_event, { value }) => (value.includes(",") ? add(value) : setTyped(value))}
            onBlur={() => add(typed)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add(typed);
            }}
          />
          <Button icon={<AddRegular />} disabled={typed.trim() === ""} onClick={() => add(typed)}>
            {text.listAdd}
          </Button>
        </div>
      </div>
    </FieldFrame>
  );
}

type PairsProps = FieldProps<Record<string, string>> & {
  addText?: string;
  // Names are compared without case, as tags are.
  ignoreCase?: boolean;
};

type Line = { name: string; value: string };

// What is wrong with the lines as they stand; the first sentence for each line.
export function pairProblems(lines: readonly Line[], ignoreCase: boolean): (string | undefined)[] {
  const key = (name: string) => (ignoreCase ? name.trim().toLowerCase() : name.trim());
  const seen = new Set<string>();
  return lines.map(({ name, value }) => {
    if (name.trim() === "") return value.trim() === "" ? undefined : text.pairNoName;
    if (seen.has(key(name))) return text.pairTwice(name.trim());
    seen.add(key(name));
    return undefined;
  });
}

// Names with values. Lines that are not right yet stay on screen but do not count.
export function KeyValueField(props: PairsProps) {
  const styles = useStyles();
  const { field, label, addText = text.pairAdd, ignoreCase = false, disabled = false } = props;
  const [lines, setLines] = useState<Line[]>(() => {
    const known = Object.entries(field.value).map(([name, value]) => ({ name, value }));
    return known.length > 0 ? known : [{ name: "", value: "" }];
  });
  const problems = pairProblems(lines, ignoreCase);
  const change = (next: Line[]) => {
    setLines(next);
    const wrong = pairProblems(next, ignoreCase);
    const good = next.filter(({ name }, i) => name.trim() !== "" && wrong[i] === undefined);
    field.set(Object.fromEntries(good.map(({ name, value }) => [name.trim(), value.trim()])));
  };
  return (
    <FieldFrame {...props}>
      <div className={styles.pairs} role="group" aria-label={label} id={fieldId(field.path)} tabIndex={-1}>
        {lines.map(({ name, value }, i) => (
          <div className={styles.line} key={i}>
            <Field
              className={styles.grow}
              {...(problems[i] && { validationState: "error", validationMessage: problems[i] })}
            >
              <Input
                aria-label={text.pairName}
                placeholder={text.pairName}
                value={name}
                disabled={disabled}
                onChange={(_event, data) => change(lines.with(i, { name: data.value, value }))}
              />
            </Field>
            {/* A field of its own: else the input would take the label of the one around it. */}
            <Field className={styles.grow}>
              <Input
                aria-label={text.pairValue}
                placeholder={text.pairValue}
                value={value}
                disabled={disabled}
                onChange={(_event, data) => change(lines.with(i, { name, value: data.value }))}
              />
            </Field>
            <Button
              appearance="subtle"
              icon={<DismissRegular />}
              aria-label={text.pairRemove(name)}
              disabled={disabled}
              onClick={() => {
                const rest = lines.toSpliced(i, 1);
                change(rest.length > 0 ? rest : [{ name: "", value: "" }]);
              }}
            />
          </div>
        ))}
        <div>
          <Button
            icon={<AddRegular />}
            disabled={disabled}
            onClick={() => setLines([...lines, { name: "", value: "" }])}
          >
            {addText}
          </Button>
        </div>
      </div>
    </FieldFrame>
  );
}

// The tags every object can have.
export function TagsField({ field, label }: Pick<PairsProps, "field" | "label">) {
  return <KeyValueField field={field} label={label} hint={text.tagsHelp} addText={text.tagAdd} ignoreCase />;
}
