// What a new skill can begin with: chains of node types. Those whose types are missing are not
// offered; a chain that begins with a type that is there already branches off from it.
import type { Template } from "../../graph/graph";
import { text } from "../../strings/skills";

export const templates: readonly Template[] = [
  { id: "detect", ...text.templates.detect, chains: [["camera_input", "run_model", "live"]] },
  { id: "filter", ...text.templates.filter, chains: [["camera_input", "run_model", "filter", "live"]] },
  {
    id: "classify",
    ...text.templates.classify,
    chains: [["camera_input", "run_model", "run_model", "live"]],
    settings: { run_model_2: { run_on: "detections" } },
  },
  {
    id: "mqtt",
    ...text.templates.mqtt,
    chains: [["camera_input", "run_model", "filter", "live"], ["filter", "mqtt_export"]],
  },
  {
    id: "http",
    ...text.templates.http,
    chains: [["camera_input", "run_model", "filter", "live"], ["filter", "http_export"]],
  },
];
