// Picks other objects: a combobox that searches on the server and, where wanted, creates in place.
import { Combobox, Option, Tag, TagGroup, makeStyles } from "@fluentui/react-components";
import { useDeferredValue, useState } from "react";
import { ApiError } from "../api/client";
import type { Kind } from "../api/kinds";
import { useCreate, useList, useObject } from "../api/objects";
import { formatCount } from "../format";
import { text } from "../strings/form";
import { fieldId, type FieldOf, type FieldProps } from "./field";
import { FieldFrame } from "./fields";

const kShown = 20;
const kCreate = "\u0000create";

const useStyles = makeStyles({
  tags: { flexWrap: "wrap", rowGap: "6px", marginBottom: "6px" },
  combobox: { width: "100%", minWidth: 0, "& > input": { minWidth: 0 } },
});

type Common = {
  kind: Kind;
  // Offers to make one of the typed name.
  create?: boolean | undefined;
  // Further filters of the list, such as { device: id }.
  query?: Record<string, string> | undefined;
  placeholder?: string | undefined;
};

// One object, by its id; "" for none.
export function ReferenceField(props: FieldProps<string> & Common) {
  const { field } = props;
  return (
    <Picker
      {...props}
      chosen={field.value === "" ? [] : [field.value]}
      onPick={(id) => field.set(id)}
      onClear={() => field.set("")}
      multiple={false}
    />
  );
}

// Several objects, by their ids.
export function ReferencesField(props: FieldProps<readonly string[]> & Common) {
  const styles = useStyles();
  const { field, kind, label } = props;
  const remove = (id: string) => field.set(field.value.filter((other) => other !== id));
  return (
    <Picker
      {...props}
      chosen={field.value}
      onPick={(id) => (field.value.includes(id) ? remove(id) : field.set([...field.value, id]))}
      onClear={() => field.set([])}
      multiple
      above={
        field.value.length > 0 && (
          <TagGroup
            className={styles.tags}
            aria-label={label}
            onDismiss={(_event, { value }) => remove(value)}
          >
            {field.value.map((id) => (
              <ChosenTag key={id} kind={kind} id={id} />
            ))}
          </TagGroup>
        )
      }
    />
  );
}

function ChosenTag({ kind, id }: { kind: Kind; id: string }) {
  const name = useNameOf(kind, id);
  return (
    <Tag value={id} size="small" dismissible dismissIcon={{ "aria-label": text.listRemove(name) }}>
      {name}
    </Tag>
  );
}

// The name of an object; its id until that is known.
function useNameOf(kind: Kind, id: string): string {
  const { data } = useObject(kind, id === "" ? undefined : id);
  return data && "name" in data ? data.name : id;
}

export function NameOf({ kind, id }: { kind: Kind; id: string }) {
  return <>{useNameOf(kind, id)}</>;
}

type PickerProps = Common &
  Omit<FieldProps<unknown>, "field"> & {
    field: Pick<FieldOf<never>, "path" | "problems">;
    chosen: readonly string[];
    multiple: boolean;
    onPick: (id: string) => void;
    onClear: () => void;
    above?: React.ReactNode;
  };

function Picker(props: PickerProps) {
  const styles = useStyles();
  const { field, kind, chosen, multiple, onPick, onClear, above, query, placeholder } = props;
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<string>();
  const search = useDeferredValue(typed?.trim() ?? "");
  const found = useList(
    kind,
    { ...query, sort: "name", limit: kShown, search: search === "" ? undefined : search },
    open,
  );
  const single = useObject(kind, multiple ? undefined : chosen[0]);
  const creation = useCreate(kind);
  const nameOfChosen =
    single.data && "name" in single.data ? single.data.name : multiple ? "" : (chosen[0] ?? "");
  const items = (found.items ?? []).filter((item) => "name" in item) as { id: string; name: string }[];
  const exact = items.some(({ name }) => name.toLowerCase() === search.toLowerCase());
  const offersCreation = props.create === true && search !== "" && !exact && !found.isPending;
  const more = found.total - items.length;
  const problems =
    creation.error instanceof ApiError
      ? [...field.problems, creation.error.message]
      : field.problems;
  const frame = { ...props, field: { path: field.path, problems, value: undefined, set: () => undefined } };
  return (
    <FieldFrame {...frame}>
      <div>
        {above}
        <Combobox
          className={styles.combobox}
          input={{ id: fieldId(field.path), "aria-label": props.label, autoComplete: "off" }}
          freeform
          clearable={!props.required && !multiple}
          multiselect={multiple}
          disabled={props.disabled ?? false}
          open={open}
          value={typed ?? nameOfChosen}
          selectedOptions={[...chosen]}
          placeholder={placeholder ?? text.pickSearch}
          onOpenChange={(_event, data) => {
            setOpen(data.open);
            if (!data.open) setTyped(undefined);
          }}
          onChange={(event) => {
            setTyped(event.target.value);
            setOpen(true);
            if (event.target.value === "" && !multiple) onClear();
          }}
          onOptionSelect={(event, { optionValue }) => {
            // Typing takes the choice out; here it stays until there is another, or none is left.
            if (optionValue === undefined && event.type === "change") return;
            setTyped(undefined);
            if (optionValue === undefined) return onClear();
            if (optionValue !== kCreate) return onPick(optionValue);
            creation.mutate({ name: search }, { onSuccess: ({ id }) => onPick(id) });
          }}
        >
          {items.map(({ id, name }) => (
            <Option key={id} value={id} text={name}>
              {name}
            </Option>
          ))}
          {offersCreation && (
            <Option value={kCreate} text={search}>
              {text.pickCreate(search)}
            </Option>
          )}
          {items.length === 0 && !offersCreation && (
            <Option disabled text="">
              {found.isPending ? text.pickLoading : text.pickNone}
            </Option>
          )}
          {more > 0 && (
            <Option disabled text="">
              {text.pickMore(formatCount(more))}
            </Option>
          )}
        </Combobox>
      </div>
    </FieldFrame>
  );
}
