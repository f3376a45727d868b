// The page Live: a camera's picture with what its skills find in it.
import {
  Button,
  Skeleton,
  SkeletonItem,
  Subtitle2,
  Switch,
  Title3,
  Tooltip,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import {
  CodeRegular,
  FullScreenMaximizeRegular,
  LockClosedRegular,
  PlugDisconnectedRegular,
  VideoOffRegular,
} from "@fluentui/react-icons";
import { Suspense, lazy, useMemo, useRef, useState } from "react";
import { useParams } from "react-router";
import type { CameraState, Insight } from "../../api/types";
import { formatRate } from "../../format";
import { LivePicture } from "../../live/live_picture";
import { Snapshot } from "../../live/snapshot";
import { StageNotice } from "../../live/stage_notice";
import { Ago } from "../../parts/ago";
import { Command } from "../../parts/command";
import { StatePill } from "../../parts/state_pill";
import { Notice } from "../../shell/notice";
import { strings } from "../../strings";
import { CameraCards } from "./camera_cards";
import { DeploymentPanel } from "./deployment_panel";
import { InsightFeed } from "./insight_feed";
import { NoCameras } from "./no_cameras";
import { cameraTone } from "./tones";
import { useFeed } from "./use_feed";
import { useLiveCameras, useLiveStreams, type LiveCamera, type LiveStream } from "./use_live";

const RawInsight = lazy(() => import("./raw_insight"));

const kOneColumn = "@media (max-width: 1023px)";

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) clamp(300px, 27vw, 400px)",
    gap: "16px",
    alignItems: "start",
    [kOneColumn]: { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  left: { display: "grid", gap: "16px", minWidth: 0 },
  head: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    justifyContent: "space-between",
    gap: "4px 16px",
    marginBottom: "12px",
    minHeight: "48px",
  },
  names: { minWidth: 0 },
  name: { display: "flex", alignItems: "center", gap: "10px", minWidth: 0 },
  title: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  facts: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontVariantNumeric: "tabular-nums",
    overflowWrap: "anywhere",
  },
  actions: {
    display: "flex",
    alignItems: "center",
    gap: "8px",
    "@media (max-width: 640px)": { marginLeft: "-8px" },
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
  image: {
    position: "absolute",
    inset: 0,
    width: "100%",
    height: "100%",
    objectFit: "contain",
  },
  side: {
    position: "sticky",
    top: "68px",
    height: "calc(100dvh - 84px)",
    minHeight: "320px",
    [kOneColumn]: { position: "static", height: "auto", maxHeight: "70dvh" },
  },
  noSkill: {
    display: "grid",
    gap: "8px",
    padding: "14px 16px 16px",
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  skeleton: { display: "grid", gap: "12px" },
});

export default function LivePage() {
  const cameras = useLiveCameras();
  const deployments = useLiveStreams();
  const { "*": rest } = useParams();
  const wanted = rest ? decodeURIComponent(rest.split("/")[0]!) : undefined;

  if (!cameras.data) {
    if (!cameras.isError) return <PageSkeleton />;
    return (
      <Notice
        title={strings.loadFailed}
        detail={cameras.error?.message ?? ""}
        action={{ text: strings.tryAgain, run: () => void cameras.refetch() }}
      />
    );
  }
  const first = cameras.data[0];
  if (!first) return <NoCameras />;
  const camera = wanted === undefined ? first : cameras.data.find(({ id }) => id === wanted);
  return (
    <>
      {(cameras.data.length > 1 || !camera) && (
        <CameraCards cameras={cameras.data} selected={camera?.id ?? ""} />
      )}
      {camera ? (
        <CameraView
          key={camera.id}
          camera={camera}
          deployments={(deployments ?? []).filter((d) => d.camera === camera.id)}
          deploymentsKnown={deployments !== undefined}
        />
      ) : (
        <Notice
          title={strings.live.unknownCamera(wanted ?? "")}
          detail={strings.live.unknownCameraDetail}
          action={{ text: strings.live.showFirstCamera, to: `/live/${encodeURIComponent(first.id)}` }}
        />
      )}
    </>
  );
}

type CameraViewProps = {
  camera: LiveCamera;
  deployments: readonly LiveStream[];
  deploymentsKnown: boolean;
};

