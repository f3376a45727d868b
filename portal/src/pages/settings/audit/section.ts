// Describes the section Audit log to the settings.
import { HistoryRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.sectionTitles.audit,
  path: "audit",
  order: 50,
  icon: HistoryRegular,
  role: "admin",
  load: () => import("./audit"),
};
