// A form made from a JSON Schema. It knows kinds of fields and formats, never who declared them.
import { Subtitle2, makeStyles, tokens } from "@fluentui/react-components";
import { useState, type ComponentType } from "react";
import { isKind, type Kind } from "../api/kinds";
import type { FieldProblem } from "../api/types";
import { fieldId, type FieldOf, type FieldProps } from "./field";
import {
  ChoiceField,
  KeyValueField,
  ListField,
  NumberField,
  SecretField,
  SwitchField,
  TextField,
} from "./fields";
import { LabelField, LabelsField } from "./labels_field";
import { ModelField, useLabelsOf } from "./model_field";
import { normalPath, problemsOf } from "./problems";
import { ReferenceField, ReferencesField } from "./reference_field";
import { inheritedText, isVisible, kStoredSecret, titleOf, valueOf, type Schema, type Values } from "./schema";
import { text } from "../strings/form";

const useStyles = makeStyles({
  form: { display: "grid", gap: "16px", gridTemplateColumns: "minmax(0, 1fr)" },
  group: {
    display: "grid",
    gap: "16px",
    padding: "0 0 0 16px",
    margin: 0,
    border: "none",
    borderLeft: `2px solid ${tokens.colorNeutralStroke2}`,
  },
});

export type FormatField = ComponentType<FieldProps<unknown> & { schema: Schema; values: Values }>;

type Props = {
  schema: Schema;
  values: Values;
  onChange: (values: Values) => void;
  problems?: readonly FieldProblem[];
  // Before every path: "graph.nodes.2.settings".
  path?: string;
  disabled?: boolean;
  // Names of the models whose labels are offered where the form itself names none.
  models?: readonly string[];
  // Values that hold where none is set: shown as placeholders, and what is cleared is theirs again.
  inherited?: Values;
  // Fields for formats of one's own, such as a region drawn on a picture.
  formats?: Readonly<Record<string, FormatField>>;
};

export function SchemaForm(props: Props) {
  const styles = useStyles();
  return (
    <div className={styles.form}>
      {Object.entries(props.schema.properties ?? {})
        // A secret is of the place where it was typed: nobody else sets it otherwise.
        .filter(([, { format }]) => format !== "secret" || !props.inherited)
        .filter(([name]) => isVisible(props.schema, name, { ...props.inherited, ...props.values }))
        .map(([name]) => (
          <Property key={name} {...props} name={name} />
        ))}
    </div>
  );
}

