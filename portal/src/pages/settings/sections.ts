// The sections of Settings. A section is a folder beside this file with a section.ts that describes
// it: adding the folder adds the section.
import type { FluentIcon } from "@fluentui/react-icons";
import { lazy, type ComponentType } from "react";
import type { Role } from "../../api/types";

export type SectionDescription = {
  title: string;
  path: string; // second part of the address, such as "locations"
  order: number;
  icon: FluentIcon;
  role?: Role; // who sees it; everybody otherwise
  load: () => Promise<{ default: ComponentType }>;
};

const found = import.meta.glob<{ section: SectionDescription }>("./*/section.ts", { eager: true });

export const sections = Object.values(found)
  .map(({ section }) => ({ ...section, View: lazy(section.load) }))
  .sort((a, b) => a.order - b.order);
