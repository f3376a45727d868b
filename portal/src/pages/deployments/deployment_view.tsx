// A deployment's own page: how it is, what it sees, and what it has recorded.
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
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Skeleton,
  SkeletonItem,
  Tab,
  TabList,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { DeleteRegular, EditRegular, MoreHorizontalRegular, PlayRegular, StopRegular } from "@fluentui/react-icons";
import { useState, type ReactNode } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { ApiError } from "../../api/client";
import { useNames, useObject } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Deployment } from "../../api/types";
import { NameOf } from "../../form/reference_field";
import { InsightExplorer } from "../../insights/explorer";
import { DeleteDialog } from "../../list/delete_dialog";
import { Thumbnail } from "../../live/thumbnail";
import { Ago } from "../../parts/ago";
import { ObjectLinks } from "../../parts/object_links";
import { PageHeader } from "../../parts/page_header";
import { FactList, Panel } from "../../parts/panel";
import { StatePill } from "../../parts/state_pill";
import { StreamPanel } from "../../parts/stream_panel";
import { TagList } from "../../parts/tag_list";
import { cameraTone } from "../../parts/tones";
import { Notice } from "../../shell/notice";
import { strings } from "../../strings";
import { text as deployments } from "../../strings/deployments";
import { cameraState } from "../../strings/states";
import { DeploymentPill, rateInWords, useToggle } from "./deployment_list";
import { Recordings } from "./recordings";

const text = deployments.view;

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  path: { marginLeft: "-4px" },
  crumb: { color: tokens.colorNeutralForeground2, textDecoration: "none", ":hover": { textDecoration: "underline" } },
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

export default function DeploymentPage() {
  const { id = "" } = useParams();
  const { data: deployment, error, refetch } = useObject("deployment", id);
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Notice title={text.unknown(id)} detail={text.unknownDetail} action={{ text: text.toList, to: "/deployments" }} />
    );
  }
  if (!deployment) {
    if (!error) return <PageSkeleton />;
    return (
      <Notice
        title={strings.loadFailed}
        detail={error.message}
        action={{ text: strings.tryAgain, run: () => void refetch() }}
      />
    );
  }
  return <DeploymentView key={deployment.id} deployment={deployment} />;
}

function DeploymentView({ deployment }: { deployment: Deployment }) {
  const styles = useStyles();
  const navigate = useNavigate();
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
      <Breadcrumb className={styles.path} size="small">
        <BreadcrumbItem>
          <Link className={styles.crumb} to="/deployments">
            {deployments.title}
          </Link>
        </BreadcrumbItem>
        <BreadcrumbDivider aria-hidden />
      </Breadcrumb>
      <PageHeader title={deployment.name} pill={<DeploymentPill deployment={deployment} />}>
        <Changes deployment={deployment} />
      </PageHeader>
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

function Changes({ deployment }: { deployment: Deployment }) {
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const toggle = useToggle();
  const [deleting, setDeleting] = useState(false);
  const { id, enabled } = deployment;
  if (!mayChange) return null;
  return (
    <>
      <Menu positioning="below-end">
        <MenuTrigger disableButtonEnhancement>
          <Button appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={text.more} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<DeleteRegular />} onClick={() => setDeleting(true)}>
              {text.remove}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      <Button icon={enabled ? <StopRegular /> : <PlayRegular />} onClick={() => toggle(deployment)}>
        {enabled ? deployments.stop : deployments.start}
      </Button>
      <Button
        appearance="primary"
        icon={<EditRegular />}
        onClick={() => void navigate(`/deployments/${encodeURIComponent(id)}/edit`)}
      >
        {text.edit}
      </Button>
      {deleting && (
        <DeleteDialog
          kind="deployment"
          things={deployments.things}
          items={[{ id, revision: deployment.revision, name: deployment.name }]}
          detail={deployments.deleteDetail}
          onClose={() => setDeleting(false)}
          onDeleted={() => void navigate("/deployments")}
        />
      )}
    </>
  );
}

function General({ deployment }: { deployment: Deployment }) {
  const styles = useStyles();
  const skillName = useNames("skill");
  const cameraName = useNames("camera");
  const { status, cameras } = deployment;
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
            { term: deployments.column.fps, value: rateInWords(deployment) || text.none },
            { term: text.cameras, value: deployments.cameras(cameras.length) },
            {
              term: text.tags,
              value: Object.keys(deployment.tags).length > 0 ? <TagList tags={deployment.tags} /> : text.none,
            },
            { term: text.created, value: <Ago time={Date.parse(deployment.created) / 1000} /> },
            { term: text.updated, value: <Ago time={Date.parse(deployment.updated) / 1000} /> },
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

// As large as what comes, so that nothing jumps.
function PageSkeleton() {
  const styles = useStyles();
  return (
    <Skeleton className={styles.root} aria-label={deployments.title}>
      <SkeletonItem style={{ height: 64, width: 320 }} />
      <SkeletonItem style={{ height: 120 }} />
      <SkeletonItem style={{ height: 280 }} />
    </Skeleton>
  );
}
