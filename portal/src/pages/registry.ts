// The portal's pages. A page is a folder beside this file with a page.ts that describes it: adding
// the folder adds the page, its address and its place in the navigation.
import type { FluentIcon } from "@fluentui/react-icons";
import { lazy, type ComponentType } from "react";

export type PageDescription = {
  title: string;
  path: string; // first part of the address, such as "cameras"
  order: number; // place in the navigation, top to bottom
  icon: FluentIcon;
  // Not in the navigation.
  hidden?: boolean;
  // Shown without the shell, and before anyone has signed in.
  public?: boolean;
  // Loads the page when it is first shown. It gets the rest of the address through the router.
  load: () => Promise<{ default: ComponentType }>;
};

const found = import.meta.glob<{ page: PageDescription }>("./*/page.ts", { eager: true });

export const pages = Object.values(found)
  .map(({ page }) => ({ ...page, View: lazy(page.load) }))
  .sort((a, b) => a.order - b.order);

export const navigationPages = pages.filter(({ hidden }) => !hidden);

// Where the portal opens.
export const firstPage = `/${navigationPages[0]?.path ?? ""}`;
