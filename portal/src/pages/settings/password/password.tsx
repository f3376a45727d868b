// The section My password.
import { Button, MessageBar, MessageBarBody, MessageBarTitle, makeStyles } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, post } from "../../../api/client";
import { useSession } from "../../../api/session";
import type { FieldProblem } from "../../../api/types";
import { SecretField } from "../../../form/fields";
import { problemsOf } from "../../../form/problems";
import { PageHeader } from "../../../parts/page_header";
import { Notice } from "../../../shell/notice";
import { useToast } from "../../../shell/toasts";
import { text as people } from "../../../strings/people";
import { checkPassword, noPasswords, type Passwords } from "./check";

const text = people.password;

const useStyles = makeStyles({ form: { display: "grid", gap: "16px", maxWidth: "440px" } });

export default function MyPassword() {
  const { data: session } = useSession();
  if (session?.demo) return <Notice title={text.demo} detail={text.demoDetail} />;
  return (
    <div>
      <PageHeader title={text.title} detail={text.detail(session?.user?.name ?? "")} />
      <PasswordForm />
    </div>
  );
}

function PasswordForm() {
  const styles = useStyles();
  const toast = useToast();
  const [given, setGiven] = useState<Passwords>(noPasswords);
  const [round, setRound] = useState(0);
  const [problems, setProblems] = useState<readonly FieldProblem[]>([]);
  const change = useMutation({
    mutationFn: ({ current, next }: Passwords) => post("/session/password", { current, new: next }),
    gcTime: 0,
    onSuccess: () => {
      setGiven(noPasswords);
      setRound(round + 1);
      toast({ intent: "success", title: text.done, detail: text.doneDetail });
    },
    onError: (error) => setProblems(error instanceof ApiError ? error.problems : []),
  });
  const field = (name: keyof Passwords, path: string) => ({
    path,
    value: given[name],
    set: (value: string | undefined) => {
      setGiven({ ...given, [name]: value });
      setProblems(problems.filter((problem) => problem.field !== path));
    },
    problems: problemsOf(problems, path),
  });
  return (
    <form
      key={round}
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        const found = checkPassword(given);
        setProblems(found);
        if (found.length === 0) change.mutate(given);
      }}
    >
      <SecretField field={field("current", "current")} label={text.current} required />
      <SecretField field={field("next", "new")} label={text.next} hint={text.nextHint} required />
      <SecretField field={field("again", "again")} label={text.again} required />
      {change.error && problems.length === 0 && (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{text.failed}</MessageBarTitle> {change.error.message}
          </MessageBarBody>
        </MessageBar>
      )}
      <div>
        <Button type="submit" appearance="primary" disabled={change.isPending}>
          {change.isPending ? text.changing : text.change}
        </Button>
      </div>
    </form>
  );
}
