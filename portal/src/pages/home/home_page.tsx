// The page Home: pictures first, then what needs attention, what is running and how the machine is.
import { Button, Skeleton, SkeletonItem, Title2, makeStyles, tokens } from "@fluentui/react-components";
import { AddRegular, CheckmarkCircleFilled } from "@fluentui/react-icons";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useJobs } from "../../api/jobs";
import { useList } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Deployment } from "../../api/types";
import { formatAskedRate, formatCount, formatRate } from "../../format";
import { ObjectLinks } from "../../parts/object_links";
import { PageHeader } from "../../parts/page_header";
import { Panel } from "../../parts/panel";
import { StatePill } from "../../parts/state_pill";
import { deploymentTone } from "../../parts/tones";
import { useNow } from "../../parts/use_now";
import { LoadFailed } from "../../shell/notice";
import { text } from "../../strings/home";
import { deploymentState } from "../../strings/states";
import { attentionOf, leadingCameras, type Attention } from "./attention";
import { CameraWall } from "./camera_wall";
import { GettingStarted } from "./getting_started";
import { SystemPanel } from "./system_panel";
import { useGettingStarted } from "./use_getting_started";
import { WelcomePicture } from "./welcome_picture";

const kLookedAt = 500; // cameras and deployments
const kPictures = 8;
const kAttention = 6;
const kRunning = 8;
const kHidden = "poss.getting_started";

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  columns: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(300px, 360px)",
    gap: "16px",
    alignItems: "start",
    "@media (max-width: 1023px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  column: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  welcome: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr)",
    gap: "24px 40px",
    alignItems: "center",
    maxWidth: "1080px",
    margin: "2vh auto 0",
    "@media (max-width: 900px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  words: { display: "grid", gap: "14px", justifyItems: "start" },
  detail: { color: tokens.colorNeutralForeground2, textWrap: "pretty" },
  fine: { display: "flex", alignItems: "center", gap: "8px", color: tokens.colorNeutralForeground2 },
  good: { fontSize: "20px", color: tokens.colorStatusSuccessForeground1 },
  note: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

export default function HomePage() {
  const styles = useStyles();
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const cameras = useList("camera", { limit: kLookedAt });
  const deployments = useList("deployment", { limit: kLookedAt });
  const { data: jobs = [] } = useJobs();
  const steps = useGettingStarted(deployments.items);
  const [hidden, setHidden] = useState(() => localStorage.getItem(kHidden) === "hidden");
  const now = useNow();

  const failed = cameras.error ?? deployments.error;
  if (failed && (!cameras.items || !deployments.items)) {
    return (
      <LoadFailed
        error={failed}
        onAgain={() => {
          void cameras.refetch();
          void deployments.refetch();
        }}
      />
    );
  }
  if (!cameras.items || !deployments.items || !steps) return <HomeSkeleton />;

  if (cameras.total === 0) {
    return (
      <div className={styles.welcome} data-testid="welcome">
        <div className={styles.words}>
          <WelcomePicture />
          <Title2 as="h1">{text.welcome}</Title2>
          <p className={styles.detail}>{text.welcomeDetail}</p>
          {mayChange && (
            <Button appearance="primary" icon={<AddRegular />} onClick={() => void navigate("/cameras/new")}>
              {text.started.camera.title}
            </Button>
          )}
        </div>
        <div className={styles.column}>
          <GettingStarted steps={steps} />
          <SystemPanel />
        </div>
      </div>
    );
  }

  const attention = attentionOf(cameras.items, deployments.items, jobs, now);
  const isCut = cameras.hasNextPage || deployments.hasNextPage;
  // Few pictures do not fill the page's width: the rest stands beside them.
  const isSmall = cameras.items.length <= 2;
  const wall = <CameraWall cameras={leadingCameras(cameras.items, kPictures)} total={cameras.total} />;
  const isStarting = !hidden && steps.some(({ done }) => !done);
  return (
    <div className={styles.root}>
      <PageHeader
        title={text.title}
        primary={mayChange ? { text: text.started.camera.title, icon: AddRegular, to: "/cameras/new" } : undefined}
      />
      {!isSmall && wall}
      <div className={styles.columns}>
        <div className={styles.column}>
          {isSmall && wall}
          <AttentionPanel attention={attention} isCut={isCut} />
          <RunningPanel deployments={deployments.items} />
        </div>
        <div className={styles.column}>
          {isStarting && (
            <GettingStarted
              steps={steps}
              onHide={() => {
                localStorage.setItem(kHidden, "hidden");
                setHidden(true);
              }}
            />
          )}
          <SystemPanel />
        </div>
      </div>
    </div>
  );
}

