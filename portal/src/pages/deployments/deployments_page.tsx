// The page Deployments: the list, the wizard, and a deployment's own page.
import { Suspense, lazy } from "react";
import { Route, Routes } from "react-router";
import { DeploymentList } from "./deployment_list";

const DeploymentView = lazy(() => import("./deployment_view"));
const Deploy = lazy(() => import("./deployment_wizard").then((m) => ({ default: m.Deploy })));
const EditDeployment = lazy(() => import("./deployment_wizard").then((m) => ({ default: m.EditDeployment })));

export default function DeploymentsPage() {
  return (
    <Suspense>
      <Routes>
        <Route index element={<DeploymentList />} />
        <Route path="new" element={<Deploy />} />
        <Route path=":id/edit" element={<EditDeployment />} />
        <Route path=":id/:tab?" element={<DeploymentView />} />
      </Routes>
    </Suspense>
  );
}
