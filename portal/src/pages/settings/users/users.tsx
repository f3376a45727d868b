// The section Users: who may sign in, and what they may do.
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, makeStyles } from "@fluentui/react-components";
import { AddRegular, KeyResetRegular, PeopleRegular, PersonAvailableRegular, PersonProhibitedRegular } from "@fluentui/react-icons";
import { useState } from "react";
import { Route, Routes, useNavigate } from "react-router";
import { ApiError } from "../../../api/client";
import { usePatch } from "../../../api/objects";
import { useSession } from "../../../api/session";
import type { Role, User } from "../../../api/types";
import { RadioField, SecretField, SwitchField } from "../../../form/fields";
import { NameField, nameProblems } from "../../../form/name_field";
import { updatedColumn } from "../../../list/columns";
import { ListPage } from "../../../list/list_page";
import { StatePill } from "../../../parts/state_pill";
import { useToast } from "../../../shell/toasts";
import { strings } from "../../../strings";
import { text as people } from "../../../strings/people";
import { EditPage, EditWizard, Wizard, type Step } from "../../../wizard/wizard";

const text = people.users;
const kAddress = "/settings/users";
const kShortest = 10; // characters of a password

const useStyles = makeStyles({ content: { display: "grid", gap: "14px" } });

export default function Users() {
  return (
    <Routes>
      <Route index element={<UserList />} />
      <Route path="new" element={<AddUser />} />
      <Route path=":id" element={<EditUser />} />
    </Routes>
  );
}

function UserList() {
  const { data: session } = useSession();
  const toast = useToast();
  const patch = usePatch("user");
  const [resetting, setResetting] = useState<User>();
  const setDisabled = (user: User, disabled: boolean) =>
    patch.mutate(
      { object: user, change: { disabled } },
      {
        onSuccess: ({ name }) =>
          toast({ intent: "success", title: disabled ? text.disabledToast(name) : text.enabledToast(name) }),
        onError: (error) => toast({ intent: "error", title: text.refused(user.name), detail: error.message }),
      },
    );
  return (
    <>
      <ListPage
        kind="user"
        title={text.title}
        detail={text.detail}
        things={text.things}
        icon={<PeopleRegular />}
        empty={text.empty}
        primary={{ text: text.add, icon: AddRegular, to: `${kAddress}/new` }}
        primaryRole="admin"
        nameOf={({ id, name }) => (id === session?.user?.id ? `${name} (${text.you})` : name)}
        editAddress={({ id }) => `${kAddress}/${encodeURIComponent(id)}`}
        removeRole="admin"
        removeDetail={text.deleteDetail}
        untagged
        menu={(user) => [
          { id: "reset", text: text.reset, icon: <KeyResetRegular />, role: "admin", run: setResetting },
          user.disabled
            ? { id: "enable", text: text.enable, icon: <PersonAvailableRegular />, role: "admin", run: () => setDisabled(user, false) }
            : { id: "disable", text: text.disable, icon: <PersonProhibitedRegular />, role: "admin", run: () => setDisabled(user, true) },
        ]}
        columns={[
          { id: "role", title: text.column.role, width: "150px", render: ({ role }) => people.roles[role] },
          {
            id: "state",
            title: text.column.state,
            width: "130px",
            render: ({ disabled }) => (
              <StatePill size="small" tone={disabled ? "quiet" : "good"} text={disabled ? text.disabled : text.active} />
            ),
          },
          updatedColumn,
        ]}
      />
      {resetting && <ResetPassword user={resetting} onClose={() => setResetting(undefined)} />}
    </>
  );
}

function ResetPassword({ user, onClose }: { user: User; onClose: () => void }) {
  const styles = useStyles();
  const toast = useToast();
  const patch = usePatch("user");
  const [password, setPassword] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const save = () => {
    if ((password ?? "").length < kShortest) {
      setProblem(text.passwordShort);
      return;
    }
    // `password` goes in and never comes out: it is no member of a user.
    const change = { password } as Partial<User>;
    patch.mutate(
      { object: user, change },
      {
        onSuccess: ({ name }) => {
          toast({ intent: "success", title: text.resetDone(name) });
          onClose();
        },
        onError: (error) => setProblem(error instanceof ApiError ? (error.problems[0]?.detail ?? error.message) : error.message),
      },
    );
  };
  return (
    <Dialog open modalType="alert" onOpenChange={(_event, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{text.resetTitle(user.name)}</DialogTitle>
          <DialogContent className={styles.content}>
            <p>{text.resetDetail}</p>
            <SecretField
              field={{
                path: "password",
                value: password,
                set: (value) => {
                  setPassword(value);
                  setProblem(undefined);
                },
                problems: problem === undefined ? [] : [problem],
              }}
              label={text.password}
              hint={text.passwordHint}
              required
            />
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{strings.cancel}</Button>
            <Button appearance="primary" disabled={patch.isPending} onClick={save}>
              {text.resetButton}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

type Draft = { name: string; role: Role; disabled: boolean; password: string | undefined; tags: Record<string, string> };

const roles = (["viewer", "operator", "admin"] as const).map((value) => ({
  value,
  text: people.roles[value],
  detail: people.roleDetail[value],
}));

const basics = (isNew: boolean): Step<Draft> => ({
  id: "basics",
  title: text.basics,
  fields: ["name", "role", "disabled", "password"],
  render: ({ field }) => (
    <>
      <NameField field={field("name")} label={text.name} placeholder={text.namePlaceholder} hint={text.nameHint} />
      <RadioField field={field("role")} label={people.role} choices={roles} required />
      {isNew ? (
        <SecretField field={field("password")} label={text.password} hint={text.passwordHint} required />
      ) : (
        <SwitchField field={field("disabled")} label={text.mayNot} />
      )}
    </>
  ),
  check: ({ name, password }) => [
    ...nameProblems(name, text.name),
    ...(isNew && (password ?? "").length < kShortest ? [{ field: "password", detail: text.passwordShort }] : []),
  ],
});

const named = ({ name }: Draft) => (name.trim() === "" ? text.unnamed : `“${name.trim()}”`);

function AddUser() {
  const navigate = useNavigate();
  return (
    <Wizard
      kind="user"
      title={text.create}
      steps={[basics(true)]}
      initial={{ name: "", role: "operator", disabled: false, password: undefined, tags: {} } as Draft}
      secrets={["password"]}
      toBody={({ name, role, password, tags }) => ({ name: name.trim(), role, password, tags })}
      review={(draft) => <p>{text.review(named(draft), people.roles[draft.role])}</p>}
      onDone={() => void navigate(kAddress)}
      cancelTo={kAddress}
    />
  );
}

function EditUser() {
  return (
    <EditPage kind="user" list={kAddress}>
      {(user) => (
        <EditWizard
          kind="user"
          object={user}
          title={text.edit(user.name)}
          steps={[basics(false)]}
          toDraft={({ name, role, disabled, tags }): Draft => ({ name, role, disabled, password: undefined, tags })}
          secrets={["password"]}
          toBody={({ name, role, disabled, tags }) => ({ name: name.trim(), role, disabled, tags })}
          review={(draft) => (
            <p>
              {text.reviewEdit(named(draft), people.roles[draft.role])} {draft.disabled && text.reviewDisabled}
            </p>
          )}
          doneTo={kAddress}
        />
      )}
    </EditPage>
  );
}
