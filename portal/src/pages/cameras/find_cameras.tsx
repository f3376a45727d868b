// Looks for cameras on the network, asks the chosen one for its streams and hands them over.
import {
  Badge,
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
  ProgressBar,
  Radio,
  RadioGroup,
  Skeleton,
  SkeletonItem,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { ChevronRightRegular, VideoRegular } from "@fluentui/react-icons";
import { useEffect, useRef, useState } from "react";
import { useJobRun } from "../../api/jobs";
import type { FoundCamera, FoundStream } from "../../api/types";
import { text as cameras } from "../../strings/cameras";
import { videoFacts } from "./facts";
import { bestStreams } from "./found_streams";

const text = cameras.find;

const useStyles = makeStyles({
  surface: { maxWidth: "560px" },
  content: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "12px", minHeight: "260px", alignContent: "start" },
  detail: { color: tokens.colorNeutralForeground2 },
  list: { display: "grid", gap: "6px", margin: 0, padding: 0, listStyleType: "none" },
  item: {
    width: "100%",
    display: "flex",
    alignItems: "center",
    gap: "12px",
    padding: "10px 12px",
    font: "inherit",
    color: "inherit",
    textAlign: "left",
    cursor: "pointer",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  names: { flex: "1 1 auto", minWidth: 0, overflow: "hidden", textOverflow: "ellipsis" },
  name: { fontWeight: tokens.fontWeightSemibold },
  line: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, fontVariantNumeric: "tabular-nums" },
  form: { display: "grid", gap: "12px" },
  actions: { "& button": { whiteSpace: "nowrap" } },
  pair: { display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(180px, 100%), 1fr))", gap: "12px" },
});

export type Found = {
  name: string;
  uri: string;
  detect_uri: string;
  user_name: string;
  password: string | undefined;
};

