// Tries a connection as it stands in the form: what answered, or why nothing did.
import { Button, ProgressBar, Subtitle2, makeStyles, tokens } from "@fluentui/react-components";
import { CheckmarkCircleFilled, DismissCircleFilled, PlayRegular } from "@fluentui/react-icons";
import { useRef } from "react";
import { useJobRun } from "../../../api/jobs";
import type { Connection } from "../../../api/types";
import { text as connections } from "../../../strings/connections";
import { isSame } from "../../../wizard/draft";
import { checkConnection, toBody, type ConnectionDraft } from "./types";

const text = connections.test;

const useStyles = makeStyles({
  root: {
    position: "sticky",
    top: "68px",
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    gap: "10px",
    padding: "14px 16px 16px",
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  head: { display: "flex", alignItems: "center", justifyContent: "space-between", gap: "8px", minHeight: "32px" },
  button: { flexShrink: 0, whiteSpace: "nowrap" },
  // Nothing jumps when the answer comes.
  answer: { minHeight: "84px", display: "grid", gap: "6px", alignContent: "start", overflowWrap: "anywhere" },
  line: { display: "flex", alignItems: "center", gap: "8px", fontWeight: tokens.fontWeightSemibold },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusDangerForeground1 },
  icon: { fontSize: "20px", flexShrink: 0 },
  quiet: { color: tokens.colorNeutralForeground2 },
});

export function ConnectionTestPanel({ draft, existing }: { draft: ConnectionDraft; existing: Connection | undefined }) {
  const styles = useStyles();
  const { run, job, isRunning, error, cancel } = useJobRun("/connection_tests");
  const tested = useRef<object>(undefined);
  const { name, type, address, user_name, credentials, settings } = toBody(draft);
  const looked = { type, address, user_name, credentials, settings };
  const start = () => {
    tested.current = looked;
    run({ name, ...looked, ...(existing && { connection: existing.id }) });
  };
  const missing = checkConnection(draft, existing)[0]?.detail;
  // eslint-disable-next-line react-hooks/refs -- written only by a click, which runs a job and so renders
  const isOld = (job !== undefined || error !== null) && !isRunning && !isSame(tested.current, looked);
  const answer = job?.result?.["detail"];
  return (
    <section className={styles.root} aria-label={text.title} data-testid="connection-test">
      <div className={styles.head}>
        <Subtitle2 as="h2">{text.title}</Subtitle2>
        {isRunning ? (
          <Button className={styles.button} onClick={cancel}>{text.cancel}</Button>
        ) : (
          <Button className={styles.button} icon={<PlayRegular />} disabled={missing !== undefined} onClick={start}>
            {job || error ? text.again : text.button}
          </Button>
        )}
      </div>
      <div className={styles.answer} aria-live="polite" aria-busy={isRunning}>
        {isRunning ? (
          <>
            <ProgressBar aria-label={text.running} />
            <span className={styles.quiet}>{job?.message || text.running}…</span>
          </>
        ) : error ? (
          <Outcome good={false} title={text.notTested} detail={error.message} />
        ) : job?.state === "failed" ? (
          <Outcome good={false} title={text.fails} detail={job.cause} />
        ) : job?.state === "done" ? (
          <Outcome good title={text.works} detail={typeof answer === "string" ? answer : job.message || text.answered} />
        ) : (
          <span className={styles.quiet}>{job?.state === "cancelled" ? text.cancelled : (missing ?? text.before)}</span>
        )}
        {isOld && <span className={styles.quiet}>{text.changed}</span>}
      </div>
    </section>
  );
}

function Outcome({ good, title, detail }: { good: boolean; title: string; detail: string }) {
  const styles = useStyles();
  const Icon = good ? CheckmarkCircleFilled : DismissCircleFilled;
  return (
    <>
      <span className={`${styles.line} ${good ? styles.good : styles.bad}`}>
        <Icon className={styles.icon} aria-hidden />
        {title}
      </span>
      <span>{detail}</span>
    </>
  );
}
