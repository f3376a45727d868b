// Describes the section Imports to the settings.
import { FolderOpenRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.sectionTitles.imports,
  path: "imports",
  order: 70,
  icon: FolderOpenRegular,
  role: "admin",
  load: () => import("./imports"),
};