export function FindCameras({ onUse, onClose }: { onUse: (found: Found) => void; onClose: () => void }) {
  const styles = useStyles();
  const [chosen, setChosen] = useState<FoundCamera>();
  return (
    <Dialog open onOpenChange={(_event, { open }) => !open && onClose()}>
      <DialogSurface className={styles.surface} data-testid="find-cameras">
        <DialogBody>
          <DialogTitle>{chosen ? chosen.name || chosen.address : text.title}</DialogTitle>
          <CameraChoice chosen={chosen} onChoose={setChosen} onUse={onUse} onClose={onClose} />
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

type ChoiceProps = {
  chosen: FoundCamera | undefined;
  onChoose: (camera: FoundCamera | undefined) => void;
  onUse: (found: Found) => void;
  onClose: () => void;
};

function CameraChoice({ chosen, onChoose, onUse, onClose }: ChoiceProps) {
  const styles = useStyles();
  const { run, job, isRunning, error, cancel } = useJobRun("/discovery");
  // Looks once on opening; stops when closed.
  const stop = useRef(cancel);
  useEffect(() => {
    stop.current = cancel;
  });
  useEffect(() => {
    run({});
    return () => stop.current();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once
  }, []);
  const found = job?.state === "done" ? ((job.result?.items ?? []) as FoundCamera[]) : undefined;
  const failure = error?.message ?? (job?.state === "failed" ? job.cause : undefined);

  if (chosen) return <Streams camera={chosen} onBack={() => onChoose(undefined)} onUse={onUse} />;
  return (
    <>
      <DialogContent className={styles.content}>
        <p className={styles.detail}>{text.detail}</p>
        {isRunning && (
          <>
            <div role="status" aria-label={text.looking}>
              <ProgressBar />
            </div>
            <Skeleton className={styles.list} aria-hidden>
              <SkeletonItem style={{ height: 58 }} />
              <SkeletonItem style={{ height: 58 }} />
            </Skeleton>
          </>
        )}
        {failure !== undefined && <Failure title={text.failed} cause={failure} />}
        {found?.length === 0 && (
          <MessageBar layout="multiline">
            <MessageBarBody>
              <MessageBarTitle>{text.none}</MessageBarTitle> {text.noneDetail}
            </MessageBarBody>
          </MessageBar>
        )}
        {found && found.length > 0 && (
          <ul className={styles.list} aria-label={text.list}>
            {found.map((camera) => (
              <li key={camera.address}>
                <button className={styles.item} type="button" onClick={() => onChoose(camera)}>
                  <VideoRegular aria-hidden fontSize={22} />
                  <span className={styles.names}>
                    <span className={styles.name}>{camera.name || camera.address}</span>
                    <br />
                    <span className={styles.line}>
                      {[camera.hardware, camera.address].filter(Boolean).join(" · ")}
                    </span>
                  </span>
                  {camera.needs_password && <Badge appearance="outline">{text.needsPassword}</Badge>}
                  <ChevronRightRegular aria-hidden />
                </button>
              </li>
            ))}
          </ul>
        )}
      </DialogContent>
      <DialogActions className={styles.actions}>
        <Button disabledFocusable={!found && failure === undefined} onClick={() => run({})}>
          {text.again}
        </Button>
        <Button onClick={onClose}>{text.cancel}</Button>
      </DialogActions>
    </>
  );
}

type StreamsProps = { camera: FoundCamera; onBack: () => void; onUse: (found: Found) => void };

function Streams({ camera, onBack, onUse }: StreamsProps) {
  const styles = useStyles();
  const { run, job, isRunning, error } = useJobRun("/discovery");
  const [userName, setUserName] = useState("");
  const [password, setPassword] = useState("");
  const [main, setMain] = useState<string>();
  const [detect, setDetect] = useState<string>();
  const { address, needs_password } = camera;
  const ask = () => run({ address, user_name: userName, password });
  useEffect(() => {
    if (!needs_password) run({ address, user_name: "", password: "" });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once
  }, []);
  const streams = job?.state === "done" ? ((job.result?.streams ?? []) as FoundStream[]) : undefined;
  const failure = error?.message ?? (job?.state === "failed" ? job.cause : undefined);
  const best = bestStreams(streams ?? []);
  const mainUri = main ?? best.main?.uri ?? "";
  const detectUri = detect ?? best.detect?.uri ?? "";
  const known = streams !== undefined && streams.length > 0;
  return (
    <>
      <DialogContent className={styles.content}>
        {!known && (
          <form
            id="onvif-sign-in"
            className={styles.form}
            onSubmit={(event) => {
              event.preventDefault();
              ask();
            }}
          >
            <p className={styles.detail}>{text.signInDetail}</p>
            <div className={styles.pair}>
              <Field label={cameras.userName}>
                <Input value={userName} autoComplete="off" autoFocus onChange={(_event, { value }) => setUserName(value)} />
              </Field>
              <Field label={cameras.password}>
                <Input value={password} type="password" autoComplete="new-password" onChange={(_event, { value }) => setPassword(value)} />
              </Field>
            </div>
            {isRunning && (
              <div role="status" aria-label={text.asking}>
                <ProgressBar />
              </div>
            )}
          </form>
        )}
        {failure !== undefined && <Failure title={text.askFailed} cause={failure} />}
        {streams?.length === 0 && <Failure title={text.noStreams} cause="" />}
        {known && (
          <>
            <Field label={text.streams}>
              <RadioGroup value={mainUri} onChange={(_event, { value }) => setMain(value)}>
                {streams.map((stream) => (
                  <Radio key={stream.uri} value={stream.uri} label={<StreamLabel stream={stream} />} />
                ))}
              </RadioGroup>
            </Field>
            {streams.length > 1 && (
              <Field label={text.detect} hint={cameras.detectHint}>
                <RadioGroup value={detectUri === mainUri ? "" : detectUri} onChange={(_event, { value }) => setDetect(value)}>
                  <Radio value="" label={text.sameStream} />
                  {streams
                    .filter(({ uri }) => uri !== mainUri)
                    .map((stream) => (
                      <Radio key={stream.uri} value={stream.uri} label={<StreamLabel stream={stream} />} />
                    ))}
                </RadioGroup>
              </Field>
            )}
          </>
        )}
      </DialogContent>
      <DialogActions className={styles.actions}>
        <Button onClick={onBack}>{text.back}</Button>
        {known ? (
          <Button
            appearance="primary"
            onClick={() =>
              onUse({
                name: camera.name || camera.address,
                uri: mainUri,
                detect_uri: detectUri === mainUri ? "" : detectUri,
                user_name: userName,
                password: password === "" ? undefined : password,
              })
            }
          >
            {text.use}
          </Button>
        ) : (
          <Button appearance="primary" type="submit" form="onvif-sign-in" disabledFocusable={isRunning}>
            {text.ask}
          </Button>
        )}
      </DialogActions>
    </>
  );
}

function StreamLabel({ stream }: { stream: FoundStream }) {
  const styles = useStyles();
  return (
    <>
      {stream.name} <span className={styles.line}>{videoFacts({ ...stream, fps: 0 }).join(" · ")}</span>
    </>
  );
}

function Failure({ title, cause }: { title: string; cause: string }) {
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{title}</MessageBarTitle> {cause}
      </MessageBarBody>
    </MessageBar>
  );
}
