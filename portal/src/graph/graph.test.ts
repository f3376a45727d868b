import { describe, expect, it } from "vitest";
import type { SkillGraph } from "../api/types";
import { addAfter, difference, fromTemplate, graphProblems, nodeOfProblem, removeNode, treeOf, usable, withoutSecrets } from "./graph";
import { layoutOf } from "./layout";
import type { NodeType } from "./node_types";

const port = [{ name: "a", title: "A" }];
const type = (name: string, category: NodeType["category"], properties = {}): NodeType => ({
  type: name,
  title: name,
  help: "",
  category,
  version: 1,
  inputs: category === "import" ? [] : port,
  outputs: category === "export" ? [] : port,
  settings: { type: "object", properties, required: Object.keys(properties) },
});
const types = new Map(
  [
    type("in", "import"),
    type("look", "process", { model: { type: "string", format: "model", title: "Model" } }),
    type("out", "export", { key: { type: "string", format: "secret" } }),
  ].map((one) => [one.type, one]),
);
const chain = fromTemplate({ chains: [["in", "look", "out"]] }, types);
const ids = (graph: SkillGraph) => treeOf(graph).map(({ node, depth }) => `${depth} ${node.id}`);

it("makes a chain, and branches off where a type is there already", () => {
  expect(ids(chain)).toEqual(["0 in", "1 look", "2 out"]);
  const branched = fromTemplate({ chains: [["in", "look", "out"], ["look", "out"]] }, types);
  expect(ids(branched)).toEqual(["0 in", "1 look", "2 out", "2 out_2"]);
});

it("offers no template whose types are missing", () => {
  const templates = [{ id: "x", title: "", detail: "", chains: [["in", "elsewhere"]] }];
  expect(usable(templates, types)).toEqual([]);
});

describe("addAfter", () => {
  it("puts a node in line: what followed follows it", () => {
    const { graph, id } = addAfter(chain, { node: "in", port: "" }, types.get("look")!);
    expect(id).toBe("look_2");
    expect(ids(graph)).toEqual(["0 in", "1 look_2", "2 look", "3 out"]);
  });

  it("puts a branch, or what gives nothing, beside what is there", () => {
    const beside = addAfter(chain, { node: "look", port: "" }, types.get("look")!, true).graph;
    expect(ids(beside)).toEqual(["0 in", "1 look", "2 out", "2 look_2"]);
    expect(ids(addAfter(chain, { node: "look", port: "" }, types.get("out")!).graph)).toContain("2 out_2");
  });
});

it("joins the ends when a node goes", () => {
  expect(removeNode(chain, "look").edges).toEqual([{ from: "in", to: "out" }]);
});

it("shows a node that several lead into once, and no circle for ever", () => {
  const both = { ...chain, edges: [...chain.edges, { from: "in", to: "out" }] };
  expect(treeOf(both).filter(({ reference }) => reference)).toHaveLength(1);
  const circle = { ...chain, edges: [{ from: "look", to: "look" }] };
  expect(treeOf(circle)).toHaveLength(4);
  expect(layoutOf(circle).nodes).toHaveLength(3);
});

it("leads a problem to its node", () => {
  const of = (field: string) => nodeOfProblem({ field, detail: "" }, chain);
  expect(of("graph.nodes.look")).toBe("look");
  expect(of("graph.nodes[2].settings.key")).toBe("out");
  expect(of("graph.edges[1].from")).toBe("look");
  expect(of("graph.edges[1].to")).toBe("out");
  expect(of("graph")).toBeUndefined();
  expect(of("name")).toBeUndefined();
});

it("says what is needed, at its path", () => {
  expect(graphProblems(chain, types)[0]).toEqual({ field: "graph.nodes.look.settings.model", detail: "Model is needed." });
});

it("writes no secret down", () => {
  const secret = { ...chain, nodes: [{ id: "out", type: "out", settings: { key: "s", other: 1 } }] };
  expect(withoutSecrets(secret, types).nodes[0]!.settings).toEqual({ other: 1 });
  const stored = { ...chain, nodes: [{ id: "out", type: "out", settings: { key: "(stored)" } }] };
  expect(withoutSecrets(stored, types)).toEqual(stored);
});

it("tells versions apart", () => {
  const next = addAfter(chain, { node: "in", port: "" }, types.get("look")!).graph;
  expect(difference(chain, next)).toEqual({ added: 1, removed: 0, changed: 0, rewired: true });
});
