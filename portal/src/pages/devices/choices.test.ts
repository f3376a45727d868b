import { describe, expect, it } from "vitest";
import { accelerationChoices, possible, typeChoices, type DeviceShape } from "./choices";

const offered = (shape: DeviceShape) =>
  accelerationChoices(shape)
    .filter(({ refused }) => refused === undefined)
    .map(({ value }) => value);

describe("accelerationChoices", () => {
  it("offers what the CPU's architecture allows", () => {
    const shape = { type: "remote_agent", acceleration: "cpu" } as const;
    expect(offered({ ...shape, architecture: "x64" })).toEqual(["cpu", "nvidia_dgpu", "intel_igpu"]);
    expect(offered({ ...shape, architecture: "arm64" })).toEqual(["cpu", "nvidia_jetson"]);
  });

  it("offers CPU and dGPU in Kubernetes", () => {
    expect(offered({ type: "kubernetes", architecture: "x64", acceleration: "cpu" })).toEqual(["cpu", "nvidia_dgpu"]);
  });

  it("gives the reason why this machine cannot", () => {
    const choices = accelerationChoices({ type: "this_machine", architecture: "x64", acceleration: "cpu" }, [
      { acceleration: "cpu", available: true, reason: "" },
      { acceleration: "nvidia_dgpu", available: false, reason: "No Nvidia driver is installed." },
    ]);
    expect(choices[0]!.refused).toBeUndefined();
    expect(choices[1]!.refused).toBe("No Nvidia driver is installed.");
  });
});

describe("possible", () => {
  it("falls back to the CPU where the acceleration is not possible any more", () => {
    const jetson = { type: "remote_agent", architecture: "arm64", acceleration: "nvidia_jetson" } as const;
    expect(possible(jetson)).toBe(jetson);
    expect(possible({ ...jetson, architecture: "x64" }).acceleration).toBe("cpu");
    expect(possible({ ...jetson, type: "kubernetes" }).acceleration).toBe("cpu");
  });
});

describe("typeChoices", () => {
  it("leaves this machine as it is and offers the others for new ones", () => {
    expect(typeChoices(false).map(({ refused }) => refused !== undefined)).toEqual([true, false, false]);
    expect(typeChoices(true).map(({ refused }) => refused !== undefined)).toEqual([false, true, true]);
  });
});
