// Which insight belongs to the picture on screen, and how far the picture is held back so that
// its insight has come by then. Pure: time is handed in, always in seconds; capture times are
// the server's clock, `now` is the browser's. The two clocks need not agree.

// What the buffer needs of an insight.
export type Timed = { timestamp: number };

// A picture's time as it comes through a video container is rounded to its time base.
const kSameFrame = 0.008;

// A picture this much fresher than any before shows that the stream was still catching up.
const kCatchingUp = 0.03;

// The recent insights of one deployment, by capture time.
export class InsightBuffer<T extends Timed> {
  #items: T[] = [];
  readonly #limit: number;
  #interval = 0.5;

  constructor(limit = 256) {
    this.#limit = limit;
  }

  // Takes an insight in; late ones are put where they belong, a repeated one replaces the first.
  add(insight: T): void {
    const items = this.#items;
    const last = items.at(-1);
    // A clock that jumped back by far: what is here belongs to another time.
    if (last && insight.timestamp < last.timestamp - 30) items.length = 0;
    let at = items.length;
    while (at > 0 && items[at - 1]!.timestamp > insight.timestamp) at--;
    if (items[at - 1]?.timestamp === insight.timestamp) items[at - 1] = insight;
    else items.splice(at, 0, insight);
    if (items.length > this.#limit) items.shift();
    this.#interval = usualInterval(items.slice(-21)) ?? this.#interval;
  }

  // The insight to draw on the picture captured at `frameTime`: the newest not newer than it,
  // unless that is older than about two intervals, when nothing is known about the picture.
  at(frameTime: number): T | undefined {
    for (let i = this.#items.length - 1; i >= 0; i--) {
      const insight = this.#items[i]!;
      const age = frameTime - insight.timestamp;
      if (age < -kSameFrame) continue;
      return age <= this.#interval * 2.2 + kSameFrame ? insight : undefined;
    }
    return undefined;
  }

  // The usual time from one insight to the next, in seconds.
  get interval(): number {
    return this.#interval;
  }

  clear(): void {
    this.#items = [];
  }
}

// Nearly the longest of the recent steps: a skill on a busy machine has no even pace, and boxes
// that go out between two insights are worse than boxes a moment old.
function usualInterval(items: readonly Timed[]): number | undefined {
  if (items.length < 3) return undefined;
  const steps: number[] = [];
  for (let i = 1; i < items.length; i++) steps.push(items[i]!.timestamp - items[i - 1]!.timestamp);
  steps.sort((a, b) => a - b);
  return Math.min(2, Math.max(0.01, steps[Math.floor(steps.length * 0.85)]!));
}

// Samples of the last seconds.
class Recent {
  #samples: { at: number; value: number }[] = [];
  readonly #span: number;

  constructor(span: number) {
    this.#span = span;
  }