function AttentionPanel({ attention, isCut }: { attention: readonly Attention[]; isCut: boolean }) {
  const styles = useStyles();
  const rest = attention.length - kAttention;
  return (
    <Panel title={text.attention.title} testId="attention">
      {attention.length === 0 ? (
        <p className={styles.fine}>
          <CheckmarkCircleFilled className={styles.good} aria-hidden />
          {text.attention.nothing}
        </p>
      ) : (
        <ObjectLinks
          links={attention.slice(0, kAttention).map(({ id, name, to, tone, state, cause }) => ({
            id,
            name,
            ...(to !== undefined && { to }),
            pill: <StatePill size="small" tone={tone} text={state} />,
            detail: cause,
          }))}
        />
      )}
      {rest > 0 && <p className={styles.note}>{text.attention.more(rest)}</p>}
      {isCut && <p className={styles.note}>{text.attention.of(formatCount(kLookedAt))}</p>}
    </Panel>
  );
}

function RunningPanel({ deployments }: { deployments: readonly Deployment[] }) {
  const styles = useStyles();
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const running = deployments.filter(({ enabled, status }) => enabled && status.state !== "failed");
  return (
    <Panel title={text.running.title} testId="running">
      {running.length === 0 && (
        <>
          <p className={styles.detail}>{text.running.nothing}</p>
          {mayChange && (
            <div>
              <Button onClick={() => void navigate("/deployments/new")}>{text.running.deploy}</Button>
            </div>
          )}
        </>
      )}
      <ObjectLinks
        links={running.slice(0, kRunning).map((deployment) => ({
          id: deployment.id,
          name: deployment.name,
          to: `/deployments/${encodeURIComponent(deployment.id)}`,
          pill: (
            <StatePill
              size="small"
              tone={deploymentTone[deployment.status.state]}
              text={deploymentState[deployment.status.state]}
            />
          ),
          detail: inWords(deployment),
        }))}
      />
      {running.length > kRunning && (
        <div>
          <Button appearance="subtle" onClick={() => void navigate("/deployments")}>
            {text.running.all}
          </Button>
        </div>
      )}
    </Panel>
  );
}

// "2 skills on cameras · 14.8 of 15 fps": the slowest of them.
function inWords({ status: { streams } }: Deployment): string {
  const parts = [text.running.streams(streams.length)];
  const slowest = streams.toSorted((a, b) => share(a) - share(b))[0];
  if (slowest && slowest.fps_reached > 0) {
    const reached = formatRate(slowest.fps_reached);
    parts.push(
      slowest.fps_asked > 0
        ? text.running.rate(reached, formatAskedRate(slowest.fps_asked))
        : text.running.everyFrame(reached),
    );
  }
  return parts.join(" · ");
}

const share = ({ fps_reached, fps_asked }: { fps_reached: number; fps_asked: number }) =>
  fps_asked > 0 ? fps_reached / fps_asked : 1;

function HomeSkeleton() {
  const styles = useStyles();
  return (
    <Skeleton className={styles.root} aria-label={text.title}>
      <SkeletonItem style={{ height: 48, width: 200 }} />
      <SkeletonItem style={{ height: 200 }} />
      <div className={styles.columns}>
        <SkeletonItem style={{ height: 220 }} />
        <SkeletonItem style={{ height: 220 }} />
      </div>
    </Skeleton>
  );
}
