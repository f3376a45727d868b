// Cameras and the skills on them, flat, as the page Live shows them.
import { useMemo } from "react";
import { useList } from "../../api/objects";
import type { Camera, CameraStatus, Deployment, Stream } from "../../api/types";

export type LiveCamera = Pick<Camera, "id" | "name" | "uri"> & CameraStatus;
export type LiveStream = Stream & { id: string; name: string; skill_name: string };

export function useLiveCameras() {
  const { items, isPending, isError, error, refetch } = useList("camera");
  const data = useMemo(
    () => items?.map((camera): LiveCamera => ({ ...camera, ...camera.status })),
    [items],
  );
  return { data, isPending, isError, error, refetch };
}

export function useLiveStreams() {
  const { items } = useList("deployment");
  return useMemo(() => items?.flatMap(streamsOf), [items]);
}

function streamsOf(deployment: Deployment): LiveStream[] {
  // A server from before deployments had several streams tells one flat: to go once it does not.
  const { streams = [{ ...deployment, ...deployment.status } as unknown as Stream] } =
    deployment.status ?? {};
  return streams.map((stream) => ({
    skill_name: deployment.name,
    ...stream,
    id: streams.length > 1 ? `${deployment.id}/${stream.camera}/${stream.skill}` : deployment.id,
    name: deployment.name,
  }));
}
