// A form made from a JSON Schema. It knows kinds of fields and formats, never who declared them.
import { Subtitle2, makeStyles, tokens } from "@fluentui/react-components";
import type { ComponentType } from "react";
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
import { normalPath, problemsOf } from "./problems";
import { ReferenceField, ReferencesField } from "./reference_field";
import { isVisible, titleOf, valueOf, type Schema, type Values } from "./schema";

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
  // Fields for formats of one's own, such as a region drawn on a picture.
  formats?: Readonly<Record<string, FormatField>>;
};

export function SchemaForm(props: Props) {
  const styles = useStyles();
  return (
    <div className={styles.form}>
      {Object.keys(props.schema.properties ?? {})
        .filter((name) => isVisible(props.schema, name, props.values))
        .map((name) => (
          <Property key={name} {...props} name={name} />
        ))}
    </div>
  );
}

function Property({ name, ...form }: Props & { name: string }) {
  const styles = useStyles();
  const { schema, values, onChange, problems = [], path = "", disabled, formats } = form;
  const property = schema.properties![name]!;
  const fullPath = path === "" ? name : `${path}.${name}`;
  const common = {
    label: titleOf(name, property),
    hint: property.description,
    required: schema.required?.includes(name),
    disabled,
  };
  const field = <T,>(): FieldOf<T> => ({
    path: fullPath,
    value: valueOf(schema, name, values) as T,
    // Undefined takes the value out: the default counts again.
    set: (value: T) => {
      const rest = Object.entries(values).filter(([other]) => other !== name);
      onChange(Object.fromEntries(value === undefined ? rest : [...rest, [name, value]]));
    },
    problems: problemsOf(problems, normalPath(fullPath)),
  });
  const kind = kindOf(property.format ?? property.items?.format);
  const Special = formats?.[property.format ?? property.items?.format ?? ""];

  if (Special) return <Special {...common} field={field()} schema={property} values={values} />;
  switch (property.type) {
    case "boolean":
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
    return <ChoiceField {...common} field={field<string>()} choices={choices} />;
  }
  if (property.format === "secret") {
    return <SecretField {...common} field={field()} isSet={values[`has_${name}`] === true} />;
  }
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

// A format that names a kind of object refers to one.
function kindOf(format: string | undefined): Kind | undefined {
  return format !== undefined && isKind(format) ? format : undefined;
}

function readable(value: string): string {
  const words = value.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
