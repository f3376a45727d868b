// Reads a file that is to become a skill, as far as that can be done without the server.
import { text as skills } from "../../strings/skills";

const text = skills.importDialog;

const kLargest = 4_000_000; // bytes

export type SkillFile = { name: string; nodes: unknown[] } & Record<string, unknown>;

export type ReadFile = { file: SkillFile } | { problem: string };

export function readSkillFile(fileName: string, content: string): ReadFile {
  if (content.length > kLargest) return { problem: text.tooLarge(fileName) };
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch {
    return { problem: text.notJson(fileName) };
  }
  if (typeof value !== "object" || value === null) return { problem: text.notSkill(fileName) };
  const { name, nodes } = value as Record<string, unknown>;
  if (!Array.isArray(nodes)) return { problem: text.notSkill(fileName) };
  return { file: { ...value, nodes, name: typeof name === "string" ? name : "" } };
}
