import { describe, expect, it } from "vitest";
import type { Camera, Deployment, Job } from "../../api/types";
import { attentionOf, leadingCameras } from "./attention";

const camera = (name: string, state: string, cause = "") =>
  ({ id: name, name, status: { state, cause } }) as unknown as Camera;
const deployment = (name: string, state: string, cause = "") =>
  ({ id: name, name, status: { state, cause } }) as unknown as Deployment;
const job = (title: string, state: string, ended: number) =>
  ({ id: title, title, state, cause: "because", ended: new Date(ended * 1000).toISOString() }) as unknown as Job;

describe("attentionOf", () => {
  it("names what failed with its cause and where to look", () => {
    const found = attentionOf(
      [camera("gate", "refused", "Nothing listens."), camera("yard", "streaming"), camera("hall", "idle")],
      [deployment("watch", "failed", "No model."), deployment("count", "running"), deployment("off", "stopped")],
      [],
      0,
    );
    expect(found).toMatchObject([
      { name: "gate", to: "/cameras/gate", cause: "Nothing listens.", tone: "bad" },
      { name: "watch", to: "/deployments/watch", cause: "No model.", tone: "bad" },
    ]);
  });

  it("puts what is broken before what is slow", () => {
    const found = attentionOf([camera("a", "stalled"), camera("b", "timed_out")], [deployment("c", "degraded")], [], 0);
    expect(found.map(({ name }) => name)).toEqual(["b", "a", "c"]);
  });

  it("always says something of the cause of a camera", () => {
    expect(attentionOf([camera("a", "timed_out")], [], [], 0)[0]!.cause).not.toBe("");
  });

  it("tells of failed work for a day", () => {
    const jobs = [job("new", "failed", 100_000), job("old", "failed", 1), job("fine", "done", 100_000)];
    expect(attentionOf([], [], jobs, 100_010).map(({ name }) => name)).toEqual(["new"]);
  });
});

describe("leadingCameras", () => {
  it("shows those that are live first, in the order given", () => {
    const all = [camera("a", "idle"), camera("b", "refused"), camera("c", "streaming"), camera("d", "streaming")];
    expect(leadingCameras(all, 3).map(({ name }) => name)).toEqual(["c", "d", "a"]);
  });
});
