// Adding and editing a compute device.
import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import { useNavigate } from "react-router";
import type { Device } from "../../api/types";
import { ChoiceField, SecretField, TextField } from "../../form/fields";
import { NameField, nameProblems } from "../../form/name_field";
import { text } from "../../strings/devices";
import { EditPage, EditWizard, Wizard, type Step } from "../../wizard/wizard";
import type { Form } from "../../wizard/use_draft";
import { accelerationChoices, architectureChoices, possible, typeChoices, type DeviceShape } from "./choices";

type Draft = DeviceShape & {
  name: string;
  context: string;
  credentials: string | undefined;
  tags: Record<string, string>;
};

const toDraft = ({ name, type, architecture, acceleration, context, tags }: Device): Draft => ({
  name,
  type,
  architecture,
  acceleration,
  context,
  credentials: undefined,
  tags,
});

const blank: Draft = {
  name: "",
  type: "remote_agent",
  architecture: "x64",
  acceleration: "cpu",
  context: "",
  credentials: undefined,
  tags: {},
};

function basics(existing?: Device): Step<Draft> {
  return {
    id: "basics",
    title: text.basics,
    fields: ["name", "type", "architecture", "acceleration", "context", "credentials"],
    render: (form) => <DeviceForm form={form} existing={existing} />,
    check: ({ name }) => nameProblems(name, text.name),
  };
}

function DeviceForm({ form, existing }: { form: Form<Draft>; existing: Device | undefined }) {
  const { draft, field, set } = form;
  const isHere = existing?.type === "this_machine";
  const isKubernetes = draft.type === "kubernetes";
  return (
    <>
      {!isHere && (
        <MessageBar layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{text.notYetTitle}</MessageBarTitle> {text.notYet}
          </MessageBarBody>
        </MessageBar>
      )}
      <NameField field={field("name")} label={text.name} placeholder={text.namePlaceholder} />
      <ChoiceField
        field={{ ...field("type"), set: (type) => set(possible({ ...draft, type })) }}
        label={text.typeLabel}
        choices={typeChoices(isHere)}
        disabled={isHere}
        required
        {...(isHere && { hint: text.fixed })}
      />
      {isKubernetes && (
        <TextField
          field={field("context")}
          label={text.context}
          placeholder={text.contextPlaceholder}
          hint={text.contextHint}
        />
      )}
      {!isHere && (
        <SecretField
          field={field("credentials")}
          label={isKubernetes ? text.kubeconfig : text.agentKey}
          isSet={existing?.has_credentials}
        />
      )}
      <ChoiceField
        field={{ ...field("architecture"), set: (architecture) => set(possible({ ...draft, architecture })) }}
        label={text.architectureLabel}
        choices={architectureChoices}
        disabled={isHere}
        required
        {...(isHere && { hint: text.fixed })}
      />
      <ChoiceField
        field={field("acceleration")}
        label={text.accelerationLabel}
        hint={text.accelerationHint}
        choices={accelerationChoices(draft, existing?.status.accelerations)}
        required
      />
    </>
  );
}

const toBody = (draft: Draft) => ({
  ...draft,
  name: draft.name.trim(),
  context: draft.type === "kubernetes" ? draft.context.trim() : "",
});

const named = (name: string) => (name.trim() === "" ? text.unnamed : `“${name.trim()}”`);

function Review({ draft, first }: { draft: Draft; first: string }) {
  const { type, architecture, acceleration } = draft;
  return (
    <p>
      {first} {text.reviewRuns(text.architecture[architecture], text.acceleration[acceleration])}{" "}
      {type !== "this_machine" && text.notYetTitle}
    </p>
  );
}

export function AddDevice() {
  const navigate = useNavigate();
  return (
    <Wizard
      kind="device"
      title={text.create}
      steps={[basics()]}
      initial={blank}
      secrets={["credentials"]}
      toBody={toBody}
      review={(draft) => <Review draft={draft} first={text.review(named(draft.name), text.type[draft.type])} />}
      onDone={({ id }) => void navigate(`/devices/${encodeURIComponent(id)}`)}
      cancelTo="/devices"
    />
  );
}

export function EditDevice() {
  return (
    <EditPage kind="device" list="/devices">
      {(device) => (
        <EditWizard
          kind="device"
          object={device}
          title={text.edit(device.name)}
          steps={[basics(device)]}
          toDraft={toDraft}
          secrets={["credentials"]}
          toBody={toBody}
          review={(draft) => <Review draft={draft} first={text.reviewEdit(named(draft.name))} />}
          doneTo={`/devices/${encodeURIComponent(device.id)}`}
        />
      )}
    </EditPage>
  );
}
