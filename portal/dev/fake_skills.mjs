// The stand-in's checks of skills and deployments, as POSS makes them.
import { readFileSync } from "node:fs";

const { items: nodeTypes } = JSON.parse(readFileSync(new URL("../../api/node_types.json", import.meta.url)));
const types = new Map(nodeTypes.map((type) => [type.type, type]));
const idOf = (end) => end.split(":")[0];

// What is wrong with a node's settings, as one sentence; "" when nothing is.
function settingsFault({ settings = {} }, type) {
  const { properties = {}, required = [] } = type.settings;
  const faults = [
    ...required.filter((name) => settings[name] === undefined || settings[name] === "").map((name) => `'${name}' is needed`),
    ...Object.keys(settings).filter((name) => !properties[name]).map((name) => `'${name}' is no setting of it`),
    ...Object.entries(settings).flatMap(([name, value]) => {
      const { type: kind, minimum = -Infinity, maximum = Infinity } = properties[name] ?? {};
      if (kind !== "number" && kind !== "integer") return [];
      if (typeof value !== "number") return [`'${name}' must be a number`];
      return value < minimum || value > maximum ? [`'${name}' must be between ${minimum} and ${maximum}, not ${value}`] : [];
    }),
  ];
  return faults.join("; ");
}

export function graphProblems({ nodes = [], edges = [] }) {
  const problems = [];
  const ids = new Set(nodes.map(({ id }) => id));
  const inputs = nodes.filter(({ type }) => types.get(type)?.category === "import");
  for (const node of nodes) {
    const field = `graph.nodes.${node.id}`;
    const tell = (detail) => problems.push({ field, detail: `node '${node.id}' ${detail}` });
    const type = types.get(node.type);
    if (!type) {
      tell(`has the unknown type '${node.type}'`);
      continue;
    }
    const fault = settingsFault(node, type);
    if (fault) tell(fault);
    const fed = edges.some(({ to }) => idOf(to) === node.id);
    const used = edges.some(({ from }) => idOf(from) === node.id);
    if (type.inputs.length > 0 && !fed) tell("is not connected: nothing leads into it");
    else if (type.outputs.length > 0 && !used) tell("is not connected: nothing takes what it gives");
  }
  edges.forEach((edge, i) => {
    for (const end of ["from", "to"]) {
      if (!ids.has(idOf(edge[end]))) problems.push({ field: `graph.edges[${i}].${end}`, detail: `names the node '${idOf(edge[end])}', which the skill does not have` });
    }
  });
  if (inputs.length !== 1) {
    problems.push({ field: "graph", detail: inputs.length === 0 ? "the skill has no camera input; add a node of type 'camera_input'" : "the skill has more than one camera input; keep one" });
  }
  return problems;
}

// The skill's graph with a deployment's parameters; a sentence where one fits nowhere.
export function parameterFault({ graph }, parameters) {
  for (const [name, text] of Object.entries(parameters)) {
    let value = text;
    try {
      value = JSON.parse(text);
    } catch {
      // Plain text.
    }
    if (name === "fps") {
      if (typeof value !== "number") return `the parameter 'fps' must be a number, not '${text}'`;
      if (value < 0 || value > 1000) return "the parameter 'fps' must be between 0 and 1000";
      continue;
    }
    const [id, setting] = name.split(".");
    const node = graph.nodes.find((one) => one.id === id);
    if (!node) return `the parameter '${name}' must be fps or NODE.SETTING of a node of the skill`;
    const fault = settingsFault({ settings: { ...node.settings, [setting]: value } }, types.get(node.type));
    if (fault) return `node '${id}' ${fault}`;
  }
  return "";
}

// Names that settings of a format give, in any node.
export function namedIn({ nodes = [] }, format) {
  return nodes.flatMap(({ type, settings = {} }) =>
    Object.entries(types.get(type)?.settings.properties ?? {})
      .filter(([name, { format: has }]) => has === format && settings[name])
      .map(([name]) => settings[name]),
  );
}