  add(value: number, at: number): void {
    this.#samples.push({ at, value });
    const oldest = at - this.#span;
    let cut = 0;
    while (cut < this.#samples.length - 1 && this.#samples[cut]!.at < oldest) cut++;
    if (this.#samples.length - cut > 512) cut = this.#samples.length - 512;
    if (cut > 0) this.#samples.splice(0, cut);
  }

  clear(): void {
    this.#samples = [];
  }

  // The value that the share `q` of the samples does not exceed.
  quantile(q: number): number | undefined {
    if (this.#samples.length === 0) return undefined;
    const values = this.#samples.map((sample) => sample.value).sort((a, b) => a - b);
    return values[Math.min(values.length - 1, Math.floor(q * values.length))];
  }
}

type PlayoutOptions = {
  maxHold?: number; // longest wait for insights beyond the fastest picture
  maxBuffer?: number; // longest wait for pictures that come in bursts
  margin?: number;
  span?: number; // seconds of the past that count
};

// The clock of a live picture: at browser time `now` the picture captured at target(now) is due.
export class Playout {
  readonly #maxHold: number;
  readonly #maxBuffer: number;
  readonly #margin: number;
  readonly #span: number;
  #best!: Recent; // browser time at arrival - capture time of the newest picture
  #needs!: Recent; // browser time at arrival - capture time that had to be shown by then
  #insights!: Recent; // browser time at arrival - capture time of the insight's picture
  #offset: number | undefined;
  #adjustedAt = 0;
  #newest = Number.NEGATIVE_INFINITY;

  constructor({ maxHold = 0.4, maxBuffer = 2, margin = 0.02, span = 8 }: PlayoutOptions = {}) {
    this.#maxHold = maxHold;
    this.#maxBuffer = maxBuffer;
    this.#margin = margin;
    this.#span = span;
    this.reset();
  }

  // Forgets all: the stream has begun anew.
  reset(): void {
    this.#best = new Recent(this.#span);
    this.#needs = new Recent(this.#span);
    this.#insights = new Recent(this.#span);
    this.#offset = undefined;
    this.#newest = Number.NEGATIVE_INFINITY;
  }

  // Pictures up to capture time `end` are here at `now`. `start` is where what was here before
  // ended; for a stream of single pictures it is the picture's own time.
  pictures(start: number, end: number, now: number): void {
    if (Math.abs(end - this.#newest) > 5 && Number.isFinite(this.#newest)) this.reset();
    this.#newest = end;
    // A stream begins with what came before one looked: while it catches up, what it needed says
    // nothing about what it will need.
    const best = this.#best.quantile(0);
    if (best !== undefined && now - end < best - kCatchingUp) {
      this.#needs.clear();
      this.#offset = undefined;
    }
    this.#best.add(now - end, now);
    this.#needs.add(now - start, now);
    this.#adjust(now);
  }

  // The insight for the picture captured at `time` is here at `now`.
  insight(time: number, now: number): void {
    // Without pictures yet, or for a picture long past, it says nothing about the wait.
    if (!Number.isFinite(this.#newest) || Math.abs(time - this.#newest) > 5) return;
    this.#insights.add(now - time, now);
    this.#adjust(now);
  }

  // The capture time due on screen at `now`; undefined before the first picture.
  target(now: number): number | undefined {
    return this.#offset === undefined ? undefined : now - this.#offset;
  }

  // How long the picture is held back beyond the fastest one, in seconds.
  get hold(): number {
    const best = this.#best.quantile(0);
    return best === undefined || this.#offset === undefined ? 0 : this.#offset - best;
  }

  #adjust(now: number): void {
    const best = this.#best.quantile(0);
    if (best === undefined) return;
    const forPictures = Math.min((this.#needs.quantile(0.95) ?? best) - best, this.#maxBuffer);
    const forInsights = Math.min((this.#insights.quantile(0.95) ?? best) - best, this.#maxHold);
    const wanted = best + Math.max(0, forPictures, forInsights) + this.#margin;
    if (this.#offset === undefined || wanted > this.#offset) {
      this.#offset = wanted;
    } else {
      // Shrink slowly: playing a little faster is not seen, a jump is.
      const elapsed = Math.max(0, now - this.#adjustedAt);
      this.#offset = Math.max(wanted, this.#offset - elapsed * 0.05);
    }
    this.#adjustedAt = now;
  }
}

// What a video element has to do to be where it should: jump, or play a little off its speed.
export type Steering = { seek: number } | { rate: number };

// All in seconds of the media timeline: where the player is, where it should be, what is buffered.
export function steer(position: number, wanted: number, start: number, end: number): Steering {
  const reachable = Math.min(Math.max(wanted, start), Math.max(start, end - 0.03));
  const behind = reachable - position;
  if (position < start - 0.001 || Math.abs(behind) > 1) return { seek: reachable };
  if (Math.abs(behind) < 0.03) return { rate: 1 };
  return { rate: 1 + Math.min(0.25, Math.max(-0.25, behind * 0.6)) };
}
