// Adding and editing a camera: one form, with what the camera sends beside it.
import { Button, MessageBar, MessageBarBody, makeStyles } from "@fluentui/react-components";
import { SearchRegular } from "@fluentui/react-icons";
import { useState, type ReactNode } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { useObject, useThisMachine } from "../../api/objects";
import type { Camera, CameraSource } from "../../api/types";
import { ChoiceField, SecretField, TextField } from "../../form/fields";
import { NameField, nameProblems } from "../../form/name_field";
import { NameOf, ReferenceField, ReferencesField } from "../../form/reference_field";
import { text } from "../../strings/cameras";
import { text as formText } from "../../strings/form";
import { EditPage, EditWizard, Wizard, WizardSkeleton, type Step } from "../../wizard/wizard";
import type { Form } from "../../wizard/use_draft";
import { addressProblems, sourceOf, splitCredentials, takesCredentials } from "./address";
import { CameraTestPanel } from "./camera_test_panel";
import { FindCameras, type Found } from "./find_cameras";

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(300px, 44%)",
    gap: "16px 32px",
    alignItems: "start",
    "@media (max-width: 900px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  fields: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  pair: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(200px, 100%), 1fr))",
    gap: "16px",
    alignItems: "start",
    maxWidth: "560px",
  },
  withButton: {
    display: "flex",
    flexWrap: "wrap",
    gap: "8px",
    alignItems: "end",
    maxWidth: "560px",
    "& > :first-child": { flex: "1 1 200px", minWidth: 0 },
    "& > button": { whiteSpace: "nowrap" },
  },
});

export type CameraDraft = {
  name: string;
  source: CameraSource;
  uri: string;
  user_name: string;
  password: string | undefined;
  location: string;
  devices: string[];
  detect_uri: string;
  tags: Record<string, string>;
};

const blank: CameraDraft = {
  name: "",
  source: "rtsp",
  uri: "",
  user_name: "",
  password: undefined,
  location: "",
  devices: [],
  detect_uri: "",
  tags: {},
};

const toDraft = (camera: Camera): CameraDraft => ({
  name: camera.name,
  source: camera.source,
  uri: camera.uri,
  user_name: camera.user_name,
  password: undefined,
  location: camera.location,
  devices: camera.devices,
  detect_uri: camera.detect_uri,
  tags: camera.tags,
});

const sources = (Object.keys(text.source) as CameraSource[]).map((value) => ({
  value,
  text: text.source[value],
}));

function basics(existing?: Camera, note?: ReactNode): Step<CameraDraft> {
  return {
    id: "basics",
    title: text.basics,
    fields: ["name", "source", "uri", "user_name", "password", "location", "devices", "detect_uri"],
    render: (form) => (
      <>
        {note}
        <CameraForm form={form} existing={existing} />
      </>
    ),
    check: (draft) => [
      ...nameProblems(draft.name, text.name),
      ...(draft.uri.trim() === ""
        ? [{ field: "uri", detail: formText.required(text.address[draft.source].label) }]
        : addressProblems(draft)),
      ...(draft.location === "" ? [{ field: "location", detail: formText.required(text.location) }] : []),
    ],
  };
}

