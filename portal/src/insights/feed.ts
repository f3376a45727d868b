// The insight feed: insights gathered into rows that a person can read while they come.
// A row covers a stretch of time; as long as the same things are seen it grows, at most one new
// row a second begins.
import type { EventMeta, Insight } from "../api/types";

export type FeedLabel = {
  label: string;
  count: number; // most seen at once
  best: number; // highest confidence
};

export type FeedRow = {
  key: string;
  deployment: string;
  camera: string;
  from: number; // capture time of the first and last insight, seconds since the epoch
  to: number;
  insights: number;
  labels: FeedLabel[]; // most frequent first
  events: EventMeta[];
  newest: Insight;
};

const kSecond = 1;
const kMostEvents = 20;

export class Feed {
  // Newest first. Rows are replaced, never changed, so that unchanged ones need no drawing.
  #rows: readonly FeedRow[] = [];
  readonly #limit: number;
  #seen = new Set<string>();
  #counter = 0;

  constructor(limit = 200) {
    this.#limit = limit;
  }

  get rows(): readonly FeedRow[] {
    return this.#rows;
  }

  // Takes in what came by the stream or from a list, in any order; known ones are passed over.
  add(insights: readonly Insight[]): boolean {
    const fresh = insights.filter(({ id }) => !this.#seen.has(id));
    if (fresh.length === 0) return false;
    fresh.sort((a, b) => a.timestamp - b.timestamp);
    let rows = [...this.#rows];
    for (const insight of fresh) {
      // Two of the same id may stand in one batch.
      if (this.#seen.has(insight.id)) continue;
      this.#remember(insight.id);
      rows = this.#place(rows, insight);
    }
    this.#rows = rows.slice(0, this.#limit);
    return true;
  }

  clear(): void {
    this.#rows = [];
    this.#seen.clear();
  }

  #place(rows: FeedRow[], insight: Insight): FeedRow[] {
    const at = rows.findIndex((row) => isStream(row, insight));
    const current = rows[at];
    // An insight older than the newest row comes from a list fetched late: not worth re-sorting.
    if (current && insight.timestamp < current.from) return rows;
    if (current && startsIn(current) === Math.floor(insight.timestamp)) {
      rows[at] = merged(current, insight);
      return rows;
    }
    // The current row's second is over: if it says what the one before said, they become one.
    if (current) {
      const before = rows.findIndex((row, i) => i > at && isStream(row, insight));
      const previous = rows[before];
      if (previous && sameSight(previous, current) && current.from - previous.to < 2 * kSecond) {
        rows[at] = {
          ...current,
          key: previous.key,
          from: previous.from,
          insights: previous.insights + current.insights,
          labels: current.labels.map((l) => ({
            ...l,
            best: Math.max(l.best, previous.labels.find((p) => p.label === l.label)!.best),
          })),
        };
        rows.splice(before, 1);
      }
    }
    const row: FeedRow = {
      key: String(++this.#counter),
      deployment: insight.instance_id,
      camera: insight.device_id,
      from: insight.timestamp,
      to: insight.timestamp,
      insights: 1,
      labels: labelsOf(insight),
      events: insight.insights_meta.events_meta,
      newest: insight,
    };
    return [row, ...rows];
  }

  #remember(id: string): void {
    this.#seen.add(id);
    if (this.#seen.size > 4000) {
      this.#seen = new Set([...this.#seen].slice(-2000));
    }
  }
}

// Of the same skill on the same camera.
function isStream({ newest }: FeedRow, insight: Insight): boolean {
  return (
    newest.instance_id === insight.instance_id &&
    newest.skill_id === insight.skill_id &&
    newest.device_id === insight.device_id
  );
}

// The second the row is still gathering.
function startsIn(row: FeedRow): number {
  return Math.floor(row.to);
}

function labelsOf(insight: Insight): FeedLabel[] {
  const labels = new Map<string, FeedLabel>();
  for (const { label, confidence } of insight.insights_meta.objects_meta) {
    const known = labels.get(label);
    if (known) {
      known.count++;
      known.best = Math.max(known.best, confidence);
    } else {
      labels.set(label, { label, count: 1, best: confidence });
    }
  }
  return sorted([...labels.values()]);
}

function merged(row: FeedRow, insight: Insight): FeedRow {
  const labels = new Map(row.labels.map((label) => [label.label, label]));
  for (const more of labelsOf(insight)) {
    const known = labels.get(more.label);
    labels.set(more.label, {
      label: more.label,
      count: Math.max(more.count, known?.count ?? 0),
      best: Math.max(more.best, known?.best ?? 0),
    });
  }
  return {
    ...row,
    to: insight.timestamp,
    insights: row.insights + 1,
    labels: sorted([...labels.values()]),
    events: [...row.events, ...insight.insights_meta.events_meta].slice(-kMostEvents),
    newest: insight,
  };
}

function sorted(labels: FeedLabel[]): FeedLabel[] {
  return labels.sort((a, b) => b.count - a.count || a.label.localeCompare(b.label));
}

function sameSight(a: FeedRow, b: FeedRow): boolean {
  return (
    a.events.length === 0 &&
    b.events.length === 0 &&
    a.labels.length === b.labels.length &&
    a.labels.every((label) =>
      b.labels.some((other) => other.label === label.label && other.count === label.count),
    )
  );
}

// All labels in the rows, by name.
export function labelsIn(rows: readonly FeedRow[]): string[] {
  const labels = new Set<string>();
  for (const row of rows) for (const { label } of row.labels) labels.add(label);
  return [...labels].sort((a, b) => a.localeCompare(b));
}

// The rows that have one of the labels; all of them for an empty choice.
export function withLabels(rows: readonly FeedRow[], chosen: ReadonlySet<string>): readonly FeedRow[] {
  if (chosen.size === 0) return rows;
  return rows.filter((row) => row.labels.some(({ label }) => chosen.has(label)));
}
