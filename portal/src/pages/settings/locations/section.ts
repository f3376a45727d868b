// Describes the section Locations to the settings.
import { LocationRegular } from "@fluentui/react-icons";
import { text } from "../../../strings/settings";
import type { SectionDescription } from "../sections";

export const section: SectionDescription = {
  title: text.locations.title,
  path: "locations",
  order: 10,
  icon: LocationRegular,
  load: () => import("./locations"),
};
