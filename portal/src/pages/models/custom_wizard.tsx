// Creating a custom model, and editing what is said of any model.
import { useNavigate } from "react-router";
import type { Model, ModelTask } from "../../api/types";
import { ListField, RadioField, TextField } from "../../form/fields";
import { NameField, nameProblems } from "../../form/name_field";
import { text } from "../../strings/models";
import { EditPage, EditWizard, Wizard, type Step } from "../../wizard/wizard";

type Draft = {
  name: string;
  description: string;
  task: ModelTask;
  multilabel: boolean;
  labels: string[];
  license: string;
  tags: Record<string, string>;
};

const blank: Draft = {
  name: "",
  description: "",
  task: "detection",
  multilabel: false,
  labels: [],
  license: "",
  tags: {},
};

const tasks = (["detection", "classification"] as const).map((value) => ({
  value,
  text: text.task[value],
  detail: text.taskHint[value],
}));
const classes = [
  { value: "multiclass", text: text.multiclass, detail: text.multiclassHint },
  { value: "multilabel", text: text.multilabel, detail: text.multilabelHint },
] as const;

const kLeast: Record<ModelTask, number> = { detection: 1, classification: 2 };

const checkName = ({ name }: { name: string }) => nameProblems(name, text.name);

const checkLabels = ({ task, labels }: Pick<Draft, "task" | "labels">) =>
  labels.length < kLeast[task] ? [{ field: "labels", detail: text.labelsNeeded[task] }] : [];

const basics: Step<Draft> = {
  id: "basics",
  title: text.basics,
  fields: ["name", "task", "multilabel", "labels", "description"],
  render: ({ draft, field, set }) => (
    <>
      <NameField field={field("name")} label={text.name} placeholder={text.namePlaceholder} />
      <RadioField field={field("task")} label={text.type} choices={tasks} required />
      {draft.task === "classification" && (
        <RadioField
          field={{
            ...field("multilabel"),
            value: draft.multilabel ? "multilabel" : "multiclass",
            set: (value) => set({ multilabel: value === "multilabel" }),
          }}
          label={text.classes}
          choices={classes}
          required
        />
      )}
      <ListField
        field={{ ...field("labels"), set: (labels) => set({ labels: [...labels] }) }}
        label={text.labels}
        hint={text.labelsHint[draft.task]}
        placeholder={text.labelsPlaceholder}
        required
      />
      <TextField field={field("description")} label={text.description} lines={3} />
    </>
  ),
  check: (draft) => [...checkName(draft), ...checkLabels(draft)],
};

const named = (name: string) => (name.trim() === "" ? text.unnamed : `“${name.trim()}”`);

const kindOf = ({ task, multilabel }: Draft) =>
  text.kind[task === "detection" ? "detection" : multilabel ? "multilabel" : "multiclass"];

export function CreateCustomModel() {
  const navigate = useNavigate();
  return (
    <Wizard
      kind="model"
      title={text.createCustom}
      draftName="model.custom"
      steps={[basics]}
      initial={blank}
      toBody={({ name, description, task, multilabel, labels, tags }) => ({
        source: "custom",
        name: name.trim(),
        description,
        task,
        multilabel: task === "classification" && multilabel,
        labels,
        tags,
      })}
      review={(draft) => (
        <>
          <p>{text.reviewCustom(named(draft.name), kindOf(draft), draft.labels.join(", ") || text.nothing)}</p>
          <p>{text.reviewNext}</p>
        </>
      )}
      onDone={({ id }) => void navigate(`/models/${encodeURIComponent(id)}`)}
      cancelTo="/models"
    />
  );
}

const toDraft = (model: Model): Draft => ({
  name: model.name,
  description: model.description,
  task: model.task,
  multilabel: model.multilabel,
  labels: model.labels,
  license: model.license,
  tags: model.tags,
});

// The objects of a draft can still be changed; later they belong to the trained or imported file.
const facts = (ownLabels: boolean): Step<Draft> => ({
  id: "basics",
  title: text.basics,
  fields: ["name", "labels", "description", "license"],
  render: ({ draft, field, set }) => (
    <>
      <NameField field={field("name")} label={text.name} />
      {ownLabels && (
        <ListField
          field={{ ...field("labels"), set: (labels) => set({ labels: [...labels] }) }}
          label={text.labels}
          hint={text.labelsHint[draft.task]}
          placeholder={text.labelsPlaceholder}
          required
        />
      )}
      <TextField field={field("description")} label={text.description} lines={3} />
      <TextField
        field={field("license")}
        label={text.license}
        placeholder={text.licensePlaceholder}
        hint={text.licenseHint}
        maxLength={256}
      />
    </>
  ),
  check: (draft) => [...checkName(draft), ...(ownLabels ? checkLabels(draft) : [])],
});

export function EditModel() {
  return (
    <EditPage kind="model" list="/models">
      {(model) => {
        const ownLabels = model.source === "custom" && model.status === "draft";
        return (
          <EditWizard
            kind="model"
            object={model}
            title={text.edit(model.name)}
            steps={[facts(ownLabels)]}
            toDraft={toDraft}
            toBody={({ name, description, labels, license, tags }) => ({
              name: name.trim(),
              description,
              license,
              tags,
              ...(ownLabels && { labels }),
            })}
            review={({ name }) => <p>{text.reviewEdit(named(name))}</p>}
            doneTo={`/models/${encodeURIComponent(model.id)}`}
          />
        );
      }}
    </EditPage>
  );
}
