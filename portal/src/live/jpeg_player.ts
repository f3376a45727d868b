// Plays a live stream of JPEG pictures onto a canvas, each when the playout clock says so.
import type { Playout } from "./in_step";
import { nowSeconds, type Player, type PlayerEvents } from "./player";

type Waiting = { time: number; bitmap: ImageBitmap };

const kMostWaiting = 16;
const kMostDecoding = 4;

export class JpegPlayer implements Player {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #playout: Playout;
  readonly #events: PlayerEvents;
  #waiting: Waiting[] = [];
  #decoding = 0;
  #broken = 0;
  #frame = 0;
  #stopped = false;

  constructor(canvas: HTMLCanvasElement, playout: Playout, events: PlayerEvents) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false })!;
    this.#playout = playout;
    this.#events = events;
    this.#frame = requestAnimationFrame(this.#tick);
  }

  push(bytes: ArrayBuffer): void {
    const picture = readJpegMessage(bytes);
    if (!picture) return;
    this.#playout.pictures(picture.time, picture.time, nowSeconds());
    // A browser that cannot keep up skips pictures instead of falling behind.
    if (this.#decoding >= kMostDecoding) return;
    this.#decoding++;
    createImageBitmap(new Blob([picture.jpeg], { type: "image/jpeg" }))
      .then(
        (bitmap) => {
          this.#broken = 0;
          this.#enqueue({ time: picture.time, bitmap });
        },
        () => {
          if (++this.#broken === 25 && !this.#stopped) {
            this.#events.broken("The pictures that come cannot be decoded.");
          }
        },
      )
      .finally(() => this.#decoding--);
  }

  stop(): void {
    this.#stopped = true;
    cancelAnimationFrame(this.#frame);
    for (const { bitmap } of this.#waiting) bitmap.close();
    this.#waiting = [];
  }

  #enqueue(picture: Waiting): void {
    if (this.#stopped) {
      picture.bitmap.close();
      return;
    }
    const last = this.#waiting.at(-1);
    if (last && Math.abs(picture.time - last.time) > 5) {
      for (const { bitmap } of this.#waiting) bitmap.close();
      this.#waiting = [];
    }
    this.#waiting.push(picture);
    this.#waiting.sort((a, b) => a.time - b.time);
    while (this.#waiting.length > kMostWaiting) this.#waiting.shift()!.bitmap.close();
  }

  #tick = (): void => {
    this.#frame = requestAnimationFrame(this.#tick);
    const target = this.#playout.target(nowSeconds());
    if (target === undefined) return;
    let due: Waiting | undefined;
    while (this.#waiting[0] && this.#waiting[0].time <= target + 0.001) {
      due?.bitmap.close();
      due = this.#waiting.shift();
    }
    if (!due) return;
    const { bitmap, time } = due;
    if (this.#canvas.width !== bitmap.width || this.#canvas.height !== bitmap.height) {
      this.#canvas.width = bitmap.width;
      this.#canvas.height = bitmap.height;
    }
    this.#context.drawImage(bitmap, 0, 0);
    const shown = { time, width: bitmap.width, height: bitmap.height };
    bitmap.close();
    this.#events.shown(shown);
  };
}

// Splits a message: 8 bytes capture time in microseconds since the epoch, big endian, then the
// JPEG. Undefined for one that is too short.
export function readJpegMessage(
  bytes: ArrayBuffer,
): { time: number; jpeg: Uint8Array<ArrayBuffer> } | undefined {
  if (bytes.byteLength <= 8) return undefined;
  const view = new DataView(bytes);
  const time = (view.getUint32(0) * 2 ** 32 + view.getUint32(4)) / 1e6;
  return { time, jpeg: new Uint8Array(bytes, 8) };
}
