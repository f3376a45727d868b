// Describes the page AI Skills to the portal.
import { FlowchartRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.pages.skills,
  path: "skills",
  order: 50,
  icon: FlowchartRegular,
  load: () => import("./skills_page"),
};
