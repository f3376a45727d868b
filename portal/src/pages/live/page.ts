// Describes the page Live to the portal.
import { LiveRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.live.title,
  path: "live",
  order: 70,
  icon: LiveRegular,
  load: () => import("./live_page"),
};
