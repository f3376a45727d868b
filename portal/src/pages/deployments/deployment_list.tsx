// All deployments, each with the newest pictures of its cameras.
import { makeStyles } from "@fluentui/react-components";
import { PlayRegular, RocketRegular, StopRegular } from "@fluentui/react-icons";
import { useNames, useObject, usePatch } from "../../api/objects";
import type { Deployment, DeploymentState } from "../../api/types";
import { formatAskedRate, formatRate } from "../../format";
import { tagsColumn, updatedColumn } from "../../list/columns";
import { ListPage } from "../../list/list_page";
import { UsesFilter } from "../../list/uses_filter";
import { Thumbnail } from "../../live/thumbnail";
import { StatePill } from "../../parts/state_pill";
import { deploymentTone } from "../../parts/tones";
import { useToast } from "../../shell/toasts";
import { text } from "../../strings/deployments";
import { deploymentState } from "../../strings/states";

const useStyles = makeStyles({
  pictures: { position: "absolute", inset: 0, display: "grid", gap: "2px" },
  two: { gridTemplateColumns: "1fr 1fr" },
  four: { gridTemplateColumns: "1fr 1fr", gridTemplateRows: "1fr 1fr" },
  tile: { position: "relative", overflow: "hidden" },
});

const statuses = (Object.keys(deploymentState) as DeploymentState[]).map((value) => ({
  value,
  text: deploymentState[value],
}));

export function DeploymentPill({ deployment, size }: { deployment: Deployment; size?: "small" }) {
  const { state, cause } = deployment.status;
  return (
    <StatePill
      tone={deploymentTone[state]}
      text={deploymentState[state]}
      {...(cause && { cause })}
      {...(size && { size })}
    />
  );
}

// Of all its streams together; "" while nothing runs.
export function rateInWords({ status }: Deployment): string {
  const sum = (name: "fps_asked" | "fps_reached") =>
    status.streams.reduce((total, stream) => total + stream[name], 0);
  if (status.streams.length === 0) return "";
  const reached = formatRate(sum("fps_reached"));
  // One that asks for every frame has no figure to compare with.
  if (status.streams.some(({ fps_asked }) => fps_asked === 0)) return text.fpsEvery(reached);
  return text.fps(reached, formatAskedRate(sum("fps_asked")));
}

function CameraTile({ id }: { id: string }) {
  const styles = useStyles();
  const { data } = useObject("camera", id);
  return <div className={styles.tile}>{data && <Thumbnail camera={data} />}</div>;
}

function Pictures({ deployment }: { deployment: Deployment }) {
  const styles = useStyles();
  const ids = deployment.cameras.map(({ camera }) => camera);
  const shown = ids.length >= 4 ? ids.slice(0, 4) : ids.slice(0, 2);
  return (
    <div className={`${styles.pictures} ${shown.length === 4 ? styles.four : shown.length === 2 ? styles.two : ""}`}>
      {shown.map((id) => (
        <CameraTile key={id} id={id} />
      ))}
    </div>
  );
}

// Starts or stops a deployment, and says so.
export function useToggle() {
  const patch = usePatch("deployment");
  const toast = useToast();
  return (deployment: Deployment) =>
    patch.mutate(
      { object: deployment, change: { enabled: !deployment.enabled } },
      {
        onSuccess: ({ name, enabled }) =>
          toast({ intent: "success", title: enabled ? text.started(name) : text.stopped(name) }),
        onError: ({ message }) =>
          toast({ intent: "error", title: text.notChanged(deployment.name), detail: message }),
      },
    );
}

const skillIds = ({ cameras }: Deployment) => [
  ...new Set(cameras.flatMap(({ skills }) => skills.map(({ skill }) => skill))),
];

export function DeploymentList() {
  const deviceName = useNames("device");
  const skillName = useNames("skill");
  const toggle = useToggle();
  const address = ({ id }: Deployment) => `/deployments/${encodeURIComponent(id)}`;
  const skills = (deployment: Deployment) => skillIds(deployment).map(skillName).join(", ");
  return (
    <ListPage
      kind="deployment"
      title={text.title}
      things={text.things}
      icon={<RocketRegular />}
      empty={text.empty}
      primary={{ text: text.add, icon: RocketRegular, to: "/deployments/new" }}
      viewAddress={address}
      editAddress={(deployment) => `${address(deployment)}/edit`}
      removeDetail={text.deleteDetail}
      statuses={statuses}
      filterNames={["uses"]}
      filters={(values, set) => <UsesFilter kind="device" values={values} set={set} />}
      menu={({ enabled }) => [
        {
          id: "toggle",
          text: enabled ? text.stop : text.start,
          icon: enabled ? <StopRegular /> : <PlayRegular />,
          run: toggle,
        },
      ]}
      card={{
        picture: (deployment) => <Pictures deployment={deployment} />,
        pill: (deployment) => <DeploymentPill deployment={deployment} size="small" />,
        line: (deployment) =>
          [rateInWords(deployment), text.cameras(deployment.cameras.length), skills(deployment)].filter(Boolean).join(" · "),
      }}
      columns={[
        {
          id: "state",
          title: text.column.state,
          sort: "status",
          width: "150px",
          render: (deployment) => <DeploymentPill deployment={deployment} size="small" />,
        },
        { id: "device", title: text.column.device, render: ({ device }) => deviceName(device) },
        { id: "cameras", title: text.column.cameras, numeric: true, width: "90px", render: ({ cameras }) => cameras.length },
        { id: "skills", title: text.column.skills, render: skills },
        { id: "fps", title: text.column.fps, numeric: true, width: "150px", render: rateInWords },
        tagsColumn,
        updatedColumn,
      ]}
    />
  );
}
