// How one skill on the camera keeps up: figures, and where the time goes.
import {
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Subtitle2,
  makeStyles,
  tokens,
} from "@fluentui/react-components";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useEventStream } from "../api/server_context";
import { formatAskedRate, formatCount, formatMs, formatPercent, formatRate } from "../format";
import { StatePill } from "./state_pill";
import type { Stream } from "../api/types";
import { text as live } from "../strings/live";
import { streamState } from "../strings/states";
import { NodeTimes } from "./node_times";
import { CounterRate } from "./rates";
import { streamTone } from "./tones";

const text = live.figures;

const useStyles = makeStyles({
  root: {
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    overflow: "hidden",
  },
  head: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: "4px 12px",
    padding: "12px 16px 0",
  },
  message: { margin: "12px 16px 0" },
  figures: {
    display: "grid",
    gridTemplateColumns: "repeat(4, minmax(0, 1fr))",
    gap: "12px 20px",
    margin: 0,
    padding: "14px 16px 16px",
    "@media (max-width: 640px)": { gridTemplateColumns: "repeat(2, minmax(0, 1fr))" },
  },
  figure: { display: "flex", flexDirection: "column", minWidth: 0, margin: 0 },
  label: {
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
  },
  value: {
    margin: 0,
    fontSize: tokens.fontSizeBase600,
    lineHeight: tokens.lineHeightBase600,
    fontWeight: tokens.fontWeightSemibold,
    fontVariantNumeric: "tabular-nums",
    letterSpacing: "-0.01em",
    whiteSpace: "nowrap",
  },
  unit: {
    marginLeft: "4px",
    fontSize: tokens.fontSizeBase300,
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground2,
    letterSpacing: 0,
  },
  note: {
    margin: 0,
    color: tokens.colorNeutralForeground3,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase200,
    fontVariantNumeric: "tabular-nums",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
});

// `name` is the skill's; `detail` stands beside it.
export function StreamPanel({ stream, name, detail }: { stream: Stream; name: string; detail?: ReactNode }) {
  const styles = useStyles();
  const insightsPerSecond = useInsightRate(stream);
  const { state, cause, fps_asked, dropped, frames } = stream;
  const all = frames + dropped;
  return (
    <section className={styles.root} aria-label={name} data-testid="stream">
      <div className={styles.head}>
        <Subtitle2 as="h2">{name}</Subtitle2>
        <StatePill
          tone={streamTone[state]}
          text={streamState[state]}
          {...(cause && { cause })}
        />
        {detail}
      </div>
      {(state === "failed" || state === "degraded") && (
        <MessageBar
          className={styles.message}
          intent={state === "failed" ? "error" : "warning"}
          layout="multiline"
        >
          <MessageBarBody>
            <MessageBarTitle>
              {state === "failed" ? text.failed(name) : text.degraded(name)}
            </MessageBarTitle>
            <br />
            {cause || text.noCause}
          </MessageBarBody>
        </MessageBar>
      )}
      <dl className={styles.figures} aria-label={text.title}>
        <Figure
          label={text.frameRate}
          value={formatRate(stream.fps_reached)}
          unit={text.fps}
          note={fps_asked > 0 ? text.frameRateOf(formatAskedRate(fps_asked)) : text.frameRateEvery}
        />
        <Figure
          label={text.dropped}
          help={text.droppedHelp}
          value={formatCount(dropped)}
          unit={text.frames}
          note={text.droppedShare(all > 0 ? formatShare(dropped / all) : formatPercent(0))}
        />
        <Figure
          label={text.insights}
          value={insightsPerSecond === undefined ? "–" : formatRate(insightsPerSecond)}
          unit={text.perSecond}
          note={text.insightsTotal(formatCount(stream.insights))}
        />
        <Figure
          label={text.latency}
          help={text.latencyHelp}
          {...splitUnit(formatMs(stream.latency_p50_ms))}
          note={
            stream.latency_p99_ms > 0
              ? text.latencyP99(formatMs(stream.latency_p99_ms))
              : text.notYet
          }
        />
      </dl>
      <NodeTimes nodes={stream.nodes} />
    </section>
  );
}

type FigureProps = { label: string; value: string; unit: string; note: string; help?: string };

function Figure({ label, value, unit, note, help }: FigureProps) {
  const styles = useStyles();
  return (
    <div className={styles.figure} {...(help && { title: help })}>
      <dt className={styles.label}>{label}</dt>
      <dd className={styles.value}>
        {value}
        {unit && <span className={styles.unit}>{unit}</span>}
      </dd>
      <dd className={styles.note}>{note}</dd>
    </div>
  );
}

// Small shares are worth a decimal: 0.4 % is not nothing.
function formatShare(share: number): string {
  return share > 0 && share < 0.1 ? `${(share * 100).toFixed(1)} %` : formatPercent(share);
}

function splitUnit(figure: string): { value: string; unit: string } {
  const at = figure.lastIndexOf(" ");
  return at < 0 ? { value: figure, unit: "" } : { value: figure.slice(0, at), unit: figure.slice(at + 1) };
}

// Insights a second, out of the counter that every status event brings.
function useInsightRate({ insights }: Stream): number | undefined {
  const events = useEventStream();
  const [value, setValue] = useState<number>();
  const counter = useRef(insights);
  useEffect(() => {
    counter.current = insights;
  });
  useEffect(() => {
    const rate = new CounterRate();
    return events.onStatus(() => setValue(rate.add(counter.current, performance.now() / 1000)));
  }, [events]);
  return value;
}
