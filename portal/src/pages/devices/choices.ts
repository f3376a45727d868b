// What a compute device can be, and why it cannot be something else.
import type { Acceleration, Architecture, DeviceStatus, DeviceType } from "../../api/types";
import type { Choice } from "../../form/fields";
import { text } from "../../strings/devices";

export type DeviceShape = {
  type: DeviceType;
  architecture: Architecture;
  acceleration: Acceleration;
};

const accelerations = Object.keys(text.acceleration) as Acceleration[];

function refusal(
  { type, architecture }: DeviceShape,
  acceleration: Acceleration,
  found: DeviceStatus["accelerations"],
): string | undefined {
  if (type === "this_machine") {
    const here = found.find((one) => one.acceleration === acceleration);
    return here && !here.available ? here.reason : undefined;
  }
  if (type === "kubernetes" && (acceleration === "intel_igpu" || acceleration === "nvidia_jetson")) {
    return text.refused.kubernetes;
  }
  if (architecture === "x64") {
    return acceleration === "nvidia_jetson" ? text.refused.jetsonIsArm : undefined;
  }
  if (acceleration === "intel_igpu") return text.refused.intelIsX64;
  return acceleration === "nvidia_dgpu" ? text.refused.armGpu : undefined;
}

// `found`: what this machine was found to have.
export function accelerationChoices(
  shape: DeviceShape,
  found: DeviceStatus["accelerations"] = [],
): Choice<Acceleration>[] {
  return accelerations.map((value) => ({
    value,
    text: text.acceleration[value],
    refused: refusal(shape, value, found),
  }));
}

// The same device, with the CPU where its acceleration is not possible any more.
export function possible<S extends DeviceShape>(shape: S): S {
  const refused = refusal(shape, shape.acceleration, []) !== undefined;
  return refused ? { ...shape, acceleration: "cpu" } : shape;
}

// There is one of this machine, from the start.
export function typeChoices(isThisMachine: boolean): Choice<DeviceType>[] {
  const { type, refused } = text;
  return [
    { value: "this_machine", text: type.this_machine, refused: isThisMachine ? undefined : refused.thisMachine },
    { value: "remote_agent", text: type.remote_agent, refused: isThisMachine ? refused.machineStays : undefined },
    { value: "kubernetes", text: type.kubernetes, refused: isThisMachine ? refused.machineStays : undefined },
  ];
}

export const architectureChoices: Choice<Architecture>[] = [
  { value: "x64", text: text.architecture.x64 },
  { value: "arm64", text: text.architecture.arm64 },
];
