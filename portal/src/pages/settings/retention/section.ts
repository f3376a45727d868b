// Describes the section Retention to the settings.
import { DatabaseRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.sectionTitles.retention,
  path: "retention",
  order: 60,
  icon: DatabaseRegular,
  role: "admin",
  load: () => import("./retention"),
};
