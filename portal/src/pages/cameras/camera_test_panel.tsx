// Tries a camera as it stands in the form: its picture and facts, or why there is none.
import { Badge, Button, ProgressBar, Subtitle2, makeStyles, tokens } from "@fluentui/react-components";
import {
  CheckmarkCircleFilled,
  LockClosedRegular,
  PlayRegular,
  PlugDisconnectedRegular,
  VideoOffRegular,
  VideoRegular,
} from "@fluentui/react-icons";
import { useRef } from "react";
import { useJobRun } from "../../api/jobs";
import type { CameraState, CameraTest } from "../../api/types";
import { formatRate } from "../../format";
import { StageNotice } from "../../live/stage_notice";
import { text as cameras } from "../../strings/cameras";
import { cameraState, cameraTrouble } from "../../strings/states";
import { isSame } from "../../wizard/draft";
import { takesCredentials } from "./address";
import type { CameraDraft } from "./camera_wizard";
import { videoFacts } from "./facts";

const text = cameras.test;
const kSlowKeyframes = 4; // seconds

const useStyles = makeStyles({
  root: { position: "sticky", top: "68px", display: "grid", gap: "10px", alignContent: "start" },
  head: { display: "flex", alignItems: "center", justifyContent: "space-between", minHeight: "32px" },
  stage: {
    position: "relative",
    aspectRatio: "16 / 9",
    overflow: "hidden",
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: "#0b0e0f",
    color: "#b4c2c4",
    fontSize: tokens.fontSizeBase300,
  },
  before: {
    position: "absolute",
    inset: 0,
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    justifyContent: "center",
    gap: "10px",
    padding: "24px",
    textAlign: "center",
  },
  icon: { fontSize: "32px", lineHeight: 1, color: "#7f9093" },
  progress: { width: "120px" },
  image: { position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "contain" },
  // Two lines of facts are always reserved, so that nothing jumps.
  facts: { minHeight: "46px", display: "grid", gap: "4px", alignContent: "start", color: tokens.colorNeutralForeground2 },
  works: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "4px 8px", fontVariantNumeric: "tabular-nums" },
  good: { color: tokens.colorStatusSuccessForeground1, fontSize: "18px" },
});

// The members that a test looks at.
function asked(draft: CameraDraft) {
  const { source, user_name, password } = draft;
  return {
    source,
    uri: draft.uri.trim(),
    ...(takesCredentials(source) && { user_name, ...(password !== undefined && { password }) }),
  };
}

export function CameraTestPanel({ draft, existing }: { draft: CameraDraft; existing: string | undefined }) {
  const styles = useStyles();
  const { run, job, isRunning, error, cancel } = useJobRun("/camera_tests");
  const tested = useRef<object>(undefined);
  const now = asked(draft);
  const name = draft.name.trim();
  const start = () => {
    tested.current = now;
    run({
      ...now,
      ...(name !== "" && { name }),
      ...(existing !== undefined && { camera: existing }),
    });
  };
  const result = job?.state === "done" ? (job.result as CameraTest | undefined) : undefined;
  const failure = error?.message ?? (job?.state === "failed" ? job.cause : undefined);
  // eslint-disable-next-line react-hooks/refs -- written only by a click, which runs a job and so renders
  const isOld = (result !== undefined || failure !== undefined) && !isSame(tested.current, now);
  return (
    <section className={styles.root} aria-label={text.title} data-testid="camera-test">
      <div className={styles.head}>
        <Subtitle2 as="h2">{text.title}</Subtitle2>
        {isRunning ? (
          <Button onClick={cancel}>{text.cancel}</Button>
        ) : (
          <Button icon={<PlayRegular />} disabled={now.uri === ""} onClick={start}>
            {result || failure ? text.again : text.button}
          </Button>
        )}
      </div>
      <div className={styles.stage} aria-busy={isRunning}>
        {isRunning ? (
          <div className={styles.before} role="status">
            <ProgressBar className={styles.progress} />
            {job?.message || text.running}…
          </div>
        ) : failure !== undefined ? (
          <StageNotice icon={<PlugDisconnectedRegular />} title={text.notTested} cause={failure} />
        ) : result?.state === "streaming" ? (
          <img className={styles.image} src={result.picture} alt={text.picture} />
        ) : result ? (
          <StageNotice
            icon={<TroubleIcon state={result.state} />}
            title={cameraTrouble[result.state](name || text.noName)}
            cause={result.cause}
          />
        ) : (
          <div className={styles.before}>
            <VideoRegular className={styles.icon} aria-hidden />
            {job?.state === "cancelled" ? text.cancelled : now.uri === "" ? text.needsAddress : text.before}
          </div>
        )}
      </div>
      <div className={styles.facts} aria-live="polite">
        {isOld && !isRunning && <span>{text.changed}</span>}
        {result && !isOld && <Facts result={result} />}
      </div>
    </section>
  );
}

function Facts({ result }: { result: CameraTest }) {
  const styles = useStyles();
  const { state, keyframe_interval_s } = result;
  const facts = videoFacts(result);
  if (keyframe_interval_s > 0) facts.push(text.keyframe(formatRate(keyframe_interval_s)));
  if (state !== "streaming") {
    return (
      <span className={styles.works}>
        <Badge appearance="tint" color="danger">
          {cameraState[state]}
        </Badge>
        {facts.join(" · ")}
      </span>
    );
  }
  return (
    <>
      <span className={styles.works}>
        <CheckmarkCircleFilled className={styles.good} aria-hidden />
        {[text.works, ...facts].join(" · ")}
      </span>
      {keyframe_interval_s > kSlowKeyframes && <span>{text.slowKeyframes}</span>}
    </>
  );
}

function TroubleIcon({ state }: { state: CameraState }) {
  if (state === "wrong_password") return <LockClosedRegular />;
  if (state === "ended" || state === "unsupported") return <VideoOffRegular />;
  return <PlugDisconnectedRegular />;
}
