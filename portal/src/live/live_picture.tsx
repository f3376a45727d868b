// A camera's live picture with the boxes of its insights drawn in step.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { PlugDisconnectedRegular, VideoOffRegular } from "@fluentui/react-icons";
import { useEffect, useRef, useState } from "react";
import { useEventStream } from "../api/server_context";
import type { Insight } from "../api/types";
import { text } from "../strings/live";
import { LiveView, type LivePhase } from "./live_view";
import { Snapshot } from "./snapshot";
import { StageNotice } from "./stage_notice";

const useStyles = makeStyles({
  layer: { position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "contain" },
  hidden: { visibility: "hidden" },
  poster: {
    filter: "brightness(0.7)",
    animationName: { from: { opacity: 0.75 }, to: { opacity: 1 } },
    animationDuration: "1.2s",
    animationDirection: "alternate",
    animationIterationCount: "infinite",
    animationTimingFunction: "ease-in-out",
  },
  overlay: { pointerEvents: "none" },
  note: {
    position: "absolute",
    left: tokens.spacingHorizontalM,
    bottom: tokens.spacingVerticalM,
    maxWidth: "calc(100% - 24px)",
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    padding: "6px 12px",
    borderRadius: tokens.borderRadiusMedium,
    color: "#fff",
    backgroundColor: "rgba(12, 16, 17, 0.82)",
    fontSize: tokens.fontSizeBase200,
  },
});

type Props = {
  camera: string;
  cameraName: string;
  showBoxes: boolean;
};

// To be given a `key` that is the camera: another camera is another live view.
export function LivePicture({ camera, cameraName, showBoxes }: Props) {
  const styles = useStyles();
  const stream = useEventStream();
  const video = useRef<HTMLVideoElement>(null);
  const picture = useRef<HTMLCanvasElement>(null);
  const overlay = useRef<HTMLCanvasElement>(null);
  const view = useRef<LiveView>(undefined);
  const [phase, setPhase] = useState<LivePhase>({ name: "opening" });
  const [seen, setSeen] = useState<string>();

  useEffect(() => {
    const live = new LiveView(
      camera,
      { video: video.current!, picture: picture.current!, overlay: overlay.current! },
      { phase: setPhase, drawn: (insights) => setSeen(inWords(insights)) },
    );
    view.current = live;
    const end = stream.onInsight((insight) => {
      if (insight.device_id === camera) live.insight(insight);
    });
    return () => {
      end();
      live.stop();
      view.current = undefined;
    };
  }, [camera, stream]);

  useEffect(() => {
    if (view.current) view.current.showBoxes = showBoxes;
  }, [showBoxes, camera]);

  const mode = phase.name === "playing" ? phase.mode : undefined;
  // The last picture stays while the connection is mended.
  const [lastMode, setLastMode] = useState(mode);
  if (mode && mode !== lastMode) setLastMode(mode);

  return (
    <>
      {phase.name === "opening" && (
        <Snapshot
          className={mergeClasses(styles.layer, styles.poster)}
          camera={camera}
          width={960}
          version=""
          alt=""
        />
      )}
      <video
        ref={video}
        className={mergeClasses(styles.layer, lastMode !== "fmp4" && styles.hidden)}
        muted
        playsInline
        disablePictureInPicture
        tabIndex={-1}
        aria-hidden
      />
      <canvas
        ref={picture}
        className={mergeClasses(styles.layer, lastMode !== "jpeg" && styles.hidden)}
        data-testid="picture"
        aria-hidden
      />
      <canvas
        ref={overlay}
        className={mergeClasses(styles.layer, styles.overlay)}
        data-testid="overlay"
        data-phase={phase.name}
        data-mode={lastMode}
        role="img"
        aria-label={
          seen ? text.pictureSees(cameraName, seen) : text.picture(cameraName)
        }
      />
      {phase.name === "opening" && (
        <div className={styles.note} role="status">
          {text.connectingPicture}…
        </div>
      )}
      {phase.name === "lost" && (
        <div className={styles.note} role="status">
          <PlugDisconnectedRegular aria-hidden fontSize={16} />
          {text.pictureLost}
        </div>
      )}
      {phase.name === "unplayable" && (
        <StageNotice
          icon={<VideoOffRegular />}
          title={text.unplayable(phase.mime)}
          remedy={text.unplayableDetail}
        />
      )}
    </>
  );
}

// "2 × person, 1 × bicycle"
function inWords(insights: readonly Insight[]): string {
  const counts = new Map<string, number>();
  for (const insight of insights) {
    for (const { label } of insight.insights_meta.objects_meta) {
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
  }
  if (counts.size === 0) return text.nothingSeen;
  return [...counts].map(([label, count]) => `${count} × ${label}`).join(", ");
}
