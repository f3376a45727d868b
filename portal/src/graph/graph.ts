// A skill's graph as plain values: reading it as a tree, changing it, and saying what it does.
// Knows no concrete node: what a node is stands in its type.
import type { FieldProblem, SkillEdge, SkillGraph, SkillNode } from "../api/types";
import { normalPath } from "../form/problems";
import { kStoredSecret, schemaProblems, titleOf, type Schema } from "../form/schema";
import type { NodeType, NodeTypes } from "./node_types";

export const emptyGraph: SkillGraph = { nodes: [], edges: [] };

export type End = { node: string; port: string };

// "NODE:PORT" as its parts; without a port it is "".
export function endOf(text: string): End {
  const at = text.indexOf(":");
  return at < 0 ? { node: text, port: "" } : { node: text.slice(0, at), port: text.slice(at + 1) };
}

export function textOf({ node, port }: End): string {
  return port === "" ? node : `${node}:${port}`;
}

export function nameOf(node: SkillNode, types: NodeTypes | undefined): string {
  return node.name || (types?.get(node.type)?.title ?? node.type);
}

export const childrenOf = (graph: SkillGraph, id: string): SkillEdge[] =>
  graph.edges.filter(({ from }) => endOf(from).node === id);

const parentsOf = (graph: SkillGraph, id: string): SkillEdge[] =>
  graph.edges.filter(({ to }) => endOf(to).node === id);

// The graph as an indented tree. A node that several lead into stands below the first of them;
// below the others there is a mere reference to it.
export type TreeRow = { node: SkillNode; depth: number; port: string; reference: boolean };

export function treeOf(graph: SkillGraph): TreeRow[] {
  const rows: TreeRow[] = [];
  const seen = new Set<string>();
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const visit = (node: SkillNode, depth: number, port: string) => {
    const reference = seen.has(node.id);
    rows.push({ node, depth, port, reference });
    if (reference) return;
    seen.add(node.id);
    for (const { from, to } of childrenOf(graph, node.id)) {
      const child = byId.get(endOf(to).node);
      if (child) visit(child, depth + 1, endOf(from).port);
    }
  };
  for (const node of graph.nodes) {
    if (parentsOf(graph, node.id).length === 0) visit(node, 0, "");
  }
  // What only goes round in a circle.
  for (const node of graph.nodes) if (!seen.has(node.id)) visit(node, 0, "");
  return rows;
}

// An id that no node of the graph has, made from the type's name.
export function newId(graph: SkillGraph, type: string): string {
  const taken = new Set(graph.nodes.map(({ id }) => id));
  if (!taken.has(type)) return type;
  for (let number = 2; ; number++) {
    const id = `${type}_${number}`;
    if (!taken.has(id)) return id;
  }
}

// Puts a new node after another. In line: what followed follows the new one, where that gives
// anything; else it becomes a branch beside what is there. Returns the new node's id, too.
export function addAfter(
  graph: SkillGraph,
  after: End | undefined,
  type: NodeType,
  branch = false,
): { graph: SkillGraph; id: string } {
  const id = newId(graph, type.type);
  const node: SkillNode = { id, type: type.type, settings: {} };
  const at = graph.nodes.findIndex((one) => one.id === after?.node);
  const nodes = graph.nodes.toSpliced(at < 0 ? graph.nodes.length : at + 1, 0, node);
  if (after === undefined || type.inputs.length === 0) {
    return { graph: { nodes, edges: [...graph.edges] }, id };
  }
  const inLine = !branch && type.outputs.length > 0;
  const leaves = (edge: SkillEdge) => {
    const from = endOf(edge.from);
    return from.node === after.node && (after.port === "" || from.port === after.port);
  };
  const edges = inLine
    ? graph.edges.map((edge) => (leaves(edge) ? { from: id, to: edge.to } : edge))
    : [...graph.edges];
  return { graph: { nodes, edges: [...edges, { from: textOf(after), to: id }] }, id };
}

// Takes a node out; what led into it then leads to what followed it.
export function removeNode(graph: SkillGraph, id: string): SkillGraph {
  const before = parentsOf(graph, id);
  const after = childrenOf(graph, id);
  const rest = graph.edges.filter(({ from, to }) => endOf(from).node !== id && endOf(to).node !== id);
  const bridges = before.flatMap(({ from }) => after.map(({ to }) => ({ from, to })));
  const known = new Set(rest.map(({ from, to }) => `${from} ${to}`));
  return {
    nodes: graph.nodes.filter((node) => node.id !== id),
    edges: [...rest, ...bridges.filter(({ from, to }) => !known.has(`${from} ${to}`))],
  };
}

export function changeNode(graph: SkillGraph, id: string, change: Partial<SkillNode>): SkillGraph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => (node.id === id ? { ...node, ...change } : node)),
  };
}

// A chain of types, one after the other; further chains branch off at a type that is there already.
export type Template = {
  id: string;
  title: string;
  detail: string;
  chains: readonly (readonly string[])[];
  settings?: Readonly<Record<string, Record<string, unknown>>>; // by node id
};

