// Describes the section Connections to the settings.
import { PlugConnectedRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.sectionTitles.connections,
  path: "connections",
  order: 20,
  icon: PlugConnectedRegular,
  load: () => import("./connections"),
};
