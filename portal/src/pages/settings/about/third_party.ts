// Reads THIRD_PARTY.md: sections of paragraphs and tables.

export type ThirdPartySection = {
  title: string;
  // In their order; a table's first row is its head.
  blocks: ({ paragraph: string } | { rows: string[][] })[];
};

const cells = (line: string) => line.replace(/^\||\|$/g, "").split("|").map((cell) => plain(cell.trim()));

// Without Markdown's marks.
const plain = (text: string) => text.replace(/`([^`]*)`/g, "$1").replace(/\*\*([^*]*)\*\*/g, "$1").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");

export function readThirdParty(markdown: string): ThirdPartySection[] {
  const sections: ThirdPartySection[] = [];
  let rows: string[][] | undefined;
  for (const line of markdown.split(/\r?\n/)) {
    if (line.startsWith("## ")) sections.push({ title: plain(line.slice(3).trim()), blocks: [] });
    const section = sections.at(-1);
    if (!line.startsWith("|")) rows = undefined;
    if (!section || line.startsWith("#") || line.trim() === "") continue;
    if (!line.startsWith("|")) {
      section.blocks.push({ paragraph: plain(line.trim()) });
    } else if (!/^\|[\s:|-]+\|?$/.test(line)) {
      if (!rows) {
        rows = [];
        section.blocks.push({ rows });
      }
      rows.push(cells(line));
    }
  }
  return sections;
}
