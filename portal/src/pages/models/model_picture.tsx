// A picture for a model that has none of its own: what it does, drawn with its labels.
import { makeStyles, tokens } from "@fluentui/react-components";
import { labelColor } from "../../live/boxes";
import type { ModelTask } from "../../api/types";

// Boxes as fractions of the picture, the largest first.
const places = [
  { left: 0.08, top: 0.2, width: 0.27, height: 0.66 },
  { left: 0.43, top: 0.38, width: 0.32, height: 0.42 },
  { left: 0.8, top: 0.24, width: 0.14, height: 0.34 },
];
const kShares = [0.82, 0.46, 0.22]; // of a classification's bars
const kChipLength = 16; // characters

const useStyles = makeStyles({
  root: {
    position: "absolute",
    inset: 0,
    overflow: "hidden",
    backgroundColor: "#11191c",
    color: "#0b0e0f",
    fontSize: "11px",
    lineHeight: "16px",
    fontWeight: tokens.fontWeightSemibold,
  },
  box: { position: "absolute", boxSizing: "border-box", borderRadius: "3px" },
  chip: {
    position: "absolute",
    left: "-2px",
    top: "-18px",
    padding: "0 5px",
    borderRadius: "3px 3px 0 0",
    whiteSpace: "nowrap",
  },
  bars: {
    position: "absolute",
    inset: 0,
    display: "grid",
    alignContent: "center",
    gap: "10px",
    padding: "0 12%",
  },
  bar: { display: "grid", gap: "4px", color: "#dfe8ea" },
  track: { height: "6px", borderRadius: "3px", backgroundColor: "#2a373b", overflow: "hidden" },
  fill: { display: "block", height: "100%", borderRadius: "3px" },
});

const short = (label: string) => (label.length > kChipLength ? `${label.slice(0, kChipLength - 1)}…` : label);

type Props = { task: ModelTask; labels: readonly string[]; name: string };

export function ModelPicture({ task, labels, name }: Props) {
  const styles = useStyles();
  const shown = labels.filter(Boolean).slice(0, 3);
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  const background = `radial-gradient(120% 140% at 20% 0%, hsl(${hue} 32% 27%), hsl(${(hue + 40) % 360} 26% 11%))`;
  return (
    <div className={styles.root} style={{ backgroundImage: background }} aria-hidden data-testid="model-picture">
      {task === "detection" ? (
        places.slice(0, Math.max(1, shown.length)).map(({ left, top, width, height }, i) => {
          const label = shown[i];
          const color = label === undefined ? "#5f7277" : labelColor(label);
          return (
            <div
              key={i}
              className={styles.box}
              style={{
                left: `${left * 100}%`,
                top: `${top * 100}%`,
                width: `${width * 100}%`,
                height: `${height * 100}%`,
                border: `2px ${label === undefined ? "dashed" : "solid"} ${color}`,
              }}
            >
              {label !== undefined && (
                <span className={styles.chip} style={{ backgroundColor: color, ...(left > 0.6 && { left: "auto", right: "-2px" }) }}>
                  {short(label)}
                </span>
              )}
            </div>
          );
        })
      ) : (
        <div className={styles.bars}>
          {(shown.length > 0 ? shown : ["", ""]).map((label, i) => (
            <div key={i} className={styles.bar}>
              {label !== "" && short(label)}
              <span className={styles.track}>
                <span
                  className={styles.fill}
                  style={{ width: `${kShares[i]! * 100}%`, backgroundColor: label === "" ? "#5f7277" : labelColor(label) }}
                />
              </span>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
