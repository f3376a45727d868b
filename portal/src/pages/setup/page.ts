// Describes the set-up page to the portal.
import { PersonAddRegular } from "@fluentui/react-icons";
import { text } from "../../strings/sign_in";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: text.setUp,
  path: "setup",
  order: 1001,
  icon: PersonAddRegular,
  hidden: true,
  public: true,
  load: () => import("./setup_page"),
};
