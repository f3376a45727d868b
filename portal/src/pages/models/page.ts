// Describes the page Models to the portal.
import { BrainCircuitRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.pages.models,
  path: "models",
  order: 40,
  icon: BrainCircuitRegular,
  load: () => import("./models_page"),
};
