// Picks labels: those of a model are offered, any other can be typed.
import { Combobox, Option, Tag, TagGroup, makeStyles } from "@fluentui/react-components";
import { useState } from "react";
import { text } from "../strings/form";
import { fieldId, type FieldProps } from "./field";
import { FieldFrame } from "./fields";

const kShown = 100;

const useStyles = makeStyles({
  tags: { flexWrap: "wrap", rowGap: "6px", marginBottom: "6px" },
  combobox: { width: "100%", minWidth: 0, "& > input": { minWidth: 0 } },
});

type Offered = { offered: readonly string[]; placeholder?: string | undefined };

export function LabelsField(props: FieldProps<readonly string[]> & Offered) {
  const styles = useStyles();
  const { field, label } = props;
  const remove = (value: string) => field.set(field.value.filter((other) => other !== value));
  const add = (value: string) => !field.value.includes(value) && field.set([...field.value, value]);
  return (
    <LabelPicker
      {...props}
      chosen={field.value}
      multiple
      onPick={(value) => (field.value.includes(value) ? remove(value) : add(value))}
      onTyped={add}
      above={
        field.value.length > 0 && (
          <TagGroup className={styles.tags} aria-label={label} onDismiss={(_event, { value }) => remove(value)}>
            {field.value.map((value) => (
              <Tag key={value} value={value} size="small" dismissible dismissIcon={{ "aria-label": text.listRemove(value) }}>
                {value}
              </Tag>
            ))}
          </TagGroup>
        )
      }
    />
  );
}

// One label; "" for none.
export function LabelField(props: FieldProps<string> & Offered) {
  const { field } = props;
  return (
    <LabelPicker
      {...props}
      chosen={field.value === "" ? [] : [field.value]}
      multiple={false}
      onPick={(value) => field.set(value)}
      onTyped={(value) => field.set(value)}
    />
  );
}

type PickerProps = Offered &
  Omit<FieldProps<unknown>, "field"> & {
    field: { path: string; problems: readonly string[] };
    chosen: readonly string[];
    multiple: boolean;
    onPick: (value: string) => void;
    onTyped: (value: string) => void;
    above?: React.ReactNode;
  };

function LabelPicker(props: PickerProps) {
  const styles = useStyles();
  const { field, label, offered, chosen, multiple, onPick, onTyped, above, placeholder } = props;
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<string>();
  const search = typed?.trim() ?? "";
  const all = [...new Set([...offered, ...chosen])];
  const found = all.filter((one) => one.toLowerCase().includes(search.toLowerCase())).slice(0, kShown);
  const offersTyped = search !== "" && !all.some((one) => one.toLowerCase() === search.toLowerCase());
  const take = () => {
    if (search !== "") onTyped(all.find((one) => one.toLowerCase() === search.toLowerCase()) ?? search);
    setTyped(undefined);
  };
  const frame = { ...props, field: { ...field, value: undefined, set: () => undefined } };
  return (
    <FieldFrame {...frame}>
      <div>
        {above}
        <Combobox
          className={styles.combobox}
          input={{ id: fieldId(field.path), "aria-label": label, autoComplete: "off" }}
          freeform
          multiselect={multiple}
          disabled={props.disabled ?? false}
          value={typed ?? (multiple ? "" : (chosen[0] ?? ""))}
          selectedOptions={[...chosen]}
          placeholder={placeholder ?? text.labelPlaceholder}
          open={open}
          // What was typed counts when one leaves, as it does with Enter.
          onOpenChange={(event, data) => {
            setOpen(data.open);
            if (!data.open && event.type === "blur") take();
          }}
          onChange={(event) => {
            setTyped(event.target.value);
            setOpen(true);
            if (event.target.value === "" && !multiple) onTyped("");
          }}
          onOptionSelect={(event, { optionValue }) => {
            if (optionValue === undefined) {
              // Enter without an option in focus takes what was typed.
              if (event.type === "keydown") take();
              return;
            }
            setTyped(undefined);
            onPick(optionValue);
          }}
        >
          {found.map((one) => (
            <Option key={one} value={one} text={one}>
              {one}
            </Option>
          ))}
          {offersTyped && (
            <Option value={search} text={search}>
              {text.labelTyped(search)}
            </Option>
          )}
          {found.length === 0 && !offersTyped && (
            <Option disabled text="">
              {text.labelNone}
            </Option>
          )}
        </Combobox>
      </div>
    </FieldFrame>
  );
}
