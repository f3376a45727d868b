// Where the nodes of a graph stand in a picture of it, from left to right.
import type { SkillGraph } from "../api/types";
import { endOf } from "./graph";

export type Placed = { id: string; column: number; row: number };
export type Layout = { nodes: Placed[]; lines: { from: Placed; to: Placed }[]; columns: number; rows: number };

// A node's column is the longest way to it; branches go below one another.
export function layoutOf({ nodes, edges }: SkillGraph): Layout {
  const ids = new Set(nodes.map(({ id }) => id));
  const links = edges
    .map(({ from, to }) => ({ from: endOf(from).node, to: endOf(to).node }))
    .filter(({ from, to }) => ids.has(from) && ids.has(to));
  const column = new Map(nodes.map(({ id }) => [id, 0]));
  // As often as there are nodes: a circle must not go on for ever.
  for (const { from, to } of nodes.flatMap(() => links)) {
    column.set(to, Math.min(nodes.length - 1, Math.max(column.get(to)!, column.get(from)! + 1)));
  }
  const row = new Map<string, number>();
  let next = 0;
  const visit = (id: string): void => {
    if (row.has(id)) return;
    row.set(id, next);
    const children = links.filter(({ from }) => from === id).map(({ to }) => to);
    children.forEach((child, i) => {
      if (row.has(child)) return;
      if (i > 0) next++;
      visit(child);
    });
  };
  const hasParent = new Set(links.map(({ to }) => to));
  for (const { id } of [...nodes.filter((n) => !hasParent.has(n.id)), ...nodes]) {
    if (row.has(id)) continue;
    if (row.size > 0) next++;
    visit(id);
  }
  const placed = nodes.map(({ id }) => ({ id, column: column.get(id)!, row: row.get(id)! }));
  const at = new Map(placed.map((one) => [one.id, one]));
  return {
    nodes: placed,
    lines: links.map(({ from, to }) => ({ from: at.get(from)!, to: at.get(to)! })),
    columns: Math.max(1, ...placed.map((one) => one.column + 1)),
    rows: Math.max(1, ...placed.map((one) => one.row + 1)),
  };
}

// A chain, for a graph of which only the number of nodes is known.
export function chainOf(count: number): SkillGraph {
  const nodes = Array.from({ length: count }, (_, i) => ({ id: String(i), type: "" }));
  return { nodes, edges: nodes.slice(1).map(({ id }, i) => ({ from: String(i), to: id })) };
}
