// The deployments that use a camera, or how to get one.
import { Button } from "@fluentui/react-components";
import { useNavigate } from "react-router";
import { useMay } from "../../api/session";
import type { Deployment } from "../../api/types";
import { ObjectLinks } from "../../parts/object_links";
import { Panel } from "../../parts/panel";
import { StatePill } from "../../parts/state_pill";
import { deploymentTone } from "../../parts/tones";
import { text as cameras } from "../../strings/cameras";
import { deploymentState } from "../../strings/states";

const text = cameras.view;

export function CameraDeployments({ deployments }: { deployments: readonly Deployment[] }) {
  return (
    <Panel title={text.deployments} testId="deployments">
      <ObjectLinks
        links={deployments.map(({ id, name, status }) => ({
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

export function NoDeployment() {
  const navigate = useNavigate();
  const mayChange = useMay("operator");
  return (
    <Panel title={text.noDeployment} testId="no-deployment">
      <p>{text.noDeploymentDetail}</p>
      {mayChange && (
        <div>
          <Button onClick={() => void navigate("/deployments/new")}>{text.deploy}</Button>
        </div>
      )}
    </Panel>
  );
}
