// Describes the sign-in page to the portal.
import { PersonRegular } from "@fluentui/react-icons";
import { text } from "../../strings/sign_in";
import type { PageDescription } from "../registry";

export const page: PageDescription = {
  title: text.signIn,
  path: "sign-in",
  order: 1000,
  icon: PersonRegular,
  hidden: true,
  public: true,
  load: () => import("./sign_in_page"),
};