function CameraForm({ form, existing }: { form: Form<CameraDraft>; existing: Camera | undefined }) {
  const styles = useStyles();
  const { draft, field, set } = form;
  const { source } = draft;
  const [finding, setFinding] = useState(false);
  const [moved, setMoved] = useState(false);

  // Credentials never stand in the address: not on screen, not in the kept draft.
  const setUri = (name: "uri" | "detect_uri", typed: string) => {
    const { uri, user_name, password } = splitCredentials(typed);
    const known = sourceOf(uri);
    setMoved(user_name !== undefined);
    set({
      [name]: uri,
      ...(user_name !== undefined && { user_name }),
      ...(password !== undefined && { password }),
      ...(known && name === "uri" && source !== "images" && { source: known }),
    });
  };
  const take = ({ name, ...found }: Found) => {
    setFinding(false);
    set({ source: "rtsp", ...found, ...(draft.name.trim() === "" && { name }) });
  };
  const address = text.address[source];
  return (
    <div className={styles.columns}>
      <div className={styles.fields}>
        <NameField field={field("name")} label={text.name} placeholder={text.namePlaceholder} />
        <div className={styles.withButton}>
          <ChoiceField field={field("source")} label={text.sourceLabel} choices={sources} required />
          <Button icon={<SearchRegular />} onClick={() => setFinding(true)}>
            {text.find.button}
          </Button>
        </div>
        <TextField
          field={{ ...field("uri"), set: (typed) => setUri("uri", typed) }}
          label={address.label}
          placeholder={address.placeholder}
          hint={moved ? text.credentialsMoved : address.hint}
          required
        />
        {takesCredentials(source) && (
          <div className={styles.pair}>
            <TextField field={field("user_name")} label={text.userName} maxLength={256} />
            <SecretField field={field("password")} label={text.password} isSet={existing?.has_password} />
          </div>
        )}
        <ReferenceField
          field={field("location")}
          label={text.location}
          hint={text.locationHint}
          kind="location"
          create
          required
        />
        <ReferencesField
          field={{ ...field("devices"), set: (devices) => set({ devices: [...devices] }) }}
          label={text.devices}
          hint={text.devicesHint}
          kind="device"
        />
        {takesCredentials(source) && (
          <TextField
            field={{ ...field("detect_uri"), set: (typed) => setUri("detect_uri", typed) }}
            label={text.detect}
            placeholder={text.detectPlaceholder}
            hint={text.detectHint}
          />
        )}
      </div>
      <CameraTestPanel draft={draft} existing={existing?.id} />
      {finding && <FindCameras onUse={take} onClose={() => setFinding(false)} />}
    </div>
  );
}

// What is sent: without what does not belong to the kind of source.
const toBody = ({ ...draft }: CameraDraft) => ({
  ...draft,
  name: draft.name.trim(),
  uri: draft.uri.trim(),
  ...(takesCredentials(draft.source)
    ? { detect_uri: draft.detect_uri.trim() }
    : { user_name: "", password: undefined, detect_uri: "" }),
});

const named = (name: string) => (name.trim() === "" ? text.unnamed : `“${name.trim()}”`);

function Review({ draft, sentence }: { draft: CameraDraft; sentence: typeof text.review }) {
  const { user_name, uri, detect_uri, location, devices, source } = draft;
  const signsIn = takesCredentials(source) && user_name !== "";
  return (
    <>
      <p>
        {sentence(named(draft.name), text.reads[source], uri)}
        {signsIn ? text.reviewUser(user_name) : "."}{" "}
        {takesCredentials(source) && detect_uri !== "" && text.reviewDetect(detect_uri)}
      </p>
      <p>
        {location !== "" && (
          <>
            {text.reviewLocation} <NameOf kind="location" id={location} />.{" "}
          </>
        )}
        {devices.length === 0 ? (
          text.reviewAllDevices
        ) : (
          <>
            {text.reviewDevices}{" "}
            {devices.map((id, i) => (
              <span key={id}>
                {i > 0 && ", "}
                <NameOf kind="device" id={id} />
              </span>
            ))}
            .
          </>
        )}
      </p>
    </>
  );
}

// A new one; with ?from=ID like an existing one.
export function AddCamera() {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const from = search.get("from") ?? undefined;
  const original = useObject("camera", from);
  const here = useThisMachine();
  if ((from !== undefined && original.isPending) || here.isPending) return <WizardSkeleton />;
  const copy = original.data;
  const initial = copy
    ? { ...toDraft(copy), name: text.copyOf(copy.name) }
    : { ...blank, devices: here.device ? [here.device.id] : [] };
  const note = copy?.has_password && (
    <MessageBar>
      <MessageBarBody>{text.copied}</MessageBarBody>
    </MessageBar>
  );
  return (
    <Wizard
      key={from}
      kind="camera"
      title={text.create}
      {...(copy && { draftName: `camera.copy.${copy.id}` })}
      steps={[basics(undefined, note)]}
      initial={initial}
      secrets={["password"]}
      toBody={toBody}
      review={(draft) => <Review draft={draft} sentence={text.review} />}
      onDone={({ id }) => void navigate(`/cameras/${encodeURIComponent(id)}`)}
      cancelTo="/cameras"
    />
  );
}

export function EditCamera() {
  return (
    <EditPage kind="camera" list="/cameras">
      {(camera) => (
        <EditWizard
          kind="camera"
          object={camera}
          title={text.edit(camera.name)}
          steps={[basics(camera)]}
          toDraft={toDraft}
          secrets={["password"]}
          toBody={toBody}
          review={(draft) => <Review draft={draft} sentence={text.reviewEdit} />}
          doneTo={`/cameras/${encodeURIComponent(camera.id)}`}
        />
      )}
    </EditPage>
  );
}
