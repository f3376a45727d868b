// A camera's newest picture on a card: fetched while it is seen, renewed as status events come.
import { makeStyles, mergeClasses } from "@fluentui/react-components";
import { VideoOffRegular, VideoRegular } from "@fluentui/react-icons";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { getPicture } from "../api/client";
import type { Camera, CameraState } from "../api/types";
import { SnapshotStore, isDue } from "./snapshot_store";

const kWidth = 480; // pixels

const useStyles = makeStyles({
  root: {
    position: "absolute",
    inset: 0,
    display: "flex",
    alignItems: "center",
    justifyContent: "center",
    fontSize: "32px",
    color: "#7f9093",
    backgroundColor: "#0b0e0f",
  },
  image: { position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "cover" },
  // It is not what the camera sees now.
  old: { filter: "grayscale(1) brightness(0.6)" },
});

const store = new SnapshotStore((camera, signal) =>
  getPicture(`/cameras/${encodeURIComponent(camera)}/snapshot`, { width: kWidth }, signal),
);

const fresh: ReadonlySet<CameraState> = new Set(["streaming", "idle", "connecting"]);

export function Thumbnail({ camera }: { camera: Pick<Camera, "id" | "status"> }) {
  const styles = useStyles();
  const { id, status } = camera;
  const root = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  const url = useSyncExternalStore(
    (listener) => store.subscribe(id, listener),
    () => store.get(id),
  );

  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting === true));
    watch.observe(root.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    if (seen) return () => store.forget(id);
    return undefined;
  }, [id, seen]);
  // `status` is another object after each status event.
  useEffect(() => {
    const now = Date.now();
    if (!seen || document.hidden || !isDue(status, store.lastAsked(id), now)) return;
    store.want(id, status.state, status.since, now);
  }, [id, seen, status]);

  const isFresh = fresh.has(status.state);
  return (
    <div className={styles.root} ref={root} data-testid="thumbnail">
      {isFresh ? <VideoRegular aria-hidden /> : <VideoOffRegular aria-hidden />}
      {url && <img className={mergeClasses(styles.image, !isFresh && styles.old)} src={url} alt="" />}
    </div>
  );
}