function Property({ name, ...form }: Props & { name: string }) {
  const styles = useStyles();
  const { schema, values, onChange, problems = [], path = "", disabled, formats, inherited } = form;
  const property = schema.properties![name]!;
  const fullPath = path === "" ? name : `${path}.${name}`;
  const common = {
    label: titleOf(name, property),
    hint: property.description,
    required: !inherited && schema.required?.includes(name),
    disabled,
    placeholder: inherited && inheritedText(schema, name, inherited),
  };
  const own = inherited ? { properties: { [name]: withoutDefault(property) } } : schema;
  const field = <T,>(): FieldOf<T> => ({
    path: fullPath,
    value: valueOf(own, name, values) as T,
    // Undefined takes the value out: the default counts again.
    set: (value: T) => {
      if (inherited && isEmpty(value)) return onChange(without(values, name));
      const rest = Object.entries(values).filter(([other]) => other !== name);
      onChange(Object.fromEntries(value === undefined ? rest : [...rest, [name, value]]));
    },
    problems: problemsOf(problems, normalPath(fullPath)),
  });
  const kind = kindOf(property.format ?? property.items?.format);
  const Special = formats?.[property.format ?? property.items?.format ?? ""];

  const format = property.format ?? property.items?.format;

  if (Special) return <Special {...common} field={field()} schema={property} values={values} />;
  if (format === "label") {
    const models = Object.entries(schema.properties!)
      .filter(([, other]) => other.format === "model")
      .map(([other]) => valueOf(schema, other, { ...inherited, ...values }))
      .filter((model) => typeof model === "string" && model !== "") as string[];
    const shown = { ...common, models: models.length > 0 ? models : (form.models ?? []) };
    if (property.type === "array") return <Labels {...shown} field={field<readonly string[]>()} />;
    return <Label {...shown} field={field<string>()} />;
  }
  if (format === "model") return <ModelField {...common} field={field<string>()} />;
  switch (property.type) {
    case "boolean":
      if (inherited) {
        const value = values[name];
        const choices = [
          { value: "", text: text.inherited(inheritedText(schema, name, inherited)) },
          { value: "true", text: text.on },
          { value: "false", text: text.off },
        ];
        const set = (next: string) => field().set(next === "" ? undefined : next === "true");
        const choice = { ...field<string>(), value: value === undefined ? "" : String(value), set };
        return <ChoiceField {...common} field={choice} choices={choices} />;
      }
      return <SwitchField {...common} field={field()} />;
    case "number":
    case "integer":
      return (
        <NumberField
          {...common}
          field={field()}
          unit={property["x-unit"]}
          minimum={property.minimum}
          maximum={property.maximum}
          integer={property.type === "integer"}
        />
      );
    case "array":
      if (kind) return <ReferencesField {...common} field={field()} kind={kind} />;
      return <ListField {...common} field={field()} />;
    case "object":
      if (!property.properties) return <KeyValueField {...common} field={field()} />;
      return (
        <fieldset className={styles.group} id={fieldId(fullPath)}>
          <Subtitle2 as="h3">{common.label}</Subtitle2>
          <SchemaForm
            {...form}
            schema={property}
            values={field<Values>().value}
            onChange={(next) => field<Values>().set(next)}
            path={fullPath}
          />
        </fieldset>
      );
    default:
      break;
  }
  if (property.enum) {
    const titles = property["x-enum-titles"];
    const choices = property.enum.map((value, i) => ({ value, text: titles?.[i] ?? readable(value) }));
    if (inherited) {
      choices.unshift({ value: "", text: text.inherited(inheritedText(schema, name, inherited)) });
    }
    return <ChoiceField {...common} field={field<string>()} choices={choices} />;
  }
  if (property.format === "secret") return <StoredSecret {...common} field={field<string | undefined>()} />;
  if (kind) return <ReferenceField {...common} field={field()} kind={kind} />;
  return (
    <TextField
      {...common}
      field={field()}
      maxLength={property.maxLength}
      type={property.format === "uri" ? "url" : "text"}
      lines={property.format === "text" || property.format === "json" ? 5 : 1}
    />
  );
}

// What is stored shows as set, and stays unless another is typed or it is taken out.
function StoredSecret({ field, ...props }: FieldProps<string | undefined>) {
  const [isSet] = useState(field.value === kStoredSecret);
  return (
    <SecretField
      {...props}
      isSet={isSet}
      field={{
        ...field,
        value: field.value === kStoredSecret ? undefined : field.value,
        set: (value) => field.set(value === undefined && isSet ? kStoredSecret : value),
      }}
    />
  );
}

type WithModels<T> = FieldProps<T> & { models: readonly string[]; placeholder?: string | undefined };

function Labels({ models, ...props }: WithModels<readonly string[]>) {
  return <LabelsField {...props} offered={useLabelsOf(models)} />;
}

function Label({ models, ...props }: WithModels<string>) {
  return <LabelField {...props} offered={useLabelsOf(models)} />;
}

function withoutDefault(property: Schema): Schema {
  const { default: inherited, ...rest } = property;
  return inherited === undefined ? property : rest;
}

function without(values: Values, name: string): Values {
  return Object.fromEntries(Object.entries(values).filter(([other]) => other !== name));
}

const isEmpty = (value: unknown) =>
  value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

// A format that names a kind of object refers to one.
function kindOf(format: string | undefined): Kind | undefined {
  return format !== undefined && isKind(format) ? format : undefined;
}

function readable(value: string): string {
  const words = value.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
