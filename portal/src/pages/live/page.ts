// Leads addresses of the former page Live to the cameras.
import { LiveRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.pages.cameras,
  path: "live",
  order: 900,
  icon: LiveRegular,
  hidden: true,
  load: () => import("./to_cameras"),
};
