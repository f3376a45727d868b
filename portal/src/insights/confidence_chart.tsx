// How sure the models were of what they found, as a row of bars for each label.
import { makeStyles, tokens } from "@fluentui/react-components";
import type { Insight } from "../api/types";
import { formatCount, formatPercent } from "../format";
import { labelColor } from "../live/boxes";
import { text as insights } from "../strings/insights";
import { confidencesOf } from "./counts";

const text = insights.confidence;

const useStyles = makeStyles({
  root: { display: "grid", gap: "12px", margin: 0, padding: 0, listStyleType: "none" },
  head: { display: "flex", justifyContent: "space-between", gap: "8px", fontVariantNumeric: "tabular-nums" },
  quiet: { margin: 0, color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200, fontVariantNumeric: "tabular-nums" },
  bars: { display: "flex", alignItems: "end", gap: "2px", height: "34px", borderBottom: `1px solid ${tokens.colorNeutralStroke2}` },
  bar: { flex: "1 1 0", borderRadius: "2px 2px 0 0" },
  scale: { display: "flex", justifyContent: "space-between" },
});

export function ConfidenceChart({ newest, label }: { newest: readonly Insight[]; label: string }) {
  const styles = useStyles();
  const all = confidencesOf(newest, 4, label);
  if (all.length === 0) return <p className={styles.quiet}>{insights.chart.empty}</p>;
  return (
    <>
      <p className={styles.quiet}>{text.detail(formatCount(newest.length))}</p>
      <ul className={styles.root}>
        {all.map(({ label: name, bins, mean, count }) => {
          const most = Math.max(...bins);
          return (
            <li key={name}>
              <div className={styles.head}>
                {name} <span className={styles.quiet}>{text.mean(formatPercent(mean))}</span>
              </div>
              <div className={styles.bars} role="img" aria-label={text.bins(name, formatPercent(mean), formatCount(count))}>
                {bins.map((bin, i) => (
                  <span
                    key={i}
                    className={styles.bar}
                    title={`${i * 10}–${i * 10 + 10} %: ${formatCount(bin)}`}
                    style={{
                      height: bin === 0 ? 0 : `${Math.max(4, (bin / most) * 100)}%`,
                      backgroundColor: `color-mix(in srgb, ${labelColor(name)} 66%, currentColor)`,
                    }}
                  />
                ))}
              </div>
            </li>
          );
        })}
      </ul>
      <div className={styles.scale} aria-hidden>
        {text.scale.map((mark) => (
          <span key={mark} className={styles.quiet}>
            {mark}
          </span>
        ))}
      </div>
    </>
  );
}
