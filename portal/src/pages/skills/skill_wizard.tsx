// Creating and editing an AI skill.
import { makeStyles } from "@fluentui/react-components";
import { useNavigate } from "react-router";
import { useList } from "../../api/objects";
import type { Acceleration, Skill, SkillGraph } from "../../api/types";
import { ChoiceField, NumberField, TextField } from "../../form/fields";
import { NameField, nameProblems } from "../../form/name_field";
import { emptyGraph, graphProblems, withoutSecrets } from "../../graph/graph";
import { useNodeTypes, type NodeTypes } from "../../graph/node_types";
import { text as devices } from "../../strings/devices";
import { text } from "../../strings/skills";
import { EditPage, EditWizard, Wizard, type Step } from "../../wizard/wizard";
import type { Form } from "../../wizard/use_draft";
import { Composer } from "./composer";
import { sentenceOf } from "./sentence";

const useStyles = makeStyles({
  fields: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
});

export type SkillDraft = {
  name: string;
  description: string;
  fps: number | undefined;
  acceleration: Acceleration;
  graph: SkillGraph;
  tags: Record<string, string>;
};

const blank: SkillDraft = {
  name: "",
  description: "",
  fps: 15,
  acceleration: "cpu",
  graph: emptyGraph,
  tags: {},
};

const toDraft = ({ name, description, fps, acceleration, graph, tags }: Skill): SkillDraft => ({
  name,
  description,
  fps,
  acceleration,
  graph: graph ?? emptyGraph,
  tags,
});

const toBody = (draft: SkillDraft) => ({ ...draft, name: draft.name.trim(), description: draft.description.trim() });

const accelerations = (Object.keys(devices.acceleration) as Acceleration[]).map((value) => ({
  value,
  text: devices.acceleration[value],
}));

// A choice that no connected device offers is refused with that device's reason.
function useAccelerationChoices() {
  const devices = useList("device", { limit: 100 });
  const known = (devices.items ?? []).flatMap(({ type, status }) =>
    type === "this_machine" && status ? status.accelerations : [],
  );
  const elsewhere = (devices.items ?? []).some(({ type }) => type !== "this_machine");
  return accelerations.map((choice) => {
    const found = known.find(({ acceleration }) => acceleration === choice.value);
    if (!found || found.available || elsewhere) return choice;
    return { ...choice, refused: found.reason };
  });
}

function Basics({ form: { field } }: { form: Form<SkillDraft> }) {
  const styles = useStyles();
  const choices = useAccelerationChoices();
  return (
    <div className={styles.fields}>
      <NameField field={field("name")} label={text.name} placeholder={text.namePlaceholder} />
      <TextField field={field("description")} label={text.description} lines={3} maxLength={2000} />
      <NumberField field={field("fps")} label={text.fpsLabel} hint={text.fpsHint} unit="fps" minimum={0} maximum={1000} required />
      <ChoiceField
        field={field("acceleration")}
        label={devices.accelerationLabel}
        hint={devices.accelerationHint}
        choices={choices}
        required
      />
    </div>
  );
}

function stepsFor(types: NodeTypes | undefined): Step<SkillDraft>[] {
  return [
    {
      id: "basics",
      title: text.basics,
      fields: ["name", "description", "fps", "acceleration"],
      render: (form) => <Basics form={form} />,
      check: ({ name, fps }) => [
        ...nameProblems(name, text.name),
        ...(fps === undefined || fps < 0 || fps > 1000 ? [{ field: "fps", detail: text.fpsRange }] : []),
      ],
    },
    {
      id: "nodes",
      title: text.nodesStep,
      fields: ["graph"],
      render: ({ draft, set, problems }) => (
        <Composer graph={draft.graph} onChange={(graph) => set({ graph })} problems={problems} />
      ),
      check: ({ graph }) =>
        graph.nodes.length === 0
          ? [{ field: "graph", detail: text.compose.needsNodes }]
          : types
            ? graphProblems(graph, types)
            : [],
    },
  ];
}

const named = (name: string) => (name.trim() === "" ? text.unnamed : `“${name.trim()}”`);

type ReviewProps = { draft: SkillDraft; types: NodeTypes | undefined; sentence: typeof text.review; deployed?: boolean };

function Review({ draft, types, sentence, deployed = false }: ReviewProps) {
  return (
    <>
      <p>{sentence(named(draft.name), types ? sentenceOf(draft.graph, draft.fps ?? 0, types) : "")}</p>
      <p>
        {text.reviewRuns(devices.acceleration[draft.acceleration])} {deployed && text.reviewDeployed}
      </p>
    </>
  );
}

const keptWith = (types: NodeTypes | undefined) => (draft: SkillDraft) => ({
  ...draft,
  graph: types ? withoutSecrets(draft.graph, types) : emptyGraph,
});

export function AddSkill() {
  const navigate = useNavigate();
  const { types } = useNodeTypes();
  return (
    <Wizard
      kind="skill"
      title={text.create}
      steps={stepsFor(types)}
      initial={blank}
      toBody={toBody}
      toKept={keptWith(types)}
      review={(draft) => <Review draft={draft} types={types} sentence={text.review} />}
      onDone={({ id }) => void navigate(`/skills/${encodeURIComponent(id)}`)}
      cancelTo="/skills"
    />
  );
}

export function EditSkill() {
  const { types } = useNodeTypes();
  return (
    <EditPage kind="skill" list="/skills">
      {(skill) => (
        <EditWizard
          kind="skill"
          object={skill}
          title={text.edit(skill.name)}
          steps={stepsFor(types)}
          toDraft={toDraft}
          toBody={toBody}
          toKept={keptWith(types)}
          review={(draft) => <Review draft={draft} types={types} sentence={text.reviewEdit} deployed />}
          doneTo={`/skills/${encodeURIComponent(skill.id)}`}
        />
      )}
    </EditPage>
  );
}
