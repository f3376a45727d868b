// What a camera is: its source, place, devices and tags.
import { Fragment } from "react";
import type { Camera } from "../../api/types";
import { NameOf } from "../../form/reference_field";
import { FactList, Panel, type FactItem } from "../../parts/panel";
import { text as cameras } from "../../strings/cameras";
import { text as common } from "../../strings/view";
import { commonFacts } from "../../view/facts";
import { takesCredentials } from "./address";

const text = cameras.view;

export function CameraFacts({ camera }: { camera: Camera }) {
  const { source, uri, user_name, has_password, location, devices, detect_uri } = camera;
  const credentials: FactItem[] = takesCredentials(source)
    ? [
        { term: text.user, value: user_name || text.none },
        { term: text.password, value: has_password ? text.passwordSet : text.none },
        { term: text.detect, value: detect_uri || text.none },
      ]
    : [];
  return (
    <Panel title={common.facts} testId="facts">
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
          ...commonFacts(camera),
        ]}
      />
    </Panel>
  );
}
