// The videos that a deployment's skills have recorded.
import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Skeleton,
  SkeletonItem,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import { ArrowDownloadRegular, DeleteRegular, DismissRegular, PlayCircleRegular, VideoClipRegular } from "@fluentui/react-icons";
import { useState } from "react";
import { apiPath } from "../../api/client";
import { useList, useNames } from "../../api/objects";
import { useMay } from "../../api/session";
import type { Recording } from "../../api/types";
import { formatBytes, formatClock } from "../../format";
import { DeleteDialog } from "../../list/delete_dialog";
import { Ago } from "../../parts/ago";
import { Panel } from "../../parts/panel";
import { strings } from "../../strings";
import { text as deployments } from "../../strings/deployments";

const text = deployments.recordings;

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "16px" },
  player: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    overflow: "hidden",
    borderRadius: tokens.borderRadiusXLarge,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  video: { width: "100%", maxHeight: "62vh", backgroundColor: "#0b0e0f" },
  bar: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px", padding: "8px 8px 8px 16px" },
  space: { flex: "1 1 auto" },
  grid: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fill, minmax(min(236px, 100%), 1fr))",
    gap: "16px",
    margin: 0,
    padding: 0,
    listStyleType: "none",
  },
  card: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr)",
    overflow: "hidden",
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: `0 0 0 1px ${tokens.colorNeutralStroke2}`,
  },
  chosen: { boxShadow: `0 0 0 2px ${tokens.colorCompoundBrandStroke}` },
  picture: {
    position: "relative",
    display: "flex",
    alignItems: "center",
    justifyContent: "center",
    aspectRatio: "16 / 9",
    padding: 0,
    border: "none",
    color: "#7f9093",
    backgroundColor: "#0b0e0f",
    fontSize: "32px",
    cursor: "pointer",
    ":hover .poss-play, :focus-visible .poss-play": { opacity: 1 },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
  image: { position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "cover" },
  play: { position: "relative", fontSize: "44px", color: "#fff", opacity: 0.85, filter: "drop-shadow(0 1px 4px rgba(0, 0, 0, 0.7))", display: "flex" },
  length: {
    position: "absolute",
    right: "8px",
    bottom: "8px",
    padding: "1px 6px",
    borderRadius: tokens.borderRadiusMedium,
    color: "#fff",
    backgroundColor: "rgba(12, 16, 17, 0.82)",
    fontSize: tokens.fontSizeBase200,
    fontVariantNumeric: "tabular-nums",
  },
  text: { display: "flex", alignItems: "center", gap: "4px", padding: "8px 6px 8px 14px" },
  lines: { flex: "1 1 auto", minWidth: 0 },
  name: { fontWeight: tokens.fontWeightSemibold, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  line: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    fontVariantNumeric: "tabular-nums",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
  end: { display: "flex", justifyContent: "center" },
  quiet: { margin: 0, color: tokens.colorNeutralForeground2, textWrap: "pretty" },
});

const partOf = ({ id }: Recording, part: string) => apiPath(`/recordings/${encodeURIComponent(id)}/${part}`);
const secondsOf = ({ time }: Recording) => Date.parse(time) / 1000;

