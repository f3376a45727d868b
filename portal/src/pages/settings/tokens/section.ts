// Describes the section API tokens to the settings.
import { KeyRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.sectionTitles.tokens,
  path: "tokens",
  order: 40,
  icon: KeyRegular,
  load: () => import("./tokens"),
};
