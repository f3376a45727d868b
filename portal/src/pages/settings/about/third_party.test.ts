// Reading THIRD_PARTY.md.
import { expect, test } from "vitest";
import own from "../../../../../THIRD_PARTY.md?raw";
import { readThirdParty } from "./third_party";

test("reads sections with their tables and paragraphs", () => {
  const sections = readThirdParty("# T\nHead\n\n## Libraries\n\n| package | licence |\n|---|---|\n| `a` | MIT |\n| b | ISC |\n\nA **word**.\n## Models\nNone\n");
  expect(sections).toEqual([
    { title: "Libraries", blocks: [{ rows: [["package", "licence"], ["a", "MIT"], ["b", "ISC"]] }, { paragraph: "A word." }] },
    { title: "Models", blocks: [{ paragraph: "None" }] },
  ]);
});

test("reads the project's own", () => {
  const sections = readThirdParty(own);
  const rows = sections.flatMap(({ blocks }) => blocks.flatMap((block) => ("rows" in block ? block.rows : [])));
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.every((row) => row.length === rows[0]!.length || row.length === 3)).toBe(true);
});
