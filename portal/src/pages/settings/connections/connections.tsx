// The section Connections: list, wizard with Test.
import {
  CloudDatabaseRegular,
  EyeRegular,
  GlobeRegular,
  MailRegular,
  PlugConnectedRegular,
  PulseRegular,
  RouterRegular,
  AddRegular,
  ServerRegular,
  type FluentIcon,
} from "@fluentui/react-icons";
import { makeStyles, tokens } from "@fluentui/react-components";
import { Route, Routes, useNavigate } from "react-router";
import type { Connection, ConnectionType } from "../../../api/types";
import { ChoiceField, SecretField, SwitchField, TextField } from "../../../form/fields";
import { NameField, nameProblems } from "../../../form/name_field";
import type { FieldOf } from "../../../form/field";
import { problemsOf } from "../../../form/problems";
import { tagsColumn, updatedColumn } from "../../../list/columns";
import { ListPage } from "../../../list/list_page";
import { text } from "../../../strings/connections";
import { EditPage, EditWizard, Wizard, type Step } from "../../../wizard/wizard";
import type { Form } from "../../../wizard/use_draft";
import { ConnectionTestPanel } from "./connection_test_panel";
import { checkConnection, connectionTypes, shapes, toBody, type ConnectionDraft } from "./types";

const kAddress = "/settings/connections";

const useStyles = makeStyles({
  type: { display: "inline-flex", alignItems: "center", gap: "8px" },
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(240px, 34%)",
    gap: "16px 28px",
    alignItems: "start",
    "@media (max-width: 1100px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  fields: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  detail: { margin: 0, maxWidth: "560px", color: tokens.colorNeutralForeground2 },
});

const icons: Record<ConnectionType, FluentIcon> = {
  mqtt: PulseRegular,
  webhook: GlobeRegular,
  smtp: MailRegular,
  azure_storage: CloudDatabaseRegular,
  iot_hub: RouterRegular,
  iot_edge: ServerRegular,
  custom_vision: EyeRegular,
};

export default function Connections() {
  return (
    <Routes>
      <Route index element={<ConnectionList />} />
      <Route path="new" element={<AddConnection />} />
      <Route path=":id" element={<EditConnection />} />
    </Routes>
  );
}

function TypeName({ type }: { type: ConnectionType }) {
  const styles = useStyles();
  const Icon = icons[type];
  return (
    <span className={styles.type}>
      <Icon aria-hidden fontSize={18} />
      {text.types[type].name}
    </span>
  );
}

function ConnectionList() {
  return (
    <ListPage
      kind="connection"
      title={text.title}
      detail={text.detail}
      things={text.things}
      icon={<PlugConnectedRegular />}
      empty={text.empty}
      primary={{ text: text.add, icon: AddRegular, to: `${kAddress}/new` }}
      editAddress={({ id }) => `${kAddress}/${encodeURIComponent(id)}`}
      removeDetail={text.deleteDetail}
      columns={[
        { id: "type", title: text.column.type, width: "190px", render: ({ type }) => <TypeName type={type} /> },
        { id: "address", title: text.column.address, render: ({ address }) => address },
        { id: "user", title: text.column.user, render: ({ user_name }) => user_name },
        tagsColumn,
        updatedColumn,
      ]}
    />
  );
}

const blank: ConnectionDraft = {
  name: "",
  type: "mqtt",
  address: "",
  user_name: "",
  credentials: undefined,
  settings: {},
  tags: {},
};

const toDraft = ({ name, type, address, user_name, settings, tags }: Connection): ConnectionDraft => ({
  name,
  type,
  address,
  user_name,
  credentials: undefined,
  settings,
  tags,
});

const types = connectionTypes.map((value) => ({ value, text: text.types[value].name }));

const basics = (existing?: Connection): Step<ConnectionDraft> => ({
  id: "basics",
  title: text.basics,
  fields: ["name", "type", "address", "user_name", "credentials", "settings"],
  render: (form) => <ConnectionForm form={form} existing={existing} />,
  check: (draft) => [
    ...nameProblems(draft.name, text.name),
    ...checkConnection(draft, existing),
  ],
});

function ConnectionForm({ form, existing }: { form: Form<ConnectionDraft>; existing: Connection | undefined }) {
  const styles = useStyles();
  const { draft, field, set } = form;
  const { type, settings } = draft;
  const words = text.types[type];
  const { required, settings: known } = shapes[type];
  const setting = (name: string): FieldOf<string> => ({
    path: `settings.${name}`,
    value: settings[name] ?? "",
    set: (value) => set({ settings: { ...settings, [name]: value } }),
    problems: problemsOf(form.problems, `settings.${name}`),
  });
  return (
    <div className={styles.columns}>
      <div className={styles.fields}>
        <NameField field={field("name")} label={text.name} placeholder={text.namePlaceholder} />
        <ChoiceField field={field("type")} label={text.type} choices={types} required />
        <p className={styles.detail}>{words.detail}</p>
        {words.address && (
          <TextField field={field("address")} {...words.address} required={required.includes("address")} />
        )}
        {words.user && <TextField field={field("user_name")} {...words.user} maxLength={256} />}
        {words.credentials && (
          <SecretField
            // Each type has credentials of its own.
            key={type}
            field={field("credentials")}
            label={words.credentials.label}
            hint={words.credentials.hint}
            isSet={existing?.has_credentials === true && existing.type === type}
            required={required.includes("credentials")}
          />
        )}
        {known.map((name) => {
          const one = setting(name);
          if (name !== "tls") return <TextField key={name} field={one} {...text.settings[name]!} />;
          return (
            <SwitchField
              key={name}
              field={{ ...one, value: one.value === "none", set: (on) => one.set(on ? "none" : "") }}
              {...text.settings[name]!}
            />
          );
        })}
      </div>
      <ConnectionTestPanel draft={draft} existing={existing} />
    </div>
  );
}

function Review({ draft, sentence }: { draft: ConnectionDraft; sentence: typeof text.review }) {
  const { name, address, user_name, type } = toBody(draft);
  return (
    <p>
      {sentence(name === "" ? text.unnamed : `“${name}”`, text.types[type].name)}{" "}
      {address !== "" && text.reviewAddress(address)} {user_name !== "" && text.reviewUser(user_name)}{" "}
      {draft.credentials && text.types[type].credentials && text.reviewSecret}
    </p>
  );
}

function AddConnection() {
  const navigate = useNavigate();
  return (
    <Wizard
      kind="connection"
      title={text.create}
      steps={[basics()]}
      initial={blank}
      secrets={["credentials"]}
      toBody={toBody}
      review={(draft) => <Review draft={draft} sentence={text.review} />}
      onDone={() => void navigate(kAddress)}
      cancelTo={kAddress}
    />
  );
}

function EditConnection() {
  return (
    <EditPage kind="connection" list={kAddress}>
      {(connection) => (
        <EditWizard
          kind="connection"
          object={connection}
          title={text.edit(connection.name)}
          steps={[basics(connection)]}
          toDraft={toDraft}
          secrets={["credentials"]}
          toBody={toBody}
          review={(draft) => <Review draft={draft} sentence={text.reviewEdit} />}
          doneTo={kAddress}
        />
      )}
    </EditPage>
  );
}
