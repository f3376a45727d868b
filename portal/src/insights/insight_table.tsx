// Insights gathered into rows of a table, newest first.
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { memo, useEffect, useRef, useState, type ReactNode } from "react";
import { Link } from "react-router";
import type { Insight } from "../api/types";
import { formatClock, formatCount, formatSpan } from "../format";
import { Ago } from "../parts/ago";
import { text as insights } from "../strings/insights";
import { text as live } from "../strings/live";
import { chunksOf } from "./chunks";
import type { FeedRow } from "./feed";
import { Sights, eventInWords } from "./insight_feed";

const text = insights.table;

const kChunk = 50; // rows drawn or left out together
const kRow = 38; // px, about, of a row that was not drawn yet
const kNear = "800px 0px"; // of the window

const useStyles = makeStyles({
  frame: { overflowX: "auto" },
  table: { width: "100%", borderCollapse: "collapse", fontVariantNumeric: "tabular-nums" },
  head: {
    padding: "6px 16px 6px 0",
    textAlign: "left",
    fontWeight: tokens.fontWeightRegular,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground3,
    whiteSpace: "nowrap",
  },
  cell: {
    padding: "8px 16px 8px 0",
    borderTop: `1px solid ${tokens.colorNeutralStroke3}`,
    textAlign: "left",
    verticalAlign: "top",
    fontWeight: tokens.fontWeightRegular,
  },
  numeric: { textAlign: "right", paddingRight: 0 },
  wide: { "@media (max-width: 700px)": { display: "none" } },
  time: {
    padding: 0,
    border: "none",
    backgroundColor: "transparent",
    color: tokens.colorBrandForeground1,
    font: "inherit",
    fontVariantNumeric: "tabular-nums",
    whiteSpace: "nowrap",
    cursor: "pointer",
    ":hover": { textDecoration: "underline" },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "2px" },
  },
  link: { color: "inherit", textDecoration: "none", overflowWrap: "anywhere", ":hover": { textDecoration: "underline" } },
  quiet: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
});

type Props = {
  rows: readonly FeedRow[];
  cameraName: (id: string) => string;
  deploymentName?: ((id: string) => string) | undefined; // undefined: there is but one
  onOpen: (insight: Insight) => void;
};

export function InsightTable({ rows, cameraName, deploymentName, onOpen }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.frame}>
      <table className={styles.table} aria-label={text.title} aria-rowcount={rows.length + 1} data-testid="insights">
        <thead>
          <tr>
            <th className={styles.head} scope="col">
              {text.time}
            </th>
            <th className={styles.head} scope="col">
              {text.camera}
            </th>
            {deploymentName && (
              <th className={mergeClasses(styles.head, styles.wide)} scope="col">
                {text.deployment}
              </th>
            )}
            <th className={styles.head} scope="col">
              {text.seen}
            </th>
            <th className={mergeClasses(styles.head, styles.numeric, styles.wide)} scope="col">
              {text.insights}
            </th>
          </tr>
        </thead>
        {chunksOf(rows, kChunk).map((chunk, i) => (
          <Piece key={chunk.key} rows={chunk.rows.length} isFirst={i === 0}>
            {() =>
              chunk.rows.map((row) => (
                <Row
                  key={row.key}
                  row={row}
                  camera={cameraName(row.camera)}
                  deployment={deploymentName?.(row.deployment)}
                  onOpen={onOpen}
                />
              ))
            }
          </Piece>
        ))}
      </table>
    </div>
  );
}

type PieceProps = { rows: number; isFirst: boolean; children: () => ReactNode };

// Drawn while it is near what is seen; else as high as it was when it was drawn last.
function Piece({ rows, isFirst, children }: PieceProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [isNear, setNear] = useState(isFirst);
  const [height, setHeight] = useState(rows * kRow);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        const { isIntersecting, boundingClientRect } = entries.at(-1)!;
        if (!isIntersecting) setHeight(boundingClientRect.height);
        setNear(isIntersecting);
      },
      { rootMargin: kNear },
    );
    observer.observe(body.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <tbody ref={body}>
      {isNear ? (
        children()
      ) : (
        <tr aria-hidden style={{ height }}>
          <td />
        </tr>
      )}
    </tbody>
  );
}

type RowProps = { row: FeedRow; camera: string; deployment: string | undefined; onOpen: (insight: Insight) => void };

const Row = memo(function Row({ row, camera, deployment, onOpen }: RowProps) {
  const styles = useStyles();
  const lasted = row.to - row.from;
  return (
    <tr data-testid="insight">
      <th className={styles.cell} scope="row">
        <button
          type="button"
          className={styles.time}
          title={text.raw(formatClock(row.to))}
          onClick={() => onOpen(row.newest)}
        >
          <Ago time={row.to} />
        </button>
        {lasted >= 2 && <div className={styles.quiet}>{live.feed.lasted(formatSpan(lasted))}</div>}
      </th>
      <td className={styles.cell}>
        <Link className={styles.link} to={`/cameras/${encodeURIComponent(row.camera)}`}>
          {camera}
        </Link>
      </td>
      {deployment !== undefined && (
        <td className={mergeClasses(styles.cell, styles.wide)}>
          <Link className={styles.link} to={`/deployments/${encodeURIComponent(row.deployment)}`}>
            {deployment}
          </Link>
        </td>
      )}
      <td className={styles.cell}>
        <Sights row={row} />
        {row.events.length > 0 && <div className={styles.quiet}>{row.events.map(eventInWords).join(" · ")}</div>}
      </td>
      <td className={mergeClasses(styles.cell, styles.numeric, styles.wide)}>{formatCount(row.insights)}</td>
    </tr>
  );
});
