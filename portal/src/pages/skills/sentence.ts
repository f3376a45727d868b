// What a skill does, in sentences made from its nodes.
import type { SkillGraph, SkillNode } from "../../api/types";
import { formatAskedRate } from "../../format";
import { childrenOf, endOf, inWords, nameOf, treeOf } from "../../graph/graph";
import type { NodeTypes } from "../../graph/node_types";
import { text as skills } from "../../strings/skills";

const text = skills.sentence;

function list(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return names.slice(0, -1).join(", ") + text.and + names.at(-1)!;
}

// A chain reads as one sentence; each branch that goes on has one of its own.
export function sentenceOf(graph: SkillGraph, fps: number, types: NodeTypes): string {
  const [first] = treeOf(graph);
  if (!first) return text.empty;
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const nextOf = ({ id }: SkillNode) =>
    childrenOf(graph, id).flatMap(({ to }) => byId.get(endOf(to).node) ?? []);
  const seen = new Set<SkillNode>();
  const branches: SkillNode[] = [];
  const wayFrom = (start: SkillNode): string => {
    let way = "";
    for (let node: SkillNode | undefined = start; node && !seen.has(node); ) {
      seen.add(node);
      const next = nextOf(node);
      const names = list(next.map((one) => inWords(one, types)));
      if (names !== "") way += way === "" ? text.first(names) : text.then(names);
      if (next.length > 1) branches.push(...next.filter((one) => nextOf(one).length > 0));
      node = next.length === 1 ? next[0] : undefined;
    }
    return way;
  };
  const rate = text.rate(formatAskedRate(fps));
  const way = wayFrom(first.node);
  if (way === "") return text.only(rate, inWords(first.node, types));
  const sentences = [text.start(rate, inWords(first.node, types), way)];
  for (let branch = branches.shift(); branch; branch = branches.shift()) {
    if (!seen.has(branch)) sentences.push(text.branch(nameOf(branch, types), wayFrom(branch)));
  }
  return sentences.join(" ");
}
