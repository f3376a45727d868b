// Plays a live stream of fragmented MP4 through Media Source Extensions, close to its end and
// steered by the playout clock.
import { steer, type Playout } from "./in_step";
import type { Hello } from "./live_socket";
import { nowSeconds, type Player, type PlayerEvents } from "./player";

const kKeptBehind = 4; // seconds of played video left in the buffer
const kTrimmedAt = 10;
const kMostQueued = 120;
const kSteerEvery = 200; // ms

export class Fmp4Player implements Player {
  readonly #video: HTMLVideoElement;
  readonly #playout: Playout;
  readonly #events: PlayerEvents;
  readonly #baseTime: number;
  readonly #source = new MediaSource();
  readonly #url: string;
  readonly #queue: ArrayBuffer[] = [];
  #buffer: SourceBuffer | undefined;
  #endBefore: number | undefined;
  #appending = false;
  #stopped = false;
  #started = false;
  #steering: ReturnType<typeof setInterval>;
  #frameCallback = 0;

  constructor(
    video: HTMLVideoElement,
    hello: Extract<Hello, { mode: "fmp4" }>,
    playout: Playout,
    events: PlayerEvents,
  ) {
    this.#video = video;
    this.#playout = playout;
    this.#events = events;
    this.#baseTime = hello.base_time;
    this.#url = URL.createObjectURL(this.#source);
    this.#source.addEventListener(
      "sourceopen",
      () => {
        if (!this.#stopped) this.#openBuffer(hello.mime);
      },
      { once: true },
    );
    video.addEventListener("error", this.#onVideoError);
    video.muted = true;
    video.playsInline = true;
    video.src = this.#url;
    this.#steering = setInterval(this.#steer, kSteerEvery);
    this.#frameCallback = video.requestVideoFrameCallback(this.#onFrame);
  }

  push(bytes: ArrayBuffer): void {
    if (this.#queue.length >= kMostQueued) {
      this.#events.broken("The browser does not keep up with the video.");
      return;
    }
    this.#queue.push(bytes);
    this.#next();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#steering);
    this.#video.cancelVideoFrameCallback(this.#frameCallback);
    this.#video.removeEventListener("error", this.#onVideoError);
    this.#video.removeAttribute("src");
    this.#video.load();
    URL.revokeObjectURL(this.#url);
    this.#queue.length = 0;
  }

  #openBuffer(mime: string): void {
    if (!MediaSource.isTypeSupported(mime)) {
      this.#events.unplayable(mime);
      return;
    }
    const buffer = this.#source.addSourceBuffer(mime);
    buffer.mode = "segments";
    buffer.addEventListener("updateend", this.#onAppended);
    buffer.addEventListener("error", () => {
      this.#fail("The video could not be read.");
    });
    this.#buffer = buffer;
    this.#next();
  }

  #next(): void {
    const buffer = this.#buffer;
    if (this.#stopped || !buffer || buffer.updating || this.#source.readyState !== "open") return;
    if (this.#trim(buffer)) return;
    const bytes = this.#queue.shift();
    if (!bytes) return;
    this.#endBefore = endOf(buffer.buffered);
    this.#appending = true;
    try {
      buffer.appendBuffer(bytes);
    } catch (error) {
      this.#appending = false;
      if (error instanceof DOMException && error.name === "QuotaExceededError") {
        const start = startOf(buffer.buffered) ?? 0;
        if (this.#video.currentTime - start > 1) {
          this.#queue.unshift(bytes);
          buffer.remove(start, this.#video.currentTime - 0.5);
          return;
        }
      }
      this.#fail("The video could not be buffered.");
    }
  }

  // Removes what has long been played; true while that goes on.
  #trim(buffer: SourceBuffer): boolean {
    const start = startOf(buffer.buffered);
    const end = endOf(buffer.buffered);
    if (start === undefined || end === undefined) return false;
    // In a hidden page the video may stand still while the buffer grows.
    const keepFrom = Math.max(this.#video.currentTime - kKeptBehind, end - 30);
    if (keepFrom - start < kTrimmedAt - kKeptBehind) return false;
    buffer.remove(start, keepFrom);
    return true;
  }

  #onAppended = (): void => {
    const buffer = this.#buffer;
    if (this.#stopped || !buffer) return;
    if (this.#appending) {
      this.#appending = false;
      const end = endOf(buffer.buffered);
      if (end !== undefined && end !== this.#endBefore) {
        const now = nowSeconds();
        // The last picture begins a little before the end; what counts is when playing would
        // have run dry.
        const dryAt = this.#endBefore ?? startOf(buffer.buffered) ?? end;
        this.#playout.pictures(this.#baseTime + Math.min(dryAt, end), this.#baseTime + end, now);
        this.#steer();
      }
    }
    this.#next();
  };

  #steer = (): void => {
    const buffer = this.#buffer;
    if (this.#stopped || !buffer) return;
    const target = this.#playout.target(nowSeconds());
    const start = startOf(buffer.buffered);
    const end = endOf(buffer.buffered);
    if (target === undefined || start === undefined || end === undefined) return;
    const video = this.#video;
    if (video.seeking) return;
    const order = steer(video.currentTime, target - this.#baseTime, start, end);
    if ("seek" in order) {
      video.playbackRate = 1;
      // Only if it leads anywhere: at the very end of the buffer there is nothing to jump to.
      if (Math.abs(order.seek - video.currentTime) > 0.02) video.currentTime = order.seek;
    } else if (video.playbackRate !== order.rate) {
      video.playbackRate = order.rate;
    }
    if (!this.#started || video.paused) {
      this.#started = true;
      // Refused only while the page may not play; the next steering tries again.
      video.play().catch(() => undefined);
    }
  };

  #onFrame: VideoFrameRequestCallback = (_now, metadata) => {
    if (this.#stopped) return;
    this.#frameCallback = this.#video.requestVideoFrameCallback(this.#onFrame);
    this.#events.shown({
      time: this.#baseTime + metadata.mediaTime,
      width: metadata.width,
      height: metadata.height,
    });
  };

  #onVideoError = (): void => {
    this.#fail(this.#video.error?.message ?? "The video cannot be played.");
  };

  #fail(cause: string): void {
    if (!this.#stopped) this.#events.broken(cause);
  }
}

// The last stretch of the buffer: a gap before it means that something was lost.
function startOf(ranges: TimeRanges): number | undefined {
  return ranges.length > 0 ? ranges.start(ranges.length - 1) : undefined;
}

function endOf(ranges: TimeRanges): number | undefined {
  return ranges.length > 0 ? ranges.end(ranges.length - 1) : undefined;
}
