// Saves a skill as a file.
import { apiPath } from "../../api/client";
import type { Skill } from "../../api/types";

export function downloadSkill({ id, name }: Pick<Skill, "id" | "name">): void {
  const link = document.createElement("a");
  link.href = apiPath(`/skills/${encodeURIComponent(id)}/export`);
  link.download = `${name}.json`;
  link.click();
}
