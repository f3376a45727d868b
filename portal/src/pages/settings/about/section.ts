// Describes the section About to the settings.
import { InfoRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.sectionTitles.about,
  path: "about",
  order: 100,
  icon: InfoRegular,
  load: () => import("./about"),
};
