// A deployment's own page: how it is, what it sees, and what it has recorded.
import {
  Button,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Tab,
  TabList,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { PlayRegular, StopRegular } from "@fluentui/react-icons";
import { type ReactNode } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { useNames, useObject } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Deployment } from "../../api/types";
import { NameOf } from "../../form/reference_field";
import { InsightExplorer } from "../../insights/explorer";
import { Thumbnail } from "../../live/thumbnail";
import { ObjectLinks } from "../../parts/object_links";
import { FactList, Panel } from "../../parts/panel";
import { StatePill } from "../../parts/state_pill";
import { StreamPanel } from "../../parts/stream_panel";
import { cameraTone } from "../../parts/tones";
import { text as deployments } from "../../strings/deployments";
import { cameraState } from "../../strings/states";
import { commonFacts } from "../../view/facts";
import { ObjectHeader } from "../../view/object_header";
import { ObjectPage } from "../../view/object_page";
import { DeploymentPill, rateInWords, useToggle } from "./deployment_list";
import { Recordings } from "./recordings";

const text = deployments.view;

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  tabs: { marginLeft: "-10px", overflowX: "auto", scrollbarWidth: "none" },
  cameras: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(210px, 100%), 1fr))",
    gap: "16px",
    margin: 0,
    padding: 0,
    listStyleType: "none",
  },
  camera: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "6px" },
  picture: { position: "relative", aspectRatio: "16 / 9", overflow: "hidden", borderRadius: tokens.borderRadiusLarge },
  row: { display: "flex", alignItems: "center", justifyContent: "space-between", gap: "8px" },
  link: {
    minWidth: 0,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    textDecoration: "none",
    ":hover": { textDecoration: "underline" },
  },
  quiet: { margin: 0, color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  on: { color: tokens.colorNeutralForeground2 },
});

const kTabs = ["general", "insights", "recordings"] as const;

const list = { to: "/deployments", title: deployments.title, things: deployments.things };

export default function DeploymentPage() {
  return (
    <ObjectPage kind="deployment" list={list.to}>
      {(deployment) => <DeploymentView deployment={deployment} />}
    </ObjectPage>
  );
}

function DeploymentView({ deployment }: { deployment: Deployment }) {
  const styles = useStyles();
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const toggle = useToggle();
  const { enabled } = deployment;
  const { tab: wanted } = useParams();
  const tab = kTabs.find((one) => one === wanted) ?? "general";
  const address = `/deployments/${encodeURIComponent(deployment.id)}`;
  const contents: Record<typeof tab, ReactNode> = {
    general: <General deployment={deployment} />,
    insights: <InsightExplorer fixedDeployment={deployment.id} empty={<NoInsights />} />,
    recordings: <Recordings deployment={deployment.id} />,
  };
  return (
    <div>
      <ObjectHeader
        kind="deployment"
        object={deployment}
        list={list}
        pill={<DeploymentPill deployment={deployment} />}
        deleteDetail={deployments.deleteDetail}
      >
        {mayChange && (
          <Button icon={enabled ? <StopRegular /> : <PlayRegular />} onClick={() => toggle(deployment)}>
            {enabled ? deployments.stop : deployments.start}
          </Button>
        )}
      </ObjectHeader>
      <div className={styles.root}>
        <TabList
          className={styles.tabs}
          selectedValue={tab}
          onTabSelect={(_event, { value }) =>
            void navigate(value === "general" ? address : `${address}/${String(value)}`, { replace: true })
          }
        >
          {kTabs.map((one) => (
            <Tab key={one} value={one}>
              {deployments.tabs[one]}
            </Tab>
          ))}
        </TabList>
        {contents[tab]}
      </div>
    </div>
  );
}

function General({ deployment }: { deployment: Deployment }) {
  const styles = useStyles();
  const skillName = useNames("skill");
  const cameraName = useNames("camera");
  const { status, cameras } = deployment;
  const rate = rateInWords(deployment);
  const trouble = text.stateTitle[status.state];
  const skills = [...new Set(cameras.flatMap(({ skills: all }) => all.map(({ skill }) => skill)))];
  return (
    <>
      {trouble && (
        <MessageBar intent={status.state === "failed" ? "error" : "warning"} layout="multiline" data-testid="trouble">
          <MessageBarBody>
            <MessageBarTitle>{trouble}</MessageBarTitle> {status.cause}
          </MessageBarBody>
        </MessageBar>
      )}
      <Panel title={text.configuration} testId="configuration">
        <FactList
          facts={[
            {
              term: text.device,
              value: (
                <Link className={styles.link} to={`/devices/${encodeURIComponent(deployment.device)}`}>
                  <NameOf kind="device" id={deployment.device} />
                </Link>
              ),
            },
            ...(rate === "" ? [] : [{ term: deployments.column.fps, value: rate }]),
            { term: text.cameras, value: deployments.cameras(cameras.length) },
            ...commonFacts(deployment),
          ]}
        />
      </Panel>
      <Panel title={text.cameras} testId="cameras">
        <ul className={styles.cameras}>
          {cameras.map(({ camera }) => (
            <CameraItem key={camera} id={camera} />
          ))}
        </ul>
      </Panel>
      {status.streams.map((stream) => (
        <StreamPanel
          key={`${stream.camera} ${stream.skill}`}
          stream={stream}
          name={stream.skill_name}
          detail={<span className={styles.on}>{text.on(cameraName(stream.camera))}</span>}
        />
      ))}
      {status.streams.length === 0 && (
        <Panel title={text.noStreams} testId="no-streams">
          <p className={styles.quiet}>
            {deployment.enabled ? status.cause || text.startingDetail : text.stoppedDetail}
          </p>
        </Panel>
      )}
      <Panel title={text.skills}>
        <ObjectLinks links={skills.map((id) => ({ id, to: `/skills/${encodeURIComponent(id)}`, name: skillName(id) }))} />
      </Panel>
    </>
  );
}

function CameraItem({ id }: { id: string }) {
  const styles = useStyles();
  const { data: camera } = useObject("camera", id);
  const locationName = useNames("location");
  return (
    <li className={styles.camera}>
      <div className={styles.picture}>{camera && <Thumbnail camera={camera} />}</div>
      <div className={styles.row}>
        <Link className={styles.link} to={`/cameras/${encodeURIComponent(id)}`}>
          {camera?.name ?? id}
        </Link>
        {camera && (
          <StatePill
            size="small"
            tone={cameraTone[camera.status.state]}
            text={cameraState[camera.status.state]}
            {...(camera.status.cause && { cause: camera.status.cause })}
          />
        )}
      </div>
      <p className={styles.quiet}>{camera && locationName(camera.location)}</p>
    </li>
  );
}

function NoInsights() {
  return (
    <Panel title={text.noInsights} testId="no-insights">
      <p>{text.noInsightsDetail}</p>
    </Panel>
  );
}