export function formatLength(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// What a downloaded file is called.
export function fileNameOf(recording: Recording, camera: string): string {
  const time = formatClock(secondsOf(recording)).slice(0, 19).replaceAll(":", "-").replace(" ", "_");
  return `${camera.replace(/[^\p{L}\p{N}_-]+/gu, "_")}_${time}.mp4`;
}

export function Recordings({ deployment }: { deployment: string }) {
  const styles = useStyles();
  const mayChange = useMay("operator");
  const cameraName = useNames("camera");
  const list = useList("recording", { deployment, limit: 60 });
  const [playing, setPlaying] = useState<Recording>();
  const [broken, setBroken] = useState<string>();
  const [deleting, setDeleting] = useState<Recording>();
  const { items } = list;
  const inWords = (recording: Recording) =>
    text.of(cameraName(recording.camera), formatClock(secondsOf(recording)).slice(0, 19));
  if (!items) {
    if (list.error) {
      return (
        <MessageBar intent="error" layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{text.failed}</MessageBarTitle> {list.error.message}
          </MessageBarBody>
          <MessageBarActions>
            <Button onClick={() => void list.refetch()}>{strings.tryAgain}</Button>
          </MessageBarActions>
        </MessageBar>
      );
    }
    return (
      <Skeleton className={styles.grid} aria-label={text.title}>
        {[0, 1, 2].map((i) => (
          <SkeletonItem key={i} style={{ aspectRatio: "16 / 11", height: "auto" }} />
        ))}
      </Skeleton>
    );
  }
  if (items.length === 0) {
    return (
      <Panel title={text.empty} testId="no-recordings">
        <p className={styles.quiet}>{text.emptyDetail}</p>
      </Panel>
    );
  }
  return (
    <div className={styles.root}>
      {playing && (
        <section className={styles.player} aria-label={text.player(inWords(playing))}>
          <video
            key={playing.id}
            className={styles.video}
            // As large as the video before it has come.
            style={{ aspectRatio: playing.width > 0 ? `${playing.width} / ${playing.height}` : "16 / 9" }}
            src={partOf(playing, "video")}
            onError={() => setBroken(playing.id)}
            controls
            autoPlay
            playsInline
            aria-label={text.player(inWords(playing))}
            data-testid="player"
          >
            {text.unplayable}
          </video>
          {broken === playing.id && (
            <MessageBar intent="error" layout="multiline">
              <MessageBarBody>
                <MessageBarTitle>{text.notPlayed}</MessageBarTitle> {text.notPlayedDetail}
              </MessageBarBody>
            </MessageBar>
          )}
          <div className={styles.bar}>
            <span className={styles.name}>{cameraName(playing.camera)}</span>
            <span className={styles.line}>{formatClock(secondsOf(playing)).slice(0, 19)}</span>
            <span className={styles.space} />
            <Button icon={<DismissRegular />} appearance="subtle" aria-label={text.close} onClick={() => setPlaying(undefined)} />
          </div>
        </section>
      )}
      <ul className={styles.grid} aria-label={text.list}>
        {items.map((recording) => (
          <li
            key={recording.id}
            className={mergeClasses(styles.card, recording.id === playing?.id && styles.chosen)}
            data-testid="recording"
          >
            <button
              type="button"
              className={styles.picture}
              aria-label={text.play(inWords(recording))}
              onClick={() => setPlaying(recording)}
            >
              {recording.has_thumbnail ? (
                <img className={styles.image} src={partOf(recording, "thumbnail")} alt="" loading="lazy" />
              ) : (
                <VideoClipRegular aria-hidden />
              )}
              {recording.has_thumbnail && (
                <span className={mergeClasses("poss-play", styles.play)} aria-hidden>
                  <PlayCircleRegular />
                </span>
              )}
              <span className={styles.length}>{formatLength(recording.duration_s)}</span>
            </button>
            <div className={styles.text}>
              <div className={styles.lines}>
                <div className={styles.name}>{cameraName(recording.camera)}</div>
                <div className={styles.line}>
                  <Ago time={secondsOf(recording)} /> · {[recording.labels.join(", "), formatBytes(recording.bytes)].filter(Boolean).join(" · ")}
                </div>
              </div>
              <Button
                as="a"
                appearance="subtle"
                size="small"
                icon={<ArrowDownloadRegular />}
                href={partOf(recording, "video")}
                download={fileNameOf(recording, cameraName(recording.camera))}
                aria-label={text.downloadNamed(inWords(recording))}
                title={text.download}
              />
              {mayChange && (
                <Button
                  appearance="subtle"
                  size="small"
                  icon={<DeleteRegular />}
                  aria-label={text.removeNamed(inWords(recording))}
                  title={text.remove}
                  onClick={() => setDeleting(recording)}
                />
              )}
            </div>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <div className={styles.end}>
          <Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {text.older}
          </Button>
        </div>
      )}
      {deleting && (
        <DeleteDialog
          kind="recording"
          things={text.things}
          items={[{ id: deleting.id, name: inWords(deleting) }]}
          detail={text.removeDetail}
          onClose={() => setDeleting(undefined)}
          onDeleted={() => deleting.id === playing?.id && setPlaying(undefined)}
        />
      )}
    </div>
  );
}
