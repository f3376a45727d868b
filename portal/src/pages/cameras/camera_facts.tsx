// What a camera is: its source, place, devices and tags.
import { Fragment } from "react";
import type { Camera } from "../../api/types";
import { NameOf } from "../../form/reference_field";
import { Ago } from "../../parts/ago";
import { FactList, Panel, type FactItem } from "../../parts/panel";
import { TagList } from "../../parts/tag_list";
import { text as cameras } from "../../strings/cameras";
import { takesCredentials } from "./address";

const text = cameras.view;

export function CameraFacts({ camera }: { camera: Camera }) {
  const { source, uri, user_name, has_password, location, devices, detect_uri, tags } = camera;
  const credentials: FactItem[] = takesCredentials(source)
    ? [
        { term: text.user, value: user_name || text.none },
        { term: text.password, value: has_password ? text.passwordSet : text.none },
        { term: text.detect, value: detect_uri || text.none },
      ]
    : [];
  return (
    <Panel title={text.facts} testId="facts">
      <FactList
        facts={[
          { term: text.location, value: location ? <NameOf kind="location" id={location} /> : text.none },
          {
            term: text.devices,
            value: devices.map((id, i) => (
              <Fragment key={id}>
                {i > 0 && ", "}
                <NameOf kind="device" id={id} />
              </Fragment>
            )),
          },
          { term: text.source, value: cameras.source[source] },
          { term: text.address, value: uri },
          ...credentials,
          { term: text.tags, value: Object.keys(tags).length > 0 ? <TagList tags={tags} /> : text.none },
          { term: text.created, value: <Ago time={Date.parse(camera.created) / 1000} /> },
          { term: text.updated, value: <Ago time={Date.parse(camera.updated) / 1000} /> },
        ]}
      />
    </Panel>
  );
}
