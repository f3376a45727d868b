// Describes the page AI Skills to the portal.
import { BrainCircuitRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.pages.skills,
  path: "skills",
  order: 50,
  icon: BrainCircuitRegular,
  load: () => import("./skills_page"),
};
