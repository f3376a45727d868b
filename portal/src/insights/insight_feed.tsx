// The feed of insights beside the picture.
import {
  Badge,
  Skeleton,
  SkeletonItem,
  Subtitle2,
  ToggleButton,
  makeStyles,
  mergeClasses,
  tokens,
} from "@fluentui/react-components";
import { memo, useState } from "react";
import type { Insight } from "../api/types";
import { formatClock, formatPercent, formatSpan } from "../format";
import { labelColor } from "../live/boxes";
import { Ago } from "../parts/ago";
import { text as live } from "../strings/live";
import { labelsIn, withLabels, type FeedRow } from "./feed";

const text = live.feed;

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexDirection: "column",
    minHeight: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    overflow: "hidden",
  },
  head: {
    display: "flex",
    alignItems: "center",
    justifyContent: "space-between",
    height: "44px",
    padding: "0 16px",
    flexShrink: 0,
  },
  filter: {
    display: "flex",
    flexWrap: "wrap",
    gap: "6px",
    padding: "0 16px 10px",
    maxHeight: "92px",
    overflowY: "auto",
    flexShrink: 0,
  },
  list: {
    flex: "1 1 auto",
    minHeight: 0,
    margin: 0,
    padding: "0 8px 8px",
    listStyleType: "none",
    overflowY: "auto",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    // New rows come at the top: the ones being read must not be pushed along by the browser.
    overflowAnchor: "none",
    scrollbarWidth: "thin",
  },
  row: {
    display: "grid",
    gridTemplateColumns: "1fr auto",
    columnGap: "12px",
    rowGap: "2px",
    alignItems: "center",
    width: "100%",
    padding: "8px",
    border: "none",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: "transparent",
    color: "inherit",
    font: "inherit",
    textAlign: "left",
    cursor: "pointer",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "-2px" },
  },
  chips: { display: "flex", flexWrap: "wrap", gap: "4px 12px", minWidth: 0 },
  chip: {
    display: "inline-flex",
    alignItems: "center",
    gap: "6px",
    fontSize: tokens.fontSizeBase300,
    lineHeight: tokens.lineHeightBase300,
  },
  swatch: {
    width: "10px",
    height: "10px",
    borderRadius: "3px",
    flexShrink: 0,
    boxShadow: "inset 0 0 0 1px rgba(0, 0, 0, 0.25)",
  },
  confidence: { color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
  nothing: { color: tokens.colorNeutralForeground3 },
  when: {
    alignSelf: "start",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    fontVariantNumeric: "tabular-nums",
    whiteSpace: "nowrap",
  },
  more: {
    gridColumn: "1 / -1",
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontVariantNumeric: "tabular-nums",
  },
  empty: {
    margin: "auto",
    padding: "32px 24px",
    textAlign: "center",
    color: tokens.colorNeutralForeground3,
    textWrap: "balance",
  },
  skeleton: { padding: "12px 16px", display: "grid", gap: "18px" },
});

type Props = {
  rows: readonly FeedRow[];
  loaded: boolean;
  // Names of the deployments; told in the rows where there are several.
  deploymentNames: ReadonlyMap<string, string>;
  onOpen: (insight: Insight) => void;
  className?: string;
};

