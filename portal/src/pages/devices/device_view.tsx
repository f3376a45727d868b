// A compute device's own page: what it is, what it can accelerate, and what runs there.
import {
  Badge,
  Button,
  Link as FluentLink,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import { CheckmarkCircleFilled, SubtractCircleRegular } from "@fluentui/react-icons";
import { useHref, useNavigate } from "react-router";
import { useList } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Device } from "../../api/types";
import { formatBytes } from "../../format";
import { FactList, Panel } from "../../parts/panel";
import { StatePill } from "../../parts/state_pill";
import { deviceTone } from "../../parts/tones";
import { text as devices } from "../../strings/devices";
import { deviceState } from "../../strings/states";
import { text as common } from "../../strings/view";
import { DeploymentLinks } from "../../view/deployment_links";
import { commonFacts } from "../../view/facts";
import { ObjectHeader } from "../../view/object_header";
import { ObjectPage } from "../../view/object_page";

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

const list = { to: "/devices", title: devices.title, things: devices.things };

export default function DevicePage() {
  return (
    <ObjectPage kind="device" list={list.to}>
      {(device) => <DeviceView device={device} />}
    </ObjectPage>
  );
}

function DeviceView({ device }: { device: Device }) {
  const styles = useStyles();
  const { status, type, architecture, acceleration } = device;
  const known = status.state === "connected";
  return (
    <div className={styles.root}>
      <div>
        <ObjectHeader
          kind="device"
          object={device}
          list={list}
          pill={<StatePill tone={deviceTone[status.state]} text={deviceState[status.state]} />}
          detail={devices.type[type]}
          deleteDetail={devices.deleteDetail}
          removable={type !== "this_machine"}
        />
      </div>
      {!known && (
        <MessageBar layout="multiline" data-testid="not-connected">
          <MessageBarBody>
            <MessageBarTitle>{text.notConnected}</MessageBarTitle>{" "}
            {status.cause || `${devices.notYetTitle} ${devices.notYet}`}
          </MessageBarBody>
        </MessageBar>
      )}
      <Panel title={common.facts}>
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
            ...commonFacts(device),
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
      <DeploymentLinks deployments={items ?? []} />
    </Panel>
  );
}

