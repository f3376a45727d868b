// All compute devices.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { AddRegular, CloudCubeRegular, DesktopRegular, ServerRegular } from "@fluentui/react-icons";
import type { Device, DeviceType } from "../../api/types";
import { formatBytes } from "../../format";
import { tagsColumn, updatedColumn } from "../../list/columns";
import { ListPage } from "../../list/list_page";
import { StatePill } from "../../parts/state_pill";
import { deviceTone } from "../../parts/tones";
import { text } from "../../strings/devices";
import { deviceState } from "../../strings/states";

const useStyles = makeStyles({
  picture: {
    position: "absolute",
    inset: 0,
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    justifyContent: "center",
    gap: "6px",
    color: tokens.colorNeutralForeground2,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  icon: { fontSize: "40px", lineHeight: 1, color: tokens.colorCompoundBrandForeground1 },
  away: { color: tokens.colorNeutralForeground4 },
  line: {
    maxWidth: "90%",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontVariantNumeric: "tabular-nums",
  },
});

function TypeIcon({ type }: { type: DeviceType }) {
  if (type === "kubernetes") return <CloudCubeRegular aria-hidden />;
  if (type === "this_machine") return <DesktopRegular aria-hidden />;
  return <ServerRegular aria-hidden />;
}

function Picture({ device: { type, status } }: { device: Device }) {
  const styles = useStyles();
  const size = status.cores > 0 && `${text.cores(status.cores)} · ${formatBytes(status.memory_mb * 1e6)}`;
  return (
    <div className={styles.picture}>
      <span className={mergeClasses(styles.icon, status.state !== "connected" && styles.away)}>
        <TypeIcon type={type} />
      </span>
      {status.cpu && <span className={styles.line}>{status.cpu}</span>}
      {size && <span className={styles.line}>{size}</span>}
    </div>
  );
}

function Pill({ device: { status } }: { device: Device }) {
  return (
    <StatePill
      size="small"
      tone={deviceTone[status.state]}
      text={deviceState[status.state]}
      {...(status.cause && { cause: status.cause })}
    />
  );
}

export function DeviceList() {
  const address = ({ id }: Device) => `/devices/${encodeURIComponent(id)}`;
  return (
    <ListPage
      kind="device"
      title={text.title}
      things={text.things}
      icon={<ServerRegular />}
      empty={text.empty}
      primary={{ text: text.add, icon: AddRegular, to: "/devices/new" }}
      viewAddress={address}
      editAddress={(device) => `${address(device)}/edit`}
      removable={({ type }) => type !== "this_machine"}
      removeDetail={text.deleteDetail}
      card={{
        picture: (device) => <Picture device={device} />,
        pill: (device) => <Pill device={device} />,
        line: ({ type, architecture, acceleration }) =>
          [text.type[type], text.architecture[architecture], text.acceleration[acceleration]].join(" · "),
      }}
      columns={[
        { id: "state", title: text.column.state, width: "160px", render: (device) => <Pill device={device} /> },
        { id: "type", title: text.column.type, render: ({ type }) => text.type[type] },
        { id: "architecture", title: text.column.architecture, render: ({ architecture }) => text.architecture[architecture] },
        { id: "acceleration", title: text.column.acceleration, render: ({ acceleration }) => text.acceleration[acceleration] },
        tagsColumn,
        updatedColumn,
      ]}
    />
  );
}
