// A camera's own page: its live picture with what the skills find in it, and its facts.
import {
  Button,
  Skeleton,
  SkeletonItem,
  Switch,
  Tooltip,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import {
  CodeRegular,
  CopyRegular,
  FullScreenMaximizeRegular,
  LockClosedRegular,
  PlugDisconnectedRegular,
  VideoOffRegular,
} from "@fluentui/react-icons";
import { Suspense, lazy, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useList, useNames } from "../../api/objects";
import type { Camera, CameraState, Insight } from "../../api/types";
import { InsightFeed } from "../../insights/insight_feed";
import { LivePicture } from "../../live/live_picture";
import { Snapshot } from "../../live/snapshot";
import { StageNotice } from "../../live/stage_notice";
import { Ago } from "../../parts/ago";
import { Panel } from "../../parts/panel";
import { StatePill } from "../../parts/state_pill";
import { StreamPanel } from "../../parts/stream_panel";
import { cameraTone } from "../../parts/tones";
import { text as cameras } from "../../strings/cameras";
import { text as live } from "../../strings/live";
import { cameraRemedy, cameraState, cameraTrouble } from "../../strings/states";
import { DeploymentLinks } from "../../view/deployment_links";
import { ObjectHeader } from "../../view/object_header";
import { ObjectPage } from "../../view/object_page";
import { CameraFacts } from "./camera_facts";
import { statusFacts } from "./facts";
import { NoDeployment } from "./no_deployment";
import { useFeed } from "./use_feed";

const RawInsight = lazy(() => import("../../parts/raw_insight"));

const text = cameras.view;
const kOneColumn = "@media (max-width: 1023px)";

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) clamp(300px, 27vw, 400px)",
    gap: "16px",
    alignItems: "start",
    [kOneColumn]: { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  left: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px", minWidth: 0 },
  facts: {
    minHeight: "16px",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontVariantNumeric: "tabular-nums",
    overflowWrap: "anywhere",
  },
  stage: {
    position: "relative",
    width: "100%",
    aspectRatio: "16 / 9",
    overflow: "hidden",
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: "#0b0e0f",
    ":fullscreen": { borderRadius: 0 },
  },
  image: { position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "contain" },
  side: {
    position: "sticky",
    top: "68px",
    height: "calc(100dvh - 84px)",
    minHeight: "320px",
    [kOneColumn]: { position: "static", height: "auto", maxHeight: "70dvh" },
  },
  skeleton: { display: "grid", gap: "12px" },
});

const list = { to: "/cameras", title: cameras.title, things: cameras.things };

export default function CameraPage() {
  return (
    <ObjectPage kind="camera" list={list.to} skeleton={<PageSkeleton />}>
      {(camera) => <CameraView camera={camera} />}
    </ObjectPage>
  );
}

function CameraView({ camera }: { camera: Camera }) {
  const styles = useStyles();
  const navigate = useNavigate();
  const stage = useRef<HTMLDivElement>(null);
  const [showBoxes, setShowBoxes] = useState(true);
  const [raw, setRaw] = useState<{ open: boolean; insight?: Insight }>();
  const { rows, loaded } = useFeed(camera.id);
  const deployments = useList("deployment", { uses: camera.id, limit: 200 });
  const skillName = useNames("skill");
  const streams = (deployments.items ?? []).flatMap((deployment) =>
    deployment.status.streams
      .filter((stream) => stream.camera === camera.id)
      .map((stream) => ({ deployment, stream })),
  );
  // Insights name the deployment they come from; people know the skills.
  const names = new Map(streams.map(({ deployment, stream }) => [deployment.id, skillName(stream.skill)]));

  return (
    <div className={styles.columns}>
      <div className={styles.left}>
        <div>
          <ObjectHeader
            kind="camera"
            object={camera}
            list={list}
            pill={
              <StatePill
                tone={cameraTone[camera.status.state]}
                text={cameraState[camera.status.state]}
                {...(camera.status.cause && { cause: camera.status.cause })}
              />
            }
            detail={<span className={styles.facts}>{factLine(camera)}</span>}
            menu={[
              {
                text: cameras.duplicate,
                icon: CopyRegular,
                run: () => void navigate(`/cameras/new?from=${encodeURIComponent(camera.id)}`),
              },
            ]}
            deleteDetail={cameras.deleteDetail}
          >
            <Switch
              label={live.boxes}
              checked={showBoxes}
              onChange={(_event, data) => setShowBoxes(data.checked)}
            />
            <Tooltip content={live.fullScreen} relationship="label">
              <Button
                appearance="subtle"
                icon={<FullScreenMaximizeRegular />}
                onClick={() => void toggleFullScreen(stage.current)}
              />
            </Tooltip>
            <Tooltip content={live.rawInsight} relationship="label">
              <Button
                appearance="subtle"
                icon={<CodeRegular />}
                onClick={() => setRaw({ open: true, ...(rows[0] && { insight: rows[0].newest }) })}
              />
            </Tooltip>
          </ObjectHeader>
          <div className={styles.stage} ref={stage}>
            <Stage camera={camera} showBoxes={showBoxes} />
          </div>
        </div>
        {streams.map(({ deployment, stream }) => (
          <StreamPanel
            key={`${deployment.id}/${stream.skill}`}
            stream={stream}
            name={skillName(stream.skill)}
            detail={<span className={styles.facts}>{text.of(deployment.name)}</span>}
          />
        ))}
        {deployments.items?.length === 0 && <NoDeployment />}
        {deployments.items && deployments.items.length > 0 && (
          <Panel title={text.deployments} testId="deployments">
            <DeploymentLinks deployments={deployments.items} />
          </Panel>
        )}
        <CameraFacts camera={camera} />
      </div>
      <InsightFeed
        className={styles.side}
        rows={rows}
        loaded={loaded}
        deploymentNames={names}
        onOpen={(insight) => setRaw({ open: true, insight })}
      />
      {raw && (
        <Suspense>
          <RawInsight
            insight={raw.insight}
            camera={camera.id}
            open={raw.open}
            onClose={() => setRaw({ ...raw, open: false })}
          />
        </Suspense>
      )}
    </div>
  );
}

