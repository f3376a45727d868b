// Deployments that use an object, each with its state, as links.
import type { Deployment } from "../api/types";
import { ObjectLinks } from "../parts/object_links";
import { StatePill } from "../parts/state_pill";
import { deploymentTone } from "../parts/tones";
import { deploymentState } from "../strings/states";

export function DeploymentLinks({ deployments }: { deployments: readonly Deployment[] }) {
  return (
    <ObjectLinks
      links={deployments.map(({ id, name, status }) => ({
        id,
        to: `/deployments/${encodeURIComponent(id)}`,
        name,
        pill: <StatePill size="small" tone={deploymentTone[status.state]} text={deploymentState[status.state]} />,
        detail: status.cause,
      }))}
    />
  );
}
