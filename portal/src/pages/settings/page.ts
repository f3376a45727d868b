// Describes the page Settings to the portal.
import { SettingsRegular } from "@fluentui/react-icons";
import { text } from "../../strings/settings";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: text.title,
  path: "settings",
  order: 80,
  icon: SettingsRegular,
  load: () => import("./settings_page"),
};
