// Which of the first steps have been done: told by what there is.
import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import { useList } from "../../api/objects";
import type { Deployment, Insight, Items } from "../../api/types";

export type StepName = "camera" | "model" | "skill" | "deployment" | "insights";
export type FirstStep = { name: StepName; done: boolean; to: string };

// Undefined while not all is known.
export function useGettingStarted(deployments: readonly Deployment[] | undefined): FirstStep[] | undefined {
  const one = { limit: 1 };
  const camera = useList("camera", one);
  const model = useList("model", one);
  const skill = useList("skill", one);
  const insights = useQuery({
    queryKey: ["insights", "any"],
    queryFn: ({ signal }) => get<Items<Insight>>("/insights", { limit: 1 }, signal),
  });
  const seen = (insights.data?.items.length ?? 0) > 0;
  if (!deployments || [camera, model, skill, insights].some(({ isPending }) => isPending)) return undefined;
  const running = deployments.some(({ status }) => status.streams.some((stream) => stream.insights > 0));
  return [
    { name: "camera", done: camera.total > 0, to: "/cameras/new" },
    // What is deployed has a model, be it one that came with a skill file.
    { name: "model", done: model.total > 0 || deployments.length > 0, to: "/models" },
    { name: "skill", done: skill.total > 0, to: "/skills/new" },
    { name: "deployment", done: deployments.length > 0, to: "/deployments/new" },
    { name: "insights", done: seen || running, to: "/insights" },
  ];
}
