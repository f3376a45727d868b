// Counts over time as lines, one for each label. Drawn here as SVG: a few lines over an axis do not
// warrant a chart library, and keyboard, screen reader and table come with it.
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { ZoomOutRegular } from "@fluentui/react-icons";
import { useLayoutEffect, useRef, useState } from "react";
import type { InsightCounts } from "../api/types";
import { formatCount, formatSpan } from "../format";
import { labelColor } from "../live/boxes";
import { text as insights } from "../strings/insights";
import { scaleOf, seriesOf, timeMarks } from "./counts";

const text = insights.chart;

const kHeight = 190;
const kLeft = 44;
const kRight = 10;
const kTop = 8;
const kBottom = 24;
const kMost = 6; // lines

const useStyles = makeStyles({
  root: { display: "grid", gridTemplateColumns: "minmax(0, 1fr)", gap: "8px" },
  head: { display: "flex", flexWrap: "wrap", justifyContent: "space-between", alignItems: "center", gap: "4px 16px", minHeight: "24px" },
  quiet: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200, lineHeight: tokens.lineHeightBase200 },
  field: {
    position: "relative",
    height: `${kHeight}px`,
    cursor: "crosshair",
    borderRadius: tokens.borderRadiusMedium,
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: "2px" },
  },
  svg: { display: "block", overflow: "visible", color: tokens.colorNeutralForeground1 },
  grid: { stroke: tokens.colorNeutralStroke3 },
  cursor: { stroke: tokens.colorNeutralStroke1, strokeDasharray: "3 3" },
  mark: {
    fill: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase100,
    fontVariantNumeric: "tabular-nums",
  },
  line: { fill: "none", strokeWidth: "2px", strokeLinejoin: "round" },
  area: { stroke: "none", opacity: 0.1 },
  tip: {
    position: "absolute",
    top: "4px",
    zIndex: 1,
    display: "grid",
    gap: "2px",
    padding: "6px 10px",
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground1,
    boxShadow: tokens.shadow8,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontVariantNumeric: "tabular-nums",
    whiteSpace: "nowrap",
    pointerEvents: "none",
  },
  legend: { display: "flex", flexWrap: "wrap", gap: "4px 16px", margin: 0, padding: 0, listStyleType: "none", fontVariantNumeric: "tabular-nums" },
  key: { display: "inline-flex", alignItems: "center", gap: "6px" },
  swatch: { width: "10px", height: "10px", borderRadius: "3px", flexShrink: 0 },
  empty: { display: "flex", alignItems: "center", justifyContent: "center", height: `${kHeight}px`, color: tokens.colorNeutralForeground3 },
  scroll: { maxHeight: "260px", overflow: "auto", ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` } },
  table: { borderCollapse: "collapse", fontVariantNumeric: "tabular-nums", fontSize: tokens.fontSizeBase200 },
  cell: { padding: "2px 16px 2px 0", textAlign: "right", fontWeight: tokens.fontWeightRegular, whiteSpace: "nowrap" },
  summary: { width: "fit-content", cursor: "pointer", color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
});

// Of a label on the page: dark enough on white, light enough on black.
const lineColor = (label: string) => `color-mix(in srgb, ${labelColor(label)} 66%, currentColor)`;

const two = (n: number) => String(n).padStart(2, "0");

// A time of day, with the date where days are what differs, and seconds where these do.
export function clockOf(seconds: number, step: number): string {
  const date = new Date(seconds * 1000);
  const day = `${date.getDate()}.${date.getMonth() + 1}.`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}${step < 60 ? `:${two(date.getSeconds())}` : ""}`;
  if (step >= 86_400) return day;
  return step >= 1800 ? `${day} ${clock}` : clock;
}

type Props = {
  counts: InsightCounts;
  label: string; // only this one; "" for all
  onZoom: (from: number, to: number) => void;
  onZoomOut?: (() => void) | undefined;
};

