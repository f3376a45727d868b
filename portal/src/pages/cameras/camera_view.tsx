// A camera's own page: its live picture with what the skills find in it, and its facts.
import {
  Breadcrumb,
  BreadcrumbDivider,
  BreadcrumbItem,
  Button,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Skeleton,
  SkeletonItem,
  Switch,
  Title3,
  Tooltip,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import {
  CodeRegular,
  CopyRegular,
  DeleteRegular,
  EditRegular,
  FullScreenMaximizeRegular,
  LockClosedRegular,
  MoreHorizontalRegular,
  PlugDisconnectedRegular,
  VideoOffRegular,
} from "@fluentui/react-icons";
import { Suspense, lazy, useRef, useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { ApiError } from "../../api/client";
import { useList, useNames, useObject } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Camera, CameraState, Insight } from "../../api/types";
import { DeleteDialog } from "../../list/delete_dialog";
import { LivePicture } from "../../live/live_picture";
import { Snapshot } from "../../live/snapshot";
import { StageNotice } from "../../live/stage_notice";
import { Ago } from "../../parts/ago";
import { StatePill } from "../../parts/state_pill";
import { StreamPanel } from "../../parts/stream_panel";
import { cameraTone } from "../../parts/tones";
import { Notice } from "../../shell/notice";
import { strings } from "../../strings";
import { text as cameras } from "../../strings/cameras";
import { text as live } from "../../strings/live";
import { cameraRemedy, cameraState, cameraTrouble } from "../../strings/states";
import { CameraFacts } from "./camera_facts";
import { CameraDeployments, NoDeployment } from "./camera_deployments";
import { statusFacts } from "./facts";
import { InsightFeed } from "../../insights/insight_feed";
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
  path: { marginLeft: "-8px", minHeight: "32px" },
  crumb: {
    padding: "0 8px",
    color: tokens.colorNeutralForeground2,
    textDecoration: "none",
    borderRadius: tokens.borderRadiusMedium,
    ":hover": { color: tokens.colorNeutralForeground1, textDecoration: "underline" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  head: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    justifyContent: "space-between",
    gap: "4px 16px",
    marginBottom: "12px",
    minHeight: "48px",
  },
  names: { flex: "1 1 200px", minWidth: 0 },
  name: { display: "flex", alignItems: "center", gap: "10px", minWidth: 0 },
  title: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  facts: {
    minHeight: "16px",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontVariantNumeric: "tabular-nums",
    overflowWrap: "anywhere",
  },
  actions: {
    display: "flex",
    flexWrap: "wrap",
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

export default function CameraPage() {
  const { id = "" } = useParams();
  const { data: camera, error, refetch } = useObject("camera", id);
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Notice
        title={text.unknown(id)}
        detail={text.unknownDetail}
        action={{ text: text.toList, to: "/cameras" }}
      />
    );
  }
  if (!camera) {
    if (!error) return <PageSkeleton />;
    return (
      <Notice
        title={strings.loadFailed}
        detail={error.message}
        action={{ text: strings.tryAgain, run: () => void refetch() }}
      />
    );
  }
  return <CameraView key={camera.id} camera={camera} />;
}

function CameraView({ camera }: { camera: Camera }) {
  const styles = useStyles();
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
          <CameraPath />
          <div className={styles.head}>
            <div className={styles.names}>
              <div className={styles.name}>
                <Title3 as="h1" className={styles.title} title={camera.name}>
                  {camera.name}
                </Title3>
                <StatePill
                  tone={cameraTone[camera.status.state]}
                  text={cameraState[camera.status.state]}
                  {...(camera.status.cause && { cause: camera.status.cause })}
                />
              </div>
              <div className={styles.facts}>{factLine(camera)}</div>
            </div>
            <div className={styles.actions}>
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
              <Changes camera={camera} />
            </div>
          </div>
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
          <CameraDeployments deployments={deployments.items} />
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

function CameraPath() {
  const styles = useStyles();
  return (
    <Breadcrumb className={styles.path} size="small">
      <BreadcrumbItem>
        <Link className={styles.crumb} to="/cameras">
          {cameras.title}
        </Link>
      </BreadcrumbItem>
      <BreadcrumbDivider aria-hidden />
    </Breadcrumb>
  );
}

// Editing, and what is done more rarely.
function Changes({ camera }: { camera: Camera }) {
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const [deleting, setDeleting] = useState(false);
  const id = encodeURIComponent(camera.id);
  if (!mayChange) return null;
  return (
    <>
      <Menu positioning="below-end">
        <MenuTrigger disableButtonEnhancement>
          <Button appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={text.more} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<CopyRegular />} onClick={() => void navigate(`/cameras/new?from=${id}`)}>
              {cameras.duplicate}
            </MenuItem>
            <MenuItem icon={<DeleteRegular />} onClick={() => setDeleting(true)}>
              {text.remove}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Button
        appearance="primary"
        icon={<EditRegular />}
        onClick={() => void navigate(`/cameras/${id}/edit`)}
      >
        {text.edit}
      </Button>
      {deleting && (
        <DeleteDialog
          kind="camera"
          things={cameras.things}
          items={[{ id: camera.id, revision: camera.revision, name: camera.name }]}
          detail={cameras.deleteDetail}
          onClose={() => setDeleting(false)}
          onDeleted={() => void navigate("/cameras")}
        />
      )}
    </>
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
