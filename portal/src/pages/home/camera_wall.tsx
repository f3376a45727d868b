// The pictures that lead the page: the newest of each of the first cameras.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Link } from "react-router";
import type { Camera } from "../../api/types";
import { formatCount } from "../../format";
import { Thumbnail } from "../../live/thumbnail";
import { cameraTone } from "../../parts/tones";
import { text as home } from "../../strings/home";
import { cameraState } from "../../strings/states";

const text = home.cameras;

const useStyles = makeStyles({
  more: { marginTop: "8px" },
  all: {
    color: tokens.colorBrandForegroundLink,
    textDecoration: "none",
    ":hover": { textDecoration: "underline" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  wall: {
    display: "grid",
    "@media (max-width: 640px)": { gridTemplateColumns: "repeat(2, minmax(0, 1fr))", gap: "8px" },
    gap: "12px",
    margin: 0,
    padding: 0,
    listStyleType: "none",
  },
  // As many as fill whole rows.
  one: { gridTemplateColumns: "minmax(0, 1fr)", "@media (max-width: 640px)": { gridTemplateColumns: "minmax(0, 1fr)" } },
  two: { gridTemplateColumns: "repeat(2, minmax(0, 1fr))" },
  three: { gridTemplateColumns: "repeat(3, minmax(0, 1fr))" },
  four: { gridTemplateColumns: "repeat(4, minmax(0, 1fr))" },
  tile: {
    position: "relative",
    display: "block",
    aspectRatio: "16 / 9",
    overflow: "hidden",
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: "#0b0e0f",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "2px" },
  },
  caption: {
    position: "absolute",
    left: 0,
    right: 0,
    bottom: 0,
    display: "flex",
    alignItems: "center",
    gap: "8px",
    padding: "28px 12px 10px",
    color: "#fff",
    backgroundImage: "linear-gradient(transparent, rgba(0, 0, 0, 0.72))",
  },
  name: { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", fontWeight: tokens.fontWeightSemibold },
  state: { marginLeft: "auto", whiteSpace: "nowrap", fontSize: tokens.fontSizeBase200, color: "#e3e9ea" },
  dot: { flexShrink: 0, width: "8px", height: "8px", borderRadius: "50%", backgroundColor: "#9fb0b3" },
  good: { backgroundColor: "#54d17a" },
  warning: { backgroundColor: "#f7b955" },
  bad: { backgroundColor: "#f1707b" },
});

export function CameraWall({ cameras, total }: { cameras: readonly Camera[]; total: number }) {
  const styles = useStyles();
  const columns = [styles.one, styles.two, styles.three][cameras.length - 1] ?? styles.four;
  return (
    <section aria-label={text.title} data-testid="camera-wall">
      <ul className={mergeClasses(styles.wall, columns)}>
        {cameras.map((camera) => {
          const { state, cause } = camera.status;
          const tone = cameraTone[state];
          return (
            <li key={camera.id}>
              <Link
                className={styles.tile}
                to={`/cameras/${encodeURIComponent(camera.id)}`}
                aria-label={text.picture(camera.name, cameraState[state])}
                {...(cause && { title: cause })}
              >
                <Thumbnail camera={camera} />
                <span className={styles.caption}>
                  <span
                    className={mergeClasses(
                      styles.dot,
                      tone === "good" && styles.good,
                      tone === "warning" && styles.warning,
                      tone === "bad" && styles.bad,
                    )}
                    aria-hidden
                  />
                  <span className={styles.name}>{camera.name}</span>
                  {state !== "streaming" && <span className={styles.state}>{cameraState[state]}</span>}
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
      {total > cameras.length && (
        <p className={styles.more}>
          <Link className={styles.all} to="/cameras">
            {text.all(formatCount(total))}
          </Link>
        </p>
      )}
    </section>
  );
}