// The templates of which all node types are there.
export function usable(templates: readonly Template[], types: NodeTypes): Template[] {
  return templates.filter(({ chains }) => chains.flat().every((type) => types.has(type)));
}

export function fromTemplate(
  { chains, settings = {} }: Pick<Template, "chains" | "settings">,
  types: NodeTypes,
): SkillGraph {
  let graph = emptyGraph;
  for (const chain of chains) {
    const branchesFrom = graph.nodes.find(({ type }) => type === chain[0]);
    let last = branchesFrom && { node: branchesFrom.id, port: "" };
    for (const name of branchesFrom ? chain.slice(1) : chain) {
      const added = addAfter(graph, last, types.get(name)!, true);
      graph = changeNode(added.graph, added.id, { settings: { ...settings[added.id] } });
      last = { node: added.id, port: "" };
    }
  }
  return graph;
}

// The node a problem concerns; undefined for one of the whole graph.
export function nodeOfProblem(problem: FieldProblem, graph: SkillGraph): string | undefined {
  const [first, second = "", third = "", fourth] = normalPath(problem.field).split(".");
  if (first !== "graph") return undefined;
  if (second === "nodes") {
    return graph.nodes.some(({ id }) => id === third) ? third : graph.nodes[Number(third)]?.id;
  }
  const edge = second === "edges" ? graph.edges[Number(third)] : undefined;
  if (!edge) return undefined;
  const ends = fourth === "to" ? [edge.to, edge.from] : [edge.from, edge.to];
  return ends.map((end) => endOf(end).node).find((id) => graph.nodes.some((node) => node.id === id));
}

// What can be said of a graph without the server.
export function graphProblems(graph: SkillGraph, types: NodeTypes): FieldProblem[] {
  return graph.nodes.flatMap((node) => {
    const type = types.get(node.type);
    if (!type) return [];
    return schemaProblems(type.settings, node.settings ?? {}).map(({ field, detail }) => ({
      field: `graph.nodes.${node.id}.settings.${field}`,
      detail,
    }));
  });
}

const formatOf = (schema: Schema) => schema.format ?? schema.items?.format;

// Values of a node's settings that have one of the formats, in their order.
function named(node: SkillNode, type: NodeType | undefined, formats: readonly string[]): string[] {
  return Object.entries(type?.settings.properties ?? {}).flatMap(([name, schema]) => {
    const value = formats.includes(formatOf(schema) ?? "") ? node.settings?.[name] : undefined;
    return (Array.isArray(value) ? value : [value]).filter(
      (one): one is string => typeof one === "string" && one !== "",
    );
  });
}

// Names of the models that run in a graph.
export function modelsIn(graph: SkillGraph, types: NodeTypes): string[] {
  return [...new Set(graph.nodes.flatMap((node) => named(node, types.get(node.type), ["model"])))];
}

// What a node is, with what it is set to where that says most: "Run ML Model (yolox_nano, person)".
export function inWords(node: SkillNode, types: NodeTypes): string {
  const details = named(node, types.get(node.type), ["model", "label", "uri"]);
  const shown = details.length > 4 ? [...details.slice(0, 3), "…"] : details;
  return nameOf(node, types) + (shown.length > 0 ? ` (${shown.join(", ")})` : "");
}

// The settings of a node that differ from their defaults, as label and value; never a secret.
export function settingsInWords(node: SkillNode, type: NodeType | undefined): { label: string; value: string }[] {
  return Object.entries(type?.settings.properties ?? {}).flatMap(([name, schema]) => {
    const value = node.settings?.[name];
    if (value === undefined || value === "" || schema.format === "secret") return [];
    if (JSON.stringify(value) === JSON.stringify(schema.default)) return [];
    const unit = schema["x-unit"] ? ` ${schema["x-unit"]}` : "";
    const text = Array.isArray(value)
      ? value.join(", ")
      : typeof value === "object"
        ? Object.keys(value as object).join(", ")
        : String(value);
    return text === "" ? [] : [{ label: titleOf(name, schema), value: text + unit }];
  });
}

// A copy without what settings keep secret, fit to be written down.
export function withoutSecrets(graph: SkillGraph, types: NodeTypes): SkillGraph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => {
      const properties = types.get(node.type)?.settings.properties ?? {};
      return {
        ...node,
        settings: Object.fromEntries(
          Object.entries(node.settings ?? {}).filter(
            ([name, value]) => properties[name]?.format !== "secret" || value === kStoredSecret,
          ),
        ),
      };
    }),
  };
}

// What one version changed against another, in numbers.
export function difference(old: SkillGraph, next: SkillGraph) {
  const before = new Map(old.nodes.map((node) => [node.id, node]));
  const after = new Set(next.nodes.map(({ id }) => id));
  return {
    added: next.nodes.filter(({ id }) => !before.has(id)).length,
    removed: old.nodes.filter(({ id }) => !after.has(id)).length,
    changed: next.nodes.filter((node) => {
      const other = before.get(node.id);
      return other !== undefined && JSON.stringify(other) !== JSON.stringify(node);
    }).length,
    rewired: JSON.stringify(old.edges) !== JSON.stringify(next.edges),
  };
}