const keepsTrying: ReadonlySet<CameraState> = new Set([
  "stalled",
  "not_found",
  "refused",
  "timed_out",
]);

const opens: ReadonlySet<CameraState> = new Set(["connecting", "streaming", "stalled"]);

function Stage({ camera, showBoxes }: { camera: Camera; showBoxes: boolean }) {
  const { state, cause, since: sinceText } = camera.status;
  const since = Date.parse(sinceText) / 1000;
  // A camera that nobody uses is opened by being looked at; where it cannot be, a cause is given.
  const isOpening = state === "idle" && !cause;
  const quiet = state === "streaming" || isOpening;
  return (
    <>
      {isOpening || opens.has(state) ? (
        <LivePicture camera={camera.id} cameraName={camera.name} showBoxes={showBoxes} />
      ) : (
        <LastPicture camera={camera} />
      )}
      {!quiet && (
        <StageNotice
          icon={<TroubleIcon state={state} />}
          title={cameraTrouble[state](camera.name)}
          {...(cause && { cause })}
          {...(!cause && { remedy: cameraRemedy[state] })}
          {...(Number.isFinite(since) &&
            state !== "connecting" && {
              detail: (
                <>
                  {cameraState[state]} <Ago time={since} />
                  {keepsTrying.has(state) && ` · ${live.keepsTrying}`}
                </>
              ),
            })}
        />
      )}
    </>
  );
}

// "1280 × 720 · H.264 · 25.0 fps · rtsp://…"
function factLine({ status, uri }: Camera): string {
  const facts = statusFacts(status);
  if (status.reconnects > 0) facts.push(text.reconnects(status.reconnects));
  return [...facts, uri].join(" · ");
}

function TroubleIcon({ state }: { state: CameraState }) {
  if (state === "wrong_password") return <LockClosedRegular />;
  if (state === "ended" || state === "unsupported") return <VideoOffRegular />;
  return <PlugDisconnectedRegular />;
}

// What the camera showed last, if it ever showed anything.
function LastPicture({ camera }: { camera: Camera }) {
  const styles = useStyles();
  if (camera.status.frames_decoded === 0) return null;
  return (
    <Snapshot
      className={styles.image}
      camera={camera.id}
      width={960}
      version={camera.status.since}
      alt={live.lastPicture}
    />
  );
}

async function toggleFullScreen(element: HTMLElement | null): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await element?.requestFullscreen();
}

// As large as what comes, so that nothing jumps.
function PageSkeleton() {
  const styles = useStyles();
  return (
    <div className={styles.columns} aria-busy>
      <Skeleton className={styles.skeleton} aria-label={cameras.title}>
        <SkeletonItem style={{ height: 80, width: 260 }} />
        <SkeletonItem style={{ aspectRatio: "16 / 9", height: "auto", width: "100%" }} />
        <SkeletonItem style={{ height: 100, width: "100%" }} />
      </Skeleton>
      <Skeleton className={styles.side} aria-label={live.feed.title}>
        <SkeletonItem style={{ height: "100%", width: "100%" }} />
      </Skeleton>
    </div>
  );
}