export function InsightFeed({ rows, loaded, deploymentNames, onOpen, className }: Props) {
  const styles = useStyles();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [hovered, setHovered] = useState(false);
  const [focused, setFocused] = useState(false);
  const paused = hovered || focused;
  // While someone reads, the rows stand still.
  const [frozen, setFrozen] = useState<readonly FeedRow[]>();
  if (paused && !frozen) setFrozen(rows);
  if (!paused && frozen) setFrozen(undefined);
  const shown = withLabels(frozen ?? rows, chosen);
  const waiting = frozen ? newerThan(withLabels(rows, chosen), shown) : 0;
  const known = new Set([...labelsIn(rows), ...chosen]);
  const labels = [...known].sort((a, b) => a.localeCompare(b));

  const toggle = (label: string) => {
    const next = new Set(chosen);
    if (!next.delete(label)) next.add(label);
    setChosen(next);
  };

  return (
    <section className={mergeClasses(styles.root, className)} aria-labelledby="feed-title">
      <div className={styles.head}>
        <Subtitle2 as="h2" id="feed-title">
          {text.title}
        </Subtitle2>
        {paused && rows.length > 0 && (
          <Badge appearance="tint" color="informative" shape="circular" data-testid="feed-paused">
            {text.paused(waiting)}
          </Badge>
        )}
      </div>
      {labels.length > 1 && (
        <div className={styles.filter} role="group" aria-label={text.filter}>
          {labels.map((label) => (
            <ToggleButton
              key={label}
              size="small"
              shape="circular"
              appearance="outline"
              checked={chosen.has(label)}
              onClick={() => toggle(label)}
              icon={<Swatch label={label} />}
            >
              {label}
            </ToggleButton>
          ))}
        </div>
      )}
      {!loaded ? (
        <Skeleton className={styles.skeleton} aria-label={text.title}>
          {[60, 85, 70, 50, 75].map((width, i) => (
            <SkeletonItem key={i} size={16} style={{ width: `${width}%` }} />
          ))}
        </Skeleton>
      ) : shown.length === 0 ? (
        <div className={styles.empty}>
          {chosen.size > 0 ? text.emptyFilter : text.empty}
          {chosen.size === 0 && <div>{text.emptyDetail}</div>}
        </div>
      ) : (
        <ol
          className={styles.list}
          aria-label={text.list}
          data-testid="feed"
          onPointerEnter={(event) => setHovered(event.pointerType === "mouse")}
          onPointerLeave={() => setHovered(false)}
          onFocus={(event) => setFocused(event.target.matches(":focus-visible"))}
          onBlur={() => setFocused(false)}
        >
          {shown.map((row) => (
            <li key={row.key}>
              <Row
                row={row}
                {...(deploymentNames.size > 1 && {
                  deployment: deploymentNames.get(row.deployment) ?? row.deployment,
                })}
                onOpen={onOpen}
              />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

type RowProps = { row: FeedRow; deployment?: string; onOpen: (insight: Insight) => void };

const Row = memo(function Row({ row, deployment, onOpen }: RowProps) {
  const styles = useStyles();
  const span = row.to - row.from;
  const details = [
    deployment,
    span >= 2 ? text.lasted(formatSpan(span)) : undefined,
    ...row.events.map(eventInWords),
  ].filter((part) => part !== undefined);
  return (
    <button
      type="button"
      className={styles.row}
      data-testid="feed-row"
      title={`${formatClock(row.from)} – ${formatClock(row.to).slice(11)}, ${text.insights(row.insights)}`}
      aria-describedby={undefined}
      onClick={() => onOpen(row.newest)}
    >
      <Sights row={row} />
      <span className={styles.when}>
        <Ago time={row.to} />
      </span>
      {details.length > 0 && <span className={styles.more}>{details.join(" · ")}</span>}
    </button>
  );
});

// What a row saw: each label with how many at once and how sure.
export function Sights({ row }: { row: Pick<FeedRow, "labels" | "events"> }) {
  const styles = useStyles();
  return (
      <span className={styles.chips}>
        {row.labels.length === 0 && row.events.length === 0 && (
          <span className={styles.nothing}>{text.nothing}</span>
        )}
        {row.labels.map(({ label, count, best }) => (
          <span key={label} className={styles.chip}>
            <Swatch label={label} />
            <span>
              {count > 1 && <b>{count} × </b>}
              {label}
            </span>
            <span className={styles.confidence} title={text.best(formatPercent(best))}>
              {formatPercent(best)}
            </span>
          </span>
        ))}
      </span>
  );
}

export function Swatch({ label }: { label: string }) {
  const styles = useStyles();
  return (
    <span className={styles.swatch} style={{ backgroundColor: labelColor(label) }} aria-hidden />
  );
}

// "line_crossed" with its properties as a person would say it.
export function eventInWords(event: { type: string; properties?: Record<string, string> }): string {
  const properties = Object.values(event.properties ?? {});
  const name = event.type.replaceAll("_", " ");
  return properties.length > 0 ? `${name} (${properties.join(", ")})` : name;
}

// How many rows have come since the shown ones.
function newerThan(rows: readonly FeedRow[], shown: readonly FeedRow[]): number {
  const newest = shown[0];
  if (!newest) return rows.length;
  return rows.filter((row) => row.from > newest.to).length;
}
