// Describes the section Users to the settings.
import { PeopleRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.sectionTitles.users,
  path: "users",
  order: 30,
  icon: PeopleRegular,
  role: "admin",
  load: () => import("./users"),
};