function CameraView({ camera, deployments, deploymentsKnown }: CameraViewProps) {
  const styles = useStyles();
  const stage = useRef<HTMLDivElement>(null);
  const [showBoxes, setShowBoxes] = useState(true);
  const [raw, setRaw] = useState<{ open: boolean; insight?: Insight }>();
  const { rows, loaded } = useFeed(camera.id);
  const names = useMemo(
    () => new Map(deployments.map((d) => [d.id, d.skill_name || d.name])),
    [deployments],
  );
  const since = Date.parse(camera.since) / 1000;

  return (
    <div className={styles.columns}>
      <div className={styles.left}>
        <div>
          <div className={styles.head}>
            <div className={styles.names}>
              <div className={styles.name}>
                <Title3 as="h1" className={styles.title}>
                  {camera.name}
                </Title3>
                <StatePill
                  tone={cameraTone[camera.state]}
                  text={strings.cameraState[camera.state]}
                  {...(camera.cause && { cause: camera.cause })}
                />
              </div>
              <div className={styles.facts}>{factsOf(camera)}</div>
            </div>
            <div className={styles.actions}>
              <Switch
                label={strings.live.boxes}
                checked={showBoxes}
                onChange={(_event, data) => setShowBoxes(data.checked)}
              />
              <Tooltip content={strings.live.fullScreen} relationship="label">
                <Button
                  appearance="subtle"
                  icon={<FullScreenMaximizeRegular />}
                  onClick={() => void toggleFullScreen(stage.current)}
                />
              </Tooltip>
              <Button
                icon={<CodeRegular />}
                onClick={() => setRaw({ open: true, ...(rows[0] && { insight: rows[0].newest }) })}
              >
                {strings.live.rawInsight}
              </Button>
            </div>
          </div>
          <div className={styles.stage} ref={stage}>
            {camera.state === "streaming" || camera.state === "stalled" ? (
              <LivePicture camera={camera.id} cameraName={camera.name} showBoxes={showBoxes} />
            ) : (
              <LastPicture camera={camera} />
            )}
            {camera.state !== "streaming" && (
              <StageNotice
                icon={<TroubleIcon state={camera.state} />}
                title={strings.cameraTrouble[camera.state](camera.name)}
                {...(camera.cause && { cause: camera.cause })}
                {...(!camera.cause && { remedy: strings.cameraRemedy[camera.state] })}
                {...(Number.isFinite(since) &&
                  camera.state !== "connecting" && {
                    detail: (
                      <>
                        {strings.cameraState[camera.state]} <Ago time={since} />
                        {keepsTrying.has(camera.state) && ` · ${strings.live.keepsTrying}`}
                      </>
                    ),
                  })}
              />
            )}
          </div>
        </div>
        {deployments.map((deployment) => (
          <DeploymentPanel key={deployment.id} deployment={deployment} />
        ))}
        {deploymentsKnown && deployments.length === 0 && <NoDeployment camera={camera} />}
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

// "1280 × 720 · H264 · 25.0 fps · rtsp://…"
function factsOf(camera: LiveCamera): string {
  return [
    camera.width > 0 ? `${camera.width} × ${camera.height}` : undefined,
    camera.codec ? camera.codec.toUpperCase() : undefined,
    camera.source_fps > 0 ? `${formatRate(camera.source_fps)} fps` : undefined,
    camera.reconnects > 0 ? strings.live.reconnects(camera.reconnects) : undefined,
    camera.uri,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

function TroubleIcon({ state }: { state: CameraState }) {
  if (state === "wrong_password") return <LockClosedRegular />;
  if (state === "ended" || state === "unsupported") return <VideoOffRegular />;
  return <PlugDisconnectedRegular />;
}

// What the camera showed last, if it ever showed anything.
function LastPicture({ camera }: { camera: LiveCamera }) {
  const styles = useStyles();
  if (camera.frames_decoded === 0) return null;
  return (
    <Snapshot
      className={styles.image}
      camera={camera.id}
      width={960}
      version={camera.since}
      alt={strings.live.lastPicture}
    />
  );
}

function NoDeployment({ camera }: { camera: LiveCamera }) {
  const styles = useStyles();
  return (
    <section className={styles.noSkill}>
      <Subtitle2 as="h2">{strings.live.noDeployment}</Subtitle2>
      <p>{strings.live.noDeploymentDetail}</p>
      <Command
        text={`poss serve --camera ${camera.name}=${camera.uri} --skill examples/skills/detect_people.json`}
      />
    </section>
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
      <Skeleton className={styles.skeleton} aria-label={strings.live.title}>
        <SkeletonItem style={{ height: 48, width: 260 }} />
        <SkeletonItem style={{ aspectRatio: "16 / 9", height: "auto", width: "100%" }} />
        <SkeletonItem style={{ height: 100, width: "100%" }} />
      </Skeleton>
      <Skeleton className={mergeClasses(styles.side)} aria-label={strings.feed.title}>
        <SkeletonItem style={{ height: "100%", width: "100%" }} />
      </Skeleton>
    </div>
  );
}
