// Describes the page Deployments to the portal.
import { RocketRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.pages.deployments,
  path: "deployments",
  order: 60,
  icon: RocketRegular,
  load: () => import("./deployments_page"),
};
