// Describes the API documentation to the portal.
import { BracesRegular } from "@fluentui/react-icons";
import { text } from "../../strings/api_docs";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: text.title,
  path: "api-docs",
  order: 1002,
  icon: BracesRegular,
  hidden: true,
  load: () => import("./api_docs_page"),
};
