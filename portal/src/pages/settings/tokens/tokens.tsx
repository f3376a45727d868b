// The section API tokens: made here, shown once, revoked.
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Subtitle2,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { AddRegular, KeyRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, apiRoot, post } from "../../../api/client";
import { listKey } from "../../../api/objects";
import { useMay, useSession } from "../../../api/session";
import type { ApiToken, FieldProblem, NewApiToken, Role } from "../../../api/types";
import { ChoiceField, RadioField, TextField } from "../../../form/fields";
import { problemsOf } from "../../../form/problems";
import { formatClock, formatSpan } from "../../../format";
import { ListPage } from "../../../list/list_page";
import { Ago } from "../../../parts/ago";
import { Command } from "../../../parts/command";
import { StatePill } from "../../../parts/state_pill";
import { useNow } from "../../../parts/use_now";
import { Notice } from "../../../shell/notice";
import { strings } from "../../../strings";
import { text as formText } from "../../../strings/form";
import { text as people } from "../../../strings/people";
import { expiryOf, spans, type Span } from "./expiry";

const text = people.tokens;

const useStyles = makeStyles({
  content: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "14px", paddingBottom: "6px" },
  warning: { color: tokens.colorStatusWarningForeground3 },
});

export default function ApiTokens() {
  const { data: session } = useSession();
  const isAdmin = useMay("admin");
  const [making, setMaking] = useState(false);
  if (session?.demo) return <Notice title={text.demo} detail={text.demoDetail} />;
  return (
    <>
      <ListPage
        kind="api_token"
        title={text.title}
        detail={text.detail}
        things={text.things}
        icon={<KeyRegular />}
        empty={text.empty}
        primary={{ text: text.add, icon: AddRegular, run: () => setMaking(true) }}
        primaryRole="viewer"
        removeRole="viewer"
        removeDetail={text.revokeDetail}
        untagged
        columns={[
          { id: "role", title: text.column.role, width: "130px", render: ({ role }) => people.roles[role] },
          ...(isAdmin
            ? [{ id: "user", title: text.column.user, width: "120px", render: ({ user_name }: ApiToken) => user_name }]
            : []),
          { id: "expires", title: text.column.expires, width: "130px", render: ({ expires }) => <Expiry expires={expires} /> },
          {
            id: "created",
            title: text.column.created,
            sort: "created",
            width: "120px",
            render: ({ created }) => <Ago time={Date.parse(created) / 1000} />,
          },
        ]}
      />
      {making && <CreateToken onClose={() => setMaking(false)} />}
    </>
  );
}

function Expiry({ expires }: { expires: string | undefined }) {
  const now = useNow();
  const end = Date.parse(expires ?? "") / 1000;
  if (!Number.isFinite(end)) return <>{text.never}</>;
  if (end <= now) return <StatePill size="small" tone="bad" text={text.expired} />;
  return <time title={formatClock(end)}>{text.in(formatSpan(end - now))}</time>;
}

const ranks: readonly Role[] = ["viewer", "operator", "admin"];

// The form, and then the token. What was made stays in this dialog: no cache ever holds it.
function CreateToken({ onClose }: { onClose: () => void }) {
  const styles = useStyles();
  const cache = useQueryClient();
  const { data: session } = useSession();
  const own = ranks.indexOf(session?.user?.role ?? "viewer");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [span, setSpan] = useState<Span>("90");
  const [day, setDay] = useState("");
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);
  const create = useMutation({
    mutationFn: (body: unknown) => post<NewApiToken>("/tokens", body),
    gcTime: 0,
    onSuccess: () => cache.invalidateQueries({ queryKey: listKey("api_token") }),
  });
  const made = create.data;
  const submit = () => {
    const expires = expiryOf(span, day, Date.now());
    const found: FieldProblem[] = [];
    if (name.trim() === "") found.push({ field: "name", detail: formText.required(text.name) });
    if (expires === null) found.push({ field: "expires", detail: text.datePast });
    setProblems(found);
    if (found.length > 0) return;
    create.mutate(
      { name: name.trim(), role, ...(expires && { expires }) },
      { onError: (error) => setProblems(error instanceof ApiError ? error.problems : []) },
    );
  };
  const field = <T,>(path: string, value: T, set: (value: T) => void) => ({
    path,
    value,
    set: (next: T) => {
      set(next);
      setProblems((old) => old.filter((problem) => problem.field !== path));
    },
    problems: problemsOf(problems, path),
  });
  return (
    <Dialog open modalType="alert" onOpenChange={(_event, { open }) => !open && onClose()}>
      <DialogSurface data-testid="create-token">
        <DialogBody>
          <DialogTitle>{made ? text.made(made.name) : text.create}</DialogTitle>
          {made ? (
            <DialogContent className={styles.content}>
              <MessageBar intent="warning" layout="multiline">
                <MessageBarBody>
                  <MessageBarTitle>{text.once}</MessageBarTitle> {text.onceDetail}
                </MessageBarBody>
              </MessageBar>
              <Command text={made.token} />
              <Subtitle2 as="h3">{text.try}</Subtitle2>
              <Command text={`curl -H "Authorization: Bearer ${made.token}" '${location.origin}${apiRoot}/cameras'`} />
            </DialogContent>
          ) : (
            <DialogContent className={styles.content}>
              <TextField
                field={field("name", name, setName)}
                label={text.name}
                placeholder={text.namePlaceholder}
                hint={text.nameHint}
                maxLength={100}
                required
                autoFocus
              />
              <RadioField
                field={field("role", role, setRole)}
                label={people.role}
                choices={ranks.slice(0, own + 1).map((value) => ({ value, text: people.roles[value], detail: people.roleDetail[value] }))}
                required
              />
              <ChoiceField
                field={field("expires", span, setSpan)}
                label={text.lasts}
                choices={spans.map((value) => ({ value, text: text.spans[value] }))}
                required
              />
              {span === "date" && (
                <Field label={text.date} required>
                  <Input
                    type="date"
                    value={day}
                    onChange={(_event, { value }) => {
                      setDay(value);
                      setProblems((old) => old.filter((problem) => problem.field !== "expires"));
                    }}
                  />
                </Field>
              )}
              {span === "never" && <p className={styles.warning}>{text.neverWarning}</p>}
              {create.error && problems.length === 0 && (
                <MessageBar intent="error" layout="multiline">
                  <MessageBarBody>
                    <MessageBarTitle>{text.notCreated}</MessageBarTitle> {create.error.message}
                  </MessageBarBody>
                </MessageBar>
              )}
            </DialogContent>
          )}
          <DialogActions>
            {made ? (
              <Button appearance="primary" onClick={onClose}>
                {text.done}
              </Button>
            ) : (
              <>
                <Button onClick={onClose}>{strings.cancel}</Button>
                <Button appearance="primary" disabled={create.isPending} onClick={submit}>
                  {text.add}
                </Button>
              </>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
