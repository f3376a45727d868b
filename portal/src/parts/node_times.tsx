// The nodes of a skill with the time each takes, by stage.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { NodeStage, StreamNode } from "../api/types";
import { formatCount, formatMs } from "../format";
import { text as live } from "../strings/live";

const text = live.nodes;

const useStyles = makeStyles({
  root: { borderTop: `1px solid ${tokens.colorNeutralStroke3}` },
  head: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "baseline",
    justifyContent: "space-between",
    gap: "4px 16px",
    padding: "12px 16px 4px",
  },
  title: {
    margin: 0,
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
    fontWeight: tokens.fontWeightSemibold,
  },
  legend: {
    display: "flex",
    gap: "14px",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
  },
  key: { display: "inline-flex", alignItems: "center", gap: "6px" },
  swatch: { width: "10px", height: "10px", borderRadius: "3px" },
  scroll: {
    overflowX: "auto",
    padding: "0 16px 12px",
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
  table: {
    width: "100%",
    borderCollapse: "collapse",
    fontVariantNumeric: "tabular-nums",
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
  },
  header: {
    padding: "6px 0",
    textAlign: "left",
    fontWeight: tokens.fontWeightRegular,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    whiteSpace: "nowrap",
  },
  cell: {
    padding: "7px 0",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    whiteSpace: "nowrap",
    fontWeight: tokens.fontWeightRegular,
    textAlign: "left",
  },
  number: { textAlign: "right", paddingLeft: "18px", "@media (max-width: 640px)": { paddingLeft: "12px" } },
  bar: { width: "34%", paddingLeft: "24px", "@media (max-width: 640px)": { minWidth: "80px", paddingLeft: "14px" } },
  track: {
    display: "flex",
    gap: "1px",
    height: "10px",
    borderRadius: "3px",
    overflow: "hidden",
    backgroundColor: tokens.colorNeutralBackground3,
  },
  pre: { backgroundColor: tokens.colorPaletteMarigoldBorderActive },
  run: { backgroundColor: tokens.colorCompoundBrandBackground },
  post: { backgroundColor: tokens.colorPaletteBerryBorderActive },
  other: { backgroundColor: tokens.colorNeutralForeground4 },
  bad: { color: tokens.colorStatusDangerForeground1, fontWeight: tokens.fontWeightSemibold },
  error: {
    whiteSpace: "normal",
    color: tokens.colorStatusDangerForeground1,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  wide: { "@media (max-width: 640px)": { display: "none" } },
  none: { padding: "8px 16px 16px", color: tokens.colorNeutralForeground3 },
});

export function NodeTimes({ nodes }: { nodes: readonly StreamNode[] }) {
  const styles = useStyles();
  const longest = Math.max(...nodes.map(({ mean_ms }) => mean_ms), 0.001);
  const stageClass = (name: string) =>
    name === "pre" ? styles.pre : name === "run" ? styles.run : name === "post" ? styles.post : styles.other;
  return (
    <div className={styles.root}>
      <div className={styles.head}>
        <h3 className={styles.title}>{text.title}</h3>
        <div className={styles.legend} aria-hidden>
          {["pre", "run", "post"].map((name) => (
            <span key={name} className={styles.key}>
              <span className={mergeClasses(styles.swatch, stageClass(name))} />
              {text.stage[name]}
            </span>
          ))}
        </div>
      </div>
      {nodes.length === 0 ? (
        <div className={styles.none}>{text.none}</div>
      ) : (
        <div className={styles.scroll} tabIndex={0} role="region" aria-label={text.title}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th className={styles.header} scope="col">
                  {text.node}
                </th>
                <th className={mergeClasses(styles.header, styles.bar)} scope="col">
                  {text.stages}
                </th>
                {[text.mean, text.p99].map((title) => (
                  <th key={title} className={mergeClasses(styles.header, styles.number)} scope="col">
                    {title}
                  </th>
                ))}
                <th className={mergeClasses(styles.header, styles.number, styles.wide)} scope="col">
                  {text.runs}
                </th>
                {[text.errors, text.drops].map((title) => (
                  <th key={title} className={mergeClasses(styles.header, styles.number)} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {nodes.map((node) => (
                <tr key={node.id}>
                  <th className={styles.cell} scope="row">
                    {node.title}
                    {node.errors > 0 && node.last_error && (
                      <div className={styles.error}>{node.last_error}</div>
                    )}
                  </th>
                  <td className={mergeClasses(styles.cell, styles.bar)}>
                    <div
                      className={styles.track}
                      role="img"
                      aria-label={stagesInWords(node)}
                      title={stagesInWords(node)}
                    >
                      {barParts(node).map(({ name, mean_ms }) => (
                        <span
                          key={name}
                          className={stageClass(name)}
                          style={{ width: `${(mean_ms / longest) * 100}%` }}
                        />
                      ))}
                    </div>
                  </td>
                  <td className={mergeClasses(styles.cell, styles.number)}>
                    {formatMs(node.mean_ms)}
                  </td>
                  <td className={mergeClasses(styles.cell, styles.number)}>{formatMs(node.p99_ms)}</td>
                  <td className={mergeClasses(styles.cell, styles.number, styles.wide)}>
                    {formatCount(node.count)}
                  </td>
                  <td
                    className={mergeClasses(
                      styles.cell,
                      styles.number,
                      node.errors > 0 && styles.bad,
                    )}
                  >
                    {formatCount(node.errors)}
                  </td>
                  <td className={mergeClasses(styles.cell, styles.number)}>
                    {formatCount(node.dropped)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

// The stages scaled to the node's mean, or the whole as one part.
function barParts({ stages, mean_ms }: StreamNode): NodeStage[] {
  const sum = stages.reduce((total, stage) => total + stage.mean_ms, 0);
  if (sum <= 0) return [{ name: "whole", mean_ms }];
  const rest = mean_ms - sum;
  return rest > mean_ms * 0.02 ? [...stages, { name: "rest", mean_ms: rest }] : stages;
}

function stagesInWords({ stages }: StreamNode): string {
  if (stages.length === 0) return text.noStages;
  return stages
    .map(({ name, mean_ms }) => `${text.stage[name] ?? name} ${formatMs(mean_ms)}`)
    .join(", ");
}
