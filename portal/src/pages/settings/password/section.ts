// Describes the section My password to the settings.
import { PasswordRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.sectionTitles.password,
  path: "password",
  order: 90,
  icon: PasswordRegular,
  load: () => import("./password"),
};
