// The set-up page: names the first administrator. Its link carries the one-time token after the #,
// which a browser sends to nobody; it is taken out of the address at once.
import { Button, Field, Input, MessageBar, MessageBarBody, makeStyles } from "@fluentui/react-components";
import { useEffect, useState } from "react";
import { Navigate, useNavigate } from "react-router";
import { ApiError } from "../../api/client";
import { useSession, useSetUp } from "../../api/session";
import { problemsOf } from "../../form/problems";
import { FrontPage } from "../../shell/front_page";
import { text } from "../../strings/sign_in";

const kShortest = 12;

const useStyles = makeStyles({ form: { display: "grid", gap: "16px" } });

export default function SetupPage() {
  const styles = useStyles();
  const { data: session } = useSession();
  const setUp = useSetUp();
  const navigate = useNavigate();
  const [token] = useState(() => decodeURIComponent(location.hash.slice(1)));
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (location.hash !== "") history.replaceState(history.state, "", location.pathname);
  }, []);

  if (session?.signed_in) return <Navigate to="/" replace />;
  if (session && !session.setup_needed) {
    return (
      <FrontPage title={text.alreadySetUp} detail={text.alreadySetUpDetail}>
        <Button appearance="primary" onClick={() => void navigate("/sign-in")}>
          {text.signIn}
        </Button>
      </FrontPage>
    );
  }
  if (token === "") return <FrontPage title={text.noToken} detail={text.noTokenDetail} />;

  const refused = setUp.error instanceof ApiError ? setUp.error.problems : [];
  const wrong = {
    name: asked && name.trim() === "" ? text.needed(text.userName) : problemsOf(refused, "user_name")[0],
    password:
      asked && password.length < kShortest ? text.tooShort : problemsOf(refused, "password")[0],
    again: asked && again !== password ? text.different : undefined,
  };
  const fine = name.trim() !== "" && password.length >= kShortest && again === password;
  const error = (message: string | undefined) =>
    message ? ({ validationState: "error", validationMessage: message } as const) : {};
  return (
    <FrontPage title={text.setUpTitle} detail={text.setUpDetail}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
          if (fine) setUp.mutate({ token, user_name: name.trim(), password });
        }}
      >
        <div role="alert">
          {setUp.error && refused.every(({ field }) => field !== "user_name" && field !== "password") && (
            <MessageBar intent="error" layout="multiline">
              <MessageBarBody>{setUp.error.message}</MessageBarBody>
            </MessageBar>
          )}
        </div>
        <Field label={text.userName} required {...error(wrong.name)}>
          <Input
            value={name}
            autoComplete="username"
            autoCapitalize="none"
            autoFocus
            onChange={(_event, data) => setName(data.value)}
          />
        </Field>
        <Field label={text.password} hint={text.passwordHint} required {...error(wrong.password)}>
          <Input
            type="password"
            value={password}
            autoComplete="new-password"
            onChange={(_event, data) => setPassword(data.value)}
          />
        </Field>
        <Field label={text.passwordAgain} required {...error(wrong.again)}>
          <Input
            type="password"
            value={again}
            autoComplete="new-password"
            onChange={(_event, data) => setAgain(data.value)}
          />
        </Field>
        <Button type="submit" appearance="primary" disabled={setUp.isPending}>
          {setUp.isPending ? text.settingUp : text.setUpButton}
        </Button>
      </form>
    </FrontPage>
  );
}
