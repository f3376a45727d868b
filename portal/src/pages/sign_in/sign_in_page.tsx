// The sign-in page. After it one is where one was going.
import { Button, Field, Input, MessageBar, MessageBarBody, makeStyles } from "@fluentui/react-components";
import { useState } from "react";
import { Navigate, useLocation } from "react-router";
import { useSession, useSignIn } from "../../api/session";
import { FrontPage } from "../../shell/front_page";
import { destinationOf } from "../../shell/sign_in_address";
import { text } from "../../strings/sign_in";

const useStyles = makeStyles({ form: { display: "grid", gap: "16px" } });

export default function SignInPage() {
  const styles = useStyles();
  const { search } = useLocation();
  const { data: session } = useSession();
  const signIn = useSignIn();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  if (session?.setup_needed) return <Navigate to="/setup" replace />;
  if (session?.signed_in) return <Navigate to={destinationOf(search)} replace />;
  return (
    <FrontPage title={text.signInTitle}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate({ user_name: name.trim(), password }, { onError: () => setPassword("") });
        }}
      >
        <div role="alert">
          {signIn.error && (
            <MessageBar intent="error" layout="multiline">
              <MessageBarBody>{signIn.error.message}</MessageBarBody>
            </MessageBar>
          )}
        </div>
        <Field label={text.userName} required>
          <Input
            value={name}
            autoComplete="username"
            autoCapitalize="none"
            autoFocus
            onChange={(_event, data) => setName(data.value)}
          />
        </Field>
        <Field label={text.password} required>
          <Input
            type="password"
            value={password}
            autoComplete="current-password"
            onChange={(_event, data) => setPassword(data.value)}
          />
        </Field>
        <Button
          type="submit"
          appearance="primary"
          disabled={signIn.isPending || name.trim() === "" || password === ""}
        >
          {signIn.isPending ? text.signingIn : text.signInButton}
        </Button>
      </form>
    </FrontPage>
  );
}
