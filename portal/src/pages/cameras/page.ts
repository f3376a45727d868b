// Describes the page Cameras to the portal.
import { VideoRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.pages.cameras,
  path: "cameras",
  order: 30,
  icon: VideoRegular,
  load: () => import("./cameras_page"),
};
