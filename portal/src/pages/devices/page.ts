// Describes the page Compute Devices to the portal.
import { ServerRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.pages.devices,
  path: "devices",
  order: 20,
  icon: ServerRegular,
  load: () => import("./devices_page"),
};
