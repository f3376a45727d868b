// Describes the section Appearance to the settings.
import { ColorRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.sectionTitles.appearance,
  path: "appearance",
  order: 80,
  icon: ColorRegular,
  load: () => import("./appearance"),
};
