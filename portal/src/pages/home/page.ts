// Describes the page Home to the portal.
import { HomeRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.pages.home,
  path: "home",
  order: 10,
  icon: HomeRegular,
  load: () => import("./home_page"),
};
