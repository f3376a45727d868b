// Describes the page Insights to the portal.
import { DataTrendingRegular } from "@fluentui/react-icons";
import { strings } from "../../strings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: strings.pages.insights,
  path: "insights",
  order: 70,
  icon: DataTrendingRegular,
  load: () => import("./insights_page"),
};
