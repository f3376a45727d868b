// What to do while no deployment uses a camera.
import { Button } from "@fluentui/react-components";
import { useNavigate } from "react-router";
import { useMay } from "../../api/session";
import { Panel } from "../../parts/panel";
import { text as cameras } from "../../strings/cameras";

const text = cameras.view;

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
