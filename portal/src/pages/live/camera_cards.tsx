// Chooses the camera: one card each, with its newest picture.
import { makeStyles, tokens } from "@fluentui/react-components";
import { VideoOffRegular } from "@fluentui/react-icons";
import { Link } from "react-router";
import { Snapshot } from "../../live/snapshot";
import { StatePill } from "../../parts/state_pill";
import { useNow } from "../../parts/use_now";
import { strings } from "../../strings";
import { cameraTone } from "./tones";
import type { LiveCamera } from "./use_live";

const useStyles = makeStyles({
  list: {
    display: "flex",
    gap: tokens.spacingHorizontalM,
    margin: "0 -4px 12px",
    padding: "4px",
    listStyleType: "none",
    overflowX: "auto",
    scrollbarWidth: "thin",
    scrollSnapType: "x proximity",
  },
  item: { flex: "0 0 156px", scrollSnapAlign: "start", "@media (max-width: 640px)": { flexBasis: "140px" } },
  card: {
    display: "block",
    borderRadius: tokens.borderRadiusLarge,
    overflow: "hidden",
    color: "inherit",
    textDecoration: "none",
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: `0 0 0 1px ${tokens.colorNeutralStroke2}`,
    ":hover": { boxShadow: `0 0 0 1px ${tokens.colorNeutralStroke1Hover}` },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "2px" },
    '&[aria-current="page"]': { boxShadow: `0 0 0 2px ${tokens.colorCompoundBrandStroke}` },
  },
  picture: {
    position: "relative",
    aspectRatio: "16 / 9",
    display: "flex",
    alignItems: "center",
    justifyContent: "center",
    backgroundColor: "#0b0e0f",
    color: "#7f9093",
    fontSize: "22px",
  },
  image: { position: "absolute", inset: 0, width: "100%", height: "100%", objectFit: "cover" },
  text: {
    display: "grid",
    justifyItems: "start",
    gap: "4px",
    padding: "6px 10px 9px",
  },
  name: {
    maxWidth: "100%",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    fontWeight: tokens.fontWeightSemibold,
  },
});

export function CameraCards({ cameras, selected }: { cameras: readonly LiveCamera[]; selected: string }) {
  const styles = useStyles();
  return (
    <nav aria-label={strings.live.cameras}>
      <ul className={styles.list}>
        {cameras.map((camera) => (
          <li key={camera.id} className={styles.item}>
            <Link
              className={styles.card}
              to={`/live/${encodeURIComponent(camera.id)}`}
              aria-current={camera.id === selected ? "page" : undefined}
              aria-label={strings.live.cameraCard(camera.name, strings.cameraState[camera.state])}
              {...(camera.cause && { title: camera.cause })}
              data-testid="camera-card"
            >
              <div className={styles.picture}>
                <CardPicture camera={camera} />
              </div>
              <div className={styles.text}>
                <span className={styles.name}>{camera.name}</span>
                <StatePill
                  size="small"
                  tone={cameraTone[camera.state]}
                  text={strings.cameraState[camera.state]}
                />
              </div>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const kRenewedEvery = 10; // seconds

// The newest picture, renewed now and then while pictures come and somebody looks.
function CardPicture({ camera }: { camera: LiveCamera }) {
  const styles = useStyles();
  const now = useNow();
  const version =
    camera.state === "streaming" ? String(Math.floor(now / kRenewedEvery)) : camera.since;
  return (
    <>
      <VideoOffRegular aria-hidden />
      <Snapshot className={styles.image} camera={camera.id} width={352} version={version} alt="" />
    </>
  );
}
