// How a model stands, and how it is said in a line.
import type { Model, ModelStatus } from "../../api/types";
import { formatCount } from "../../format";
import { StatePill, type Tone } from "../../parts/state_pill";
import { text } from "../../strings/models";

const tones: Record<ModelStatus, Tone> = {
  draft: "quiet",
  importing: "busy",
  training: "busy",
  ready: "good",
  failed: "bad",
};

export const statuses = (Object.keys(text.state) as ModelStatus[]).map((value) => ({
  value,
  text: text.state[value],
}));

export function ModelPill({ model, size }: { model: Model; size?: "small" }) {
  const { status, cause } = model;
  return (
    <StatePill
      tone={status === "ready" && cause ? "warning" : tones[status]}
      text={text.state[status]}
      {...(cause && { cause })}
      {...(size && { size })}
    />
  );
}

// "Detection · 80 objects: person, bicycle, car"
export function modelLine({ task, labels }: Pick<Model, "task" | "labels">): string {
  const some = labels.slice(0, 6).join(", ");
  const objects = labels.length === 0 ? text.noObjects : `${text.objects(formatCount(labels.length))}: ${some}`;
  return `${text.taskShort[task]} · ${objects}`;
}
