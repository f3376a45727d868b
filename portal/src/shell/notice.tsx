// A page's whole content when there is nothing else to show: what is the matter, and what next.
import { Button, Title3, makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";
import { strings } from "../strings";

const useStyles = makeStyles({
  root: {
    maxWidth: "640px",
    margin: "12vh auto",
    padding: tokens.spacingHorizontalL,
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    gap: tokens.spacingVerticalL,
    textAlign: "center",
  },
  detail: {
    margin: 0,
    color: tokens.colorNeutralForeground2,
    overflowWrap: "anywhere",
    textWrap: "pretty",
  },
});

// POSS did not answer, or answered with an error.
export function LoadFailed({ error, onAgain }: { error: Error; onAgain: () => void }) {
  return (
    <Notice title={strings.loadFailed} detail={error.message} action={{ text: strings.tryAgain, run: onAgain }} />
  );
}

type Props = {
  title: string;
  detail?: string;
  action?: { text: string; to: string } | { text: string; run: () => void };
  children?: ReactNode;
};

export function Notice({ title, detail, action, children }: Props) {
  const styles = useStyles();
  const navigate = useNavigate();
  return (
    <div className={styles.root}>
      <Title3 as="h1" align="center">{title}</Title3>
      {detail && <p className={styles.detail}>{detail}</p>}
      {children}
      {action && (
        <Button
          appearance="primary"
          onClick={() => ("to" in action ? void navigate(action.to) : action.run())}
        >
          {action.text}
        </Button>
      )}
    </div>
  );
}
