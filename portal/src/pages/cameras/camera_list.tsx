// All cameras, each with its newest picture.
import { AddRegular, CopyRegular, VideoRegular } from "@fluentui/react-icons";
import { useNavigate } from "react-router";
import { useNames } from "../../api/objects";
import type { Camera, CameraState } from "../../api/types";
import { tagsColumn, updatedColumn } from "../../list/columns";
import { ListPage } from "../../list/list_page";
import { UsesFilter } from "../../list/uses_filter";
import { Thumbnail } from "../../live/thumbnail";
import { StatePill } from "../../parts/state_pill";
import { cameraTone } from "../../parts/tones";
import { text } from "../../strings/cameras";
import { cameraState } from "../../strings/states";
import { statusFacts } from "./facts";

const statuses = (Object.keys(cameraState) as CameraState[]).map((value) => ({
  value,
  text: cameraState[value],
}));

function Pill({ camera, size }: { camera: Camera; size?: "small" }) {
  const { state, cause } = camera.status;
  return (
    <StatePill
      tone={cameraTone[state]}
      text={cameraState[state]}
      {...(cause && { cause })}
      {...(size && { size })}
    />
  );
}

export function CameraList() {
  const navigate = useNavigate();
  const locationName = useNames("location");
  const address = ({ id }: Camera) => `/cameras/${encodeURIComponent(id)}`;
  return (
    <ListPage
      kind="camera"
      title={text.title}
      things={text.things}
      icon={<VideoRegular />}
      empty={text.empty}
      primary={{ text: text.add, icon: AddRegular, to: "/cameras/new" }}
      viewAddress={address}
      editAddress={(camera) => `${address(camera)}/edit`}
      removeDetail={text.deleteDetail}
      statuses={statuses}
      filterNames={["uses"]}
      filters={(values, set) => <UsesFilter kind="device" values={values} set={set} />}
      menu={() => [
        {
          id: "duplicate",
          text: text.duplicate,
          icon: <CopyRegular />,
          run: ({ id }) => void navigate(`/cameras/new?from=${encodeURIComponent(id)}`),
        },
      ]}
      card={{
        picture: (camera) => <Thumbnail camera={camera} />,
        pill: (camera) => <Pill camera={camera} size="small" />,
        line: (camera) =>
          [locationName(camera.location), ...statusFacts(camera.status)].filter(Boolean).join(" · "),
      }}
      columns={[
        { id: "state", title: text.column.state, sort: "status", width: "132px", render: (camera) => <Pill camera={camera} size="small" /> },
        { id: "location", title: text.column.location, render: ({ location }) => locationName(location) },
        { id: "video", title: text.column.video, width: "230px", render: ({ status }) => statusFacts(status).join(" · ") },
        { id: "address", title: text.column.address, render: ({ uri }) => <span title={uri}>{uri}</span> },
        tagsColumn,
        updatedColumn,
      ]}
    />
  );
}
