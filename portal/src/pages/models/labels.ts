// Labels as people keep them: one a line, sometimes numbered as TensorFlow's label maps are.

const numbered = /^\s*(\d+)[\s:,]+(\S.*?)\s*$/;

// An empty line within the text stands for a class without a name and stays; those at its end go.
export function parseLabels(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).map((line) => line.trim());
  while (lines.length > 0 && lines.at(-1) === "") lines.pop();
  const matches = lines.map((line) => numbered.exec(line));
  if (lines.length < 2 || matches.some((match) => match === null)) return lines;
  // Numbers that count up are the classes' own, and may leave some out.
  const first = Number(matches[0]![1]);
  const labels: string[] = [];
  let last = -1;
  for (const match of matches) {
    const number = Number(match![1]) - (first === 1 ? 1 : 0);
    if (number <= last || number > 100_000) return lines;
    while (labels.length < number) labels.push("");
    labels.push(match![2]!);
    last = number;
  }
  return labels;
}

// Whether a file's text can be labels: not a binary, no line too long.
export function areLabels(text: string): boolean {
  if (text.includes("\0") || text.includes("\uFFFD")) return false;
  const labels = parseLabels(text);
  return labels.length > 0 && labels.length <= 10_000 && labels.every((label) => label.length <= 200);
}
