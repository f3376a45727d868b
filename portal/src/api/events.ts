// The one event stream from the server: status, insights, changes and jobs, reconnected for ever.
import { BackOff } from "./back_off";
import { apiPath } from "./client";
import type { ChangeEvent, Insight, Job, StatusEvent } from "./types";

// connecting: never been open. open: events arrive. lost: was open or could not be opened.
export type StreamState = "connecting" | "open" | "lost";

// What is used of EventSource; tests bring their own.
export type EventSourceLike = {
  onerror: ((event: Event) => void) | null;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
};

type Options = {
  open?: (url: string) => EventSourceLike;
  backOff?: BackOff;
  // Status comes once a second: without any for so long the connection counts as lost.
  silence_ms?: number;
};

type Listener<T> = (value: T) => void;

class Listeners<T> {
  readonly #all = new Set<Listener<T>>();
  add(listener: Listener<T>): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }
  tell(value: T): void {
    for (const listener of this.#all) listener(value);
  }
}

export class EventStream {
  readonly #open: (url: string) => EventSourceLike;
  readonly #backOff: BackOff;
  readonly #silenceMs: number;
  readonly #insights = new Listeners<Insight>();
  readonly #statuses = new Listeners<StatusEvent>();
  readonly #changes = new Listeners<ChangeEvent>();
  readonly #jobs = new Listeners<Job>();
  readonly #states = new Listeners<StreamState>();
  #source: EventSourceLike | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #state: StreamState = "connecting";

  constructor({ open, backOff, silence_ms }: Options = {}) {
    this.#open = open ?? ((url) => new EventSource(url));
    this.#backOff = backOff ?? new BackOff();
    this.#silenceMs = silence_ms ?? 6000;
  }

  get state(): StreamState {
    return this.#state;
  }

  // Each returns the function that ends the listening.
  onInsight = (listener: Listener<Insight>) => this.#insights.add(listener);
  onStatus = (listener: Listener<StatusEvent>) => this.#statuses.add(listener);
  onChange = (listener: Listener<ChangeEvent>) => this.#changes.add(listener);
  onJob = (listener: Listener<Job>) => this.#jobs.add(listener);
  onState = (listener: Listener<StreamState>) => this.#states.add(listener);

  start(): void {
    if (this.#source !== undefined || this.#retry !== undefined) return;
    this.#connect();
  }

  stop(): void {
    this.#disconnect();
    clearTimeout(this.#retry);
    this.#retry = undefined;
  }

  // Tries at once instead of waiting for the next attempt.
  retryNow(): void {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#connect();
  }

  #connect(): void {
    const source = this.#open(apiPath("/events"));
    this.#source = source;
    const isCurrent = () => this.#source === source;
    // EventSource gives up for good on some failures and retries others: always do it ourselves.
    source.onerror = () => {
      if (isCurrent()) this.#lose();
    };
    const hear = <T>(type: string, tell: (value: T) => void) => {
      source.addEventListener(type, (event) => {
        if (!isCurrent()) return;
        const value = parse<T>(event.data);
        if (value) tell(value);
      });
    };
    hear<Insight>("insight", (insight) => this.#insights.tell(insight));
    hear<ChangeEvent>("change", (change) => this.#changes.tell(change));
    hear<Job>("job", (job) => this.#jobs.tell(job));
    hear<StatusEvent>("status", (status) => {
      this.#heard();
      this.#statuses.tell(status);
    });
    this.#watchSilence();
  }

  #heard(): void {
    this.#backOff.reset();
    this.#setState("open");
    this.#watchSilence();
  }

  #watchSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lose(), this.#silenceMs);
  }

  #lose(): void {
    this.#disconnect();
    this.#setState("lost");
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#connect();
    }, this.#backOff.next());
  }

  #disconnect(): void {
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = undefined;
  }

  #setState(state: StreamState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#states.tell(state);
  }
}

// The event's value; undefined for one that cannot be read: an event must never end the stream.
function parse<T>(data: string): T | undefined {
  try {
    return JSON.parse(data) as T;
  } catch {
    return undefined;
  }
}