export function CountsChart({ counts, label, onZoom, onZoomOut }: Props) {
  const styles = useStyles();
  const field = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(640);
  const [at, setAt] = useState<number>();
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => entry && setWidth(Math.max(220, entry.contentRect.width)));
    watch.observe(field.current!);
    return () => watch.disconnect();
  }, []);

  const { step_s, total } = counts;
  const from = Date.parse(counts.from) / 1000;
  const n = total.length;
  const to = from + n * step_s;
  const series = seriesOf(counts, kMost, label);
  const { top, marks } = scaleOf(Math.max(0, ...series.flatMap(({ values }) => values)));
  const x = (i: number) => kLeft + ((width - kLeft - kRight) * (i + 0.5)) / n;
  const y = (value: number) => kTop + (kHeight - kTop - kBottom) * (1 - value / top);
  const points = (values: readonly number[]) => values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`);
  const index = Math.min(n - 1, at ?? n - 1);
  const whatAt = (i: number) =>
    series.map(({ label: name, values }) => `${name} ${formatCount(values[i] ?? 0)}`).join(", ") || text.nothing;
  const begins = from + index * step_s;
  const timeAt = clockOf(begins, step_s);
  const zoom = () => step_s > 1 && onZoom(begins, begins + step_s);
  const pick = (event: React.PointerEvent) => {
    const box = field.current!.getBoundingClientRect();
    const part = (event.clientX - box.left - kLeft) / (width - kLeft - kRight);
    setAt(Math.max(0, Math.min(n - 1, Math.floor(part * n))));
  };

  return (
    <div className={styles.root} data-testid="chart">
      <div className={styles.head}>
        <span className={styles.quiet}>{text.step(formatSpan(step_s))}</span>
        {onZoomOut && (
          <Button size="small" appearance="subtle" icon={<ZoomOutRegular />} onClick={onZoomOut}>
            {text.zoomOut}
          </Button>
        )}
      </div>
      <div
        ref={field}
        className={styles.field}
        role="slider"
        tabIndex={0}
        aria-label={text.slider}
        aria-valuemin={0}
        aria-valuemax={n - 1}
        aria-valuenow={index}
        aria-valuetext={text.value(timeAt, whatAt(index))}
        title={step_s > 1 ? text.hint : undefined}
        onPointerMove={pick}
        onPointerLeave={() => setAt(undefined)}
        onBlur={() => setAt(undefined)}
        onClick={zoom}
        onKeyDown={(event) => {
          const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10, Home: -n, End: n };
          const move = moves[event.key];
          if (event.key === "Enter") zoom();
          else if (move === undefined) return;
          else setAt(Math.max(0, Math.min(n - 1, index + move)));
          event.preventDefault();
        }}
      >
        <svg className={styles.svg} width={width} height={kHeight} aria-hidden>
          {marks.map((mark) => (
            <g key={mark}>
              <line className={styles.grid} x1={kLeft} x2={width - kRight} y1={y(mark)} y2={y(mark)} />
              <text className={styles.mark} x={kLeft - 8} y={y(mark) + 3.5} textAnchor="end">
                {formatCount(mark)}
              </text>
            </g>
          ))}
          {timeMarks(from, to, Math.max(2, Math.floor(width / 110))).map((mark, _i, all) => {
            const place = kLeft + ((width - kLeft - kRight) * (mark - from)) / (to - from);
            const gap = (all[1] ?? mark) - (all[0] ?? mark);
            return (
              <text
                key={mark}
                className={styles.mark}
                x={place}
                y={kHeight - 6}
                textAnchor={place > width - 50 ? "end" : "middle"}
              >
                {clockOf(mark, gap)}
              </text>
            );
          })}
          {series.toReversed().map(({ label: name, values }) => (
            <g key={name} style={{ color: "inherit" }}>
              <polygon
                className={styles.area}
                style={{ fill: lineColor(name) }}
                points={[`${x(0)},${y(0)}`, ...points(values), `${x(n - 1)},${y(0)}`].join(" ")}
              />
              <polyline className={styles.line} style={{ stroke: lineColor(name) }} points={points(values).join(" ")} />
            </g>
          ))}
          {at !== undefined && (
            <line className={styles.cursor} x1={x(index)} x2={x(index)} y1={kTop} y2={kHeight - kBottom} />
          )}
        </svg>
        {at !== undefined && (
          <div
            className={styles.tip}
            style={x(index) > width / 2 ? { right: width - x(index) + 8 } : { left: x(index) + 8 }}
            aria-hidden
          >
            <b>{timeAt}</b>
            {series.map(({ label: name, values }) => (
              <span key={name} className={styles.key}>
                <span className={styles.swatch} style={{ backgroundColor: lineColor(name) }} />
                {name} {formatCount(values[index] ?? 0)}
              </span>
            ))}
            {series.length === 0 && text.nothing}
          </div>
        )}
      </div>
      <ul className={styles.legend} aria-label={text.title}>
        {series.map(({ label: name, sum }) => (
          <li key={name} className={styles.key}>
            <span className={styles.swatch} style={{ backgroundColor: lineColor(name) }} aria-hidden />
            {name} <span className={styles.quiet}>{formatCount(sum)}</span>
          </li>
        ))}
        {series.length === 0 && <li className={styles.quiet}>{text.empty}</li>}
      </ul>
      {series.length > 0 && (
        <details>
          <summary className={styles.summary}>{text.table}</summary>
          <div className={styles.scroll} tabIndex={0} role="region" aria-label={text.table}>
            <table className={styles.table}>
              <thead>
                <tr>
                  {[insights.time, text.all, ...series.map((one) => one.label)].map((title) => (
                    <th key={title} className={styles.cell} scope="col">
                      {title}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {total.map((sum, i) => (
                  <tr key={i}>
                    <th className={styles.cell} scope="row">
                      {clockOf(from + i * step_s, step_s)}
                    </th>
                    <td className={styles.cell}>{formatCount(sum)}</td>
                    {series.map(({ label: name, values }) => (
                      <td key={name} className={styles.cell}>
                        {formatCount(values[i] ?? 0)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </div>
  );
}
