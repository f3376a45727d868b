// Picks a model by its name: the slug of one that was added, or a name of the model zoo.
import { Combobox, Option, OptionGroup, makeStyles } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get } from "../api/client";
import { useList } from "../api/objects";
import type { Items, ZooModel } from "../api/types";
import { text } from "../strings/form";
import { fieldId, type FieldProps } from "./field";
import { FieldFrame } from "./fields";

const useStyles = makeStyles({ combobox: { width: "100%", minWidth: 0, "& > input": { minWidth: 0 } } });

type Offer = { name: string; title: string; labels: readonly string[]; refused?: string };

// Models that skills can name: those added, and what of the zoo was not added but is there.
export function useNamedModels(): { added: Offer[]; zoo: Offer[] } {
  const models = useList("model", { sort: "name", limit: 1000 });
  const zoo = useQuery({
    queryKey: ["zoo"],
    queryFn: ({ signal }) => get<Items<ZooModel>>("/zoo", {}, signal),
  });
  const added = (models.items ?? [])
    .filter(({ slug }) => slug !== "")
    .map(({ slug, name, labels, status }) => ({
      name: slug,
      title: name,
      labels,
      ...(status !== "ready" && { refused: text.modelNotReady(status) }),
    }));
  const known = new Set(added.map(({ name }) => name));
  const others = (zoo.data?.items ?? [])
    .filter(({ name }) => !known.has(name))
    .map(({ name, title, labels, installed }) => ({
      name,
      title,
      labels,
      ...(!installed && { refused: text.modelNotInstalled }),
    }));
  return { added, zoo: others };
}

// The labels of the models of these names, each once.
export function useLabelsOf(names: readonly string[]): string[] {
  const { added, zoo } = useNamedModels();
  const wanted = [...added, ...zoo].filter(({ name }) => names.includes(name));
  return [...new Set(wanted.flatMap(({ labels }) => labels))];
}

export function ModelField(props: FieldProps<string> & { placeholder?: string | undefined }) {
  const styles = useStyles();
  const { field, label, disabled, placeholder } = props;
  const { added, zoo } = useNamedModels();
  const [typed, setTyped] = useState<string>();
  const chosen = [...added, ...zoo].find(({ name }) => name === field.value);
  const search = typed?.trim().toLowerCase() ?? "";
  const matches = ({ name, title }: Offer) => `${title} ${name}`.toLowerCase().includes(search);
  const groups = [
    { title: text.modelsAdded, offers: added.filter(matches) },
    { title: text.modelsZoo, offers: zoo.filter(matches) },
  ].filter(({ offers }) => offers.length > 0);
  return (
    <FieldFrame {...props}>
      <Combobox
        className={styles.combobox}
        input={{ id: fieldId(field.path), "aria-label": label, autoComplete: "off" }}
        freeform
        clearable={!props.required}
        disabled={disabled ?? false}
        value={typed ?? chosen?.title ?? field.value}
        selectedOptions={field.value === "" ? [] : [field.value]}
        placeholder={placeholder ?? text.pick}
        onOpenChange={(_event, { open }) => !open && setTyped(undefined)}
        onChange={(event) => {
          setTyped(event.target.value);
          if (event.target.value === "" && !props.required) field.set("");
        }}
        onOptionSelect={(event, { optionValue }) => {
          // Typing takes the choice out; here it stays until there is another.
          if (optionValue === undefined && event.type === "change") return;
          setTyped(undefined);
          field.set(optionValue ?? "");
        }}
      >
        {groups.map(({ title, offers }) => (
          <OptionGroup key={title} label={title}>
            {offers.map((offer) => (
              <Option key={offer.name} value={offer.name} text={offer.title} disabled={offer.refused !== undefined}>
                {offer.refused === undefined ? offer.title : `${offer.title}: ${offer.refused}`}
              </Option>
            ))}
          </OptionGroup>
        ))}
        {groups.length === 0 && (
          <Option disabled text="">
            {text.pickNone}
          </Option>
        )}
      </Combobox>
    </FieldFrame>
  );
}
