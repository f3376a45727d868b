// What a skill does, in sentences made from its nodes.
import type { SkillGraph } from "../../api/types";
import { formatAskedRate } from "../../format";
import { childrenOf, endOf, inWords, treeOf } from "../../graph/graph";
import type { NodeTypes } from "../../graph/node_types";
import { text as skills } from "../../strings/skills";

const text = skills.sentence;

function list(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return names.slice(0, -1).join(", ") + text.and + names.at(-1)!;
}

export function sentenceOf(graph: SkillGraph, fps: number, types: NodeTypes): string {
  const rows = treeOf(graph).filter(({ reference }) => !reference);
  const first = rows[0];
  if (!first) return text.empty;
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const sentences: string[] = [];
  for (const { node } of rows) {
    const next = childrenOf(graph, node.id)
      .map(({ to }) => byId.get(endOf(to).node))
      .filter((child) => child !== undefined)
      .map((child) => inWords(child, types));
    const rate = text.rate(formatAskedRate(fps));
    if (node === first.node) {
      sentences.push(next.length > 0 ? text.start(rate, inWords(node, types), list(next)) : text.only(rate, inWords(node, types)));
    } else if (next.length > 0) {
      sentences.push(text.step(types.get(node.type)?.title ?? node.type, list(next)));
    }
  }
  return sentences.join(" ");
}
