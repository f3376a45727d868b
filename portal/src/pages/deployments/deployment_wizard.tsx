// Deploying AI skills on cameras, and changing a deployment.
import { makeStyles } from "@fluentui/react-components";
import { useNavigate, useSearchParams } from "react-router";
import { useThisMachine } from "../../api/objects";
import type { DeployedCamera, Deployment } from "../../api/types";
import { NameField, nameProblems } from "../../form/name_field";
import { NameOf, ReferenceField, ReferencesField } from "../../form/reference_field";
import { text } from "../../strings/deployments";
import { text as formText } from "../../strings/form";
import { EditPage, EditWizard, Wizard, WizardSkeleton, type Step } from "../../wizard/wizard";
import type { Form } from "../../wizard/use_draft";
import { ConfigureSkills } from "./configure_skills";

const useStyles = makeStyles({
  fields: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  list: { margin: "0 0 12px", paddingLeft: "20px" },
});

export type DeploymentDraft = {
  name: string;
  device: string;
  cameras: DeployedCamera[];
  tags: Record<string, string>;
};

const toDraft = ({ name, device, cameras, tags }: Deployment): DeploymentDraft => ({ name, device, cameras, tags });

const toBody = (draft: DeploymentDraft) => ({ ...draft, name: draft.name.trim() });

// The chosen cameras; those that stay keep their skills. A new one begins with `skills`.
export function withCameras(old: readonly DeployedCamera[], ids: readonly string[], skills: DeployedCamera["skills"] = []) {
  return ids.map((camera) => old.find((one) => one.camera === camera) ?? { camera, skills: structuredClone(skills) });
}

function Basics({ form, first }: { form: Form<DeploymentDraft>; first: string }) {
  const styles = useStyles();
  const { draft, field, set } = form;
  return (
    <div className={styles.fields}>
      <NameField field={field("name")} label={text.name} placeholder={text.namePlaceholder} />
      <ReferenceField
        field={{
          ...field("device"),
          // Cameras of another device may not be used by this one.
          set: (device) => set(device === draft.device ? {} : { device, cameras: [] }),
        }}
        label={text.device}
        hint={text.deviceHint}
        kind="device"
        required
      />
      <ReferencesField
        field={{
          ...field("cameras"),
          value: draft.cameras.map(({ camera }) => camera),
          set: (ids) => set({ cameras: withCameras(draft.cameras, ids, first === "" ? [] : [{ skill: first, parameters: {} }]) }),
        }}
        label={text.camerasLabel}
        hint={draft.device === "" ? text.camerasNeedDevice : text.camerasHint}
        kind="camera"
        query={{ uses: draft.device }}
        disabled={draft.device === ""}
        required
      />
    </div>
  );
}

const stepsFor = (first = ""): Step<DeploymentDraft>[] => [
  {
    id: "basics",
    title: text.basics,
    fields: ["name", "device", "cameras", "enabled"],
    render: (form) => <Basics form={form} first={first} />,
    check: ({ name, device, cameras }) => [
      ...nameProblems(name, text.name),
      ...(device === "" ? [{ field: "device", detail: formText.required(text.device) }] : []),
      ...(cameras.length === 0 ? [{ field: "cameras", detail: text.camerasNeeded }] : []),
    ],
  },
  {
    id: "skills",
    title: text.configure,
    fields: ["cameras.*.skills"],
    render: ({ draft, set, problems }) => (
      <ConfigureSkills cameras={draft.cameras} onChange={(cameras) => set({ cameras })} problems={problems} />
    ),
    check: ({ cameras }) =>
      cameras.flatMap(({ skills }, i) =>
        skills.length === 0 ? [{ field: `cameras.${i}.skills`, detail: text.skillNeeded }] : [],
      ),
  },
];

const named = (name: string) => (name.trim() === "" ? text.unnamed : `“${name.trim()}”`);

type ReviewProps = { draft: DeploymentDraft; sentence: typeof text.reviewSentence; stopped?: boolean };

function Review({ draft, sentence, stopped = false }: ReviewProps) {
  const styles = useStyles();
  return (
    <>
      <p>
        {sentence(named(draft.name))} <NameOf kind="device" id={draft.device} />.
      </p>
      <ul className={styles.list}>
        {draft.cameras.flatMap(({ camera, skills }) =>
          skills.map(({ skill, parameters }) => (
            <li key={`${camera} ${skill}`}>
              <NameOf kind="skill" id={skill} /> {text.reviewLine} <NameOf kind="camera" id={camera} />
              {Object.keys(parameters).length > 0 &&
                ` ${text.reviewWith(Object.entries(parameters).map(([name, value]) => `${name} = ${value}`).join(", "))}`}
              .
            </li>
          )),
        )}
      </ul>
      {stopped && <p>{text.reviewStopped}</p>}
    </>
  );
}

// With ?skill=ID that skill begins on each camera, with ?camera=ID that camera is chosen.
export function Deploy() {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const skill = search.get("skill") ?? "";
  const camera = search.get("camera") ?? "";
  const here = useThisMachine();
  if (here.isPending) return <WizardSkeleton />;
  const skills = skill === "" ? [] : [{ skill, parameters: {} }];
  return (
    <Wizard
      key={`${skill} ${camera}`}
      kind="deployment"
      title={text.create}
      {...((skill || camera) && { draftName: `deployment.${skill}.${camera}` })}
      steps={stepsFor(skill)}
      initial={{ name: "", device: here.device?.id ?? "", cameras: camera === "" ? [] : [{ camera, skills }], tags: {} }}
      toBody={toBody}
      reviewTitle={text.review}
      createText={text.add}
      review={(draft) => <Review draft={draft} sentence={text.reviewSentence} />}
      onDone={({ id }) => void navigate(`/deployments/${encodeURIComponent(id)}`)}
      cancelTo="/deployments"
    />
  );
}

export function EditDeployment() {
  return (
    <EditPage kind="deployment" list="/deployments">
      {(deployment) => (
        <EditWizard
          kind="deployment"
          object={deployment}
          title={text.edit(deployment.name)}
          steps={stepsFor()}
          toDraft={toDraft}
          toBody={toBody}
          reviewTitle={text.review}
          createText={text.add}
          review={(draft) => <Review draft={draft} sentence={text.reviewEdit} stopped={!deployment.enabled} />}
          doneTo={`/deployments/${encodeURIComponent(deployment.id)}`}
        />
      )}
    </EditPage>
  );
}
