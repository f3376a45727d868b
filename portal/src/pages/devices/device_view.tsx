// A compute device's own page: what it is, what it can accelerate, and what runs there.
import {
  Badge,
  Button,
  Link as FluentLink,
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
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import {
  CheckmarkCircleFilled,
  DeleteRegular,
  EditRegular,
  MoreHorizontalRegular,
  SubtractCircleRegular,
} from "@fluentui/react-icons";
import { useState } from "react";
import { useHref, useNavigate, useParams } from "react-router";
import { ApiError } from "../../api/client";
import { useList, useObject } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Device } from "../../api/types";
import { formatBytes } from "../../format";
import { DeleteDialog } from "../../list/delete_dialog";
import { Ago } from "../../parts/ago";
import { ObjectLinks } from "../../parts/object_links";
import { PageHeader } from "../../parts/page_header";
import { FactList, Panel } from "../../parts/panel";
import { StatePill } from "../../parts/state_pill";
import { TagList } from "../../parts/tag_list";
import { deploymentTone, deviceTone } from "../../parts/tones";
import { Notice } from "../../shell/notice";
import { strings } from "../../strings";
import { text as devices } from "../../strings/devices";
import { deploymentState, deviceState } from "../../strings/states";

const text = devices.view;

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px", maxWidth: "1080px" },
  pair: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(360px, 100%), 1fr))",
    gap: "16px",
    alignItems: "start",
  },
  list: { display: "grid", gap: "10px", margin: 0, padding: 0, listStyleType: "none" },
  item: { display: "grid", gridTemplateColumns: "22px minmax(0, 1fr)", gap: "0 8px" },
  icon: { fontSize: "18px", lineHeight: "20px", color: tokens.colorNeutralForeground3 },
  good: { color: tokens.colorStatusSuccessForeground1 },
  name: { display: "flex", flexWrap: "wrap", gap: "8px", fontWeight: tokens.fontWeightSemibold },
  reason: { gridColumn: 2, color: tokens.colorNeutralForeground2, textWrap: "pretty" },
});

export default function DevicePage() {
  const styles = useStyles();
  const { id = "" } = useParams();
  const { data: device, error, refetch } = useObject("device", id);
  if (error instanceof ApiError && error.status === 404) {
    return (
      <Notice title={text.unknown(id)} detail={text.unknownDetail} action={{ text: text.toList, to: "/devices" }} />
    );
  }
  if (!device) {
    if (!error) {
      return (
        <Skeleton className={styles.root} aria-label={devices.title}>
          <SkeletonItem style={{ height: 48, width: 320 }} />
          <SkeletonItem style={{ height: 180 }} />
          <SkeletonItem style={{ height: 180 }} />
        </Skeleton>
      );
    }
    return (
      <Notice
        title={strings.loadFailed}
        detail={error.message}
        action={{ text: strings.tryAgain, run: () => void refetch() }}
      />
    );
  }
  return <DeviceView device={device} />;
}

function DeviceView({ device }: { device: Device }) {
  const styles = useStyles();
  const mayChange = useMay("operator");
  const { status, type, architecture, acceleration, tags } = device;
  const known = status.state === "connected";
  return (
    <div className={styles.root}>
      <PageHeader
        title={device.name}
        pill={<StatePill tone={deviceTone[status.state]} text={deviceState[status.state]} />}
        detail={devices.type[type]}
        primary={
          mayChange
            ? { text: text.edit, icon: EditRegular, to: `/devices/${encodeURIComponent(device.id)}/edit` }
            : undefined
        }
      >
        {mayChange && type !== "this_machine" && <More device={device} />}
      </PageHeader>
      {!known && (
        <MessageBar layout="multiline" data-testid="not-connected">
          <MessageBarBody>
            <MessageBarTitle>{text.notConnected}</MessageBarTitle>{" "}
            {status.cause || `${devices.notYetTitle} ${devices.notYet}`}
          </MessageBarBody>
        </MessageBar>
      )}
      <Panel title={text.facts}>
        <FactList
          facts={[
            ...(known
              ? [
                  { term: text.cpu, value: status.cpu },
                  { term: text.cores, value: String(status.cores) },
                  { term: text.memory, value: formatBytes(status.memory_mb * 1e6) },
                  { term: text.os, value: status.os },
                ]
              : []),
            { term: text.architecture, value: devices.architecture[architecture] },
            { term: text.chosen, value: devices.acceleration[acceleration] },
            ...(type === "kubernetes"
              ? [{ term: devices.context, value: device.context || devices.contextPlaceholder }]
              : []),
            { term: text.tags, value: Object.keys(tags).length > 0 ? <TagList tags={tags} /> : text.none },
            { term: text.created, value: <Ago time={Date.parse(device.created) / 1000} /> },
          ]}
        />
      </Panel>
      <div className={styles.pair}>
        <Accelerations device={device} />
        <Running device={device} />
      </div>
    </div>
  );
}

function Accelerations({ device: { status, acceleration } }: { device: Device }) {
  const styles = useStyles();
  return (
    <Panel title={text.accelerations} testId="accelerations">
      {status.accelerations.length === 0 ? (
        <p>{text.unknownAccelerations}</p>
      ) : (
        <ul className={styles.list}>
          {status.accelerations.map((one) => (
            <li key={one.acceleration} className={styles.item}>
              {one.available ? (
                <CheckmarkCircleFilled className={mergeClasses(styles.icon, styles.good)} aria-label={text.available} />
              ) : (
                <SubtractCircleRegular className={styles.icon} aria-label={text.notAvailable} />
              )}
              <span className={styles.name}>
                {devices.acceleration[one.acceleration]}
                {one.acceleration === acceleration && <Badge appearance="outline">{text.inUse}</Badge>}
              </span>
              {one.reason && <span className={styles.reason}>{one.reason}</span>}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Running({ device }: { device: Device }) {
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  const { items } = useList("deployment", { uses: device.id, limit: 200 });
  const { total } = useList("camera", { uses: device.id, limit: 1 });
  const streams = items?.flatMap(({ status }) => status.streams).filter(({ state }) => state === "running");
  const cameras = `/cameras?uses=${encodeURIComponent(device.id)}`;
  const camerasHref = useHref(cameras);
  return (
    <Panel title={text.runs} testId="runs">
      <p>
        <FluentLink
          href={camerasHref}
          onClick={(event: React.MouseEvent) => {
            event.preventDefault();
            void navigate(cameras);
          }}
        >
          {text.cameras(total)}
        </FluentLink>
        {streams && streams.length > 0 && <> · {text.streams(streams.length)}</>}
      </p>
      {items?.length === 0 && (
        <>
          <p>{text.noDeployment}</p>
          {mayChange && device.status.state === "connected" && (
            <div>
              <Button onClick={() => void navigate("/deployments/new")}>{text.deploy}</Button>
            </div>
          )}
        </>
      )}
      <ObjectLinks
        links={(items ?? []).map(({ id, name, status }) => ({
          id,
          to: `/deployments/${encodeURIComponent(id)}`,
          name,
          pill: <StatePill size="small" tone={deploymentTone[status.state]} text={deploymentState[status.state]} />,
          detail: status.cause,
        }))}
      />
    </Panel>
  );
}

function More({ device }: { device: Device }) {
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
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
      {deleting && (
        <DeleteDialog
          kind="device"
          things={devices.things}
          items={[{ id: device.id, revision: device.revision, name: device.name }]}
          detail={devices.deleteDetail}
          onClose={() => setDeleting(false)}
          onDeleted={() => void navigate("/devices")}
        />
      )}
    </>
  );
}
