// One live view without any React: socket, player, insights and the box overlay put together.
import { liveUrl } from "../api/client";
import type { Insight } from "../api/types";
import { contained, drawBoxes } from "./boxes";
import { Fmp4Player } from "./fmp4_player";
import { InsightBuffer, Playout } from "./in_step";
import { JpegPlayer } from "./jpeg_player";
import { LiveSocket, type Hello } from "./live_socket";
import { nowSeconds, type Player, type PlayerEvents, type ShownFrame } from "./player";

export type LivePhase =
  | { name: "opening" }
  | { name: "playing"; mode: Hello["mode"] }
  | { name: "lost" }
  | { name: "unplayable"; mime: string };

export type LiveElements = {
  video: HTMLVideoElement;
  picture: HTMLCanvasElement;
  overlay: HTMLCanvasElement;
};

type Callbacks = {
  phase(phase: LivePhase): void;
  // The insights now drawn, at most a few times a second; for telling them in words.
  drawn(insights: readonly Insight[]): void;
};

const kToldEvery = 0.5; // seconds

export class LiveView {
  readonly #elements: LiveElements;
  readonly #callbacks: Callbacks;
  readonly #playout = new Playout();
  readonly #buffers = new Map<string, InsightBuffer<Insight>>();
  readonly #socket: LiveSocket;
  readonly #sizes: ResizeObserver;
  #player: Player | undefined;
  #mode: Hello["mode"] = "jpeg";
  #phase: LivePhase = { name: "opening" };
  #frame: ShownFrame | undefined;
  #showBoxes = true;
  #drawRequested = 0;
  #toldAt = 0;

  constructor(camera: string, elements: LiveElements, callbacks: Callbacks) {
    this.#elements = elements;
    this.#callbacks = callbacks;
    this.#socket = new LiveSocket(liveUrl(camera), {
      hello: (hello) => this.#begin(hello),
      media: (bytes) => this.#player?.push(bytes),
      lost: () => {
        if (this.#phase.name === "playing") this.#setPhase({ name: "lost" });
      },
    });
    this.#sizes = new ResizeObserver(() => this.#draw());
    this.#sizes.observe(elements.overlay);
    this.#socket.start();
  }

  // Takes in an insight of this camera.
  insight(insight: Insight): void {
    let buffer = this.#buffers.get(insight.instance_id);
    if (!buffer) this.#buffers.set(insight.instance_id, (buffer = new InsightBuffer()));
    buffer.add(insight);
    this.#playout.insight(insight.timestamp, nowSeconds());
    // It may be the one for the picture already on screen.
    if (this.#frame && insight.timestamp <= this.#frame.time + 0.05) this.#requestDraw();
  }

  set showBoxes(show: boolean) {
    this.#showBoxes = show;
    this.#requestDraw();
  }

  stop(): void {
    this.#socket.stop();
    this.#sizes.disconnect();
    cancelAnimationFrame(this.#drawRequested);
    this.#player?.stop();
    this.#player = undefined;
  }

  #begin(hello: Hello): void {
    this.#player?.stop();
    this.#playout.reset();
    this.#mode = hello.mode;
    const events: PlayerEvents = {
      shown: (frame) => {
        this.#frame = frame;
        if (this.#phase.name !== "playing") {
          this.#setPhase({ name: "playing", mode: this.#mode });
        }
        this.#draw();
      },
      broken: () => this.#socket.restart(),
      unplayable: (mime) => {
        // No use to load it over and over.
        this.#socket.stop();
        this.#setPhase({ name: "unplayable", mime });
      },
    };
    const { video, picture } = this.#elements;
    this.#player =
      hello.mode === "fmp4"
        ? new Fmp4Player(video, hello, this.#playout, events)
        : new JpegPlayer(picture, this.#playout, events);
  }

  #setPhase(phase: LivePhase): void {
    this.#phase = phase;
    this.#callbacks.phase(phase);
  }

  #requestDraw(): void {
    cancelAnimationFrame(this.#drawRequested);
    this.#drawRequested = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    const { overlay } = this.#elements;
    const { clientWidth: width, clientHeight: height } = overlay;
    const scale = window.devicePixelRatio || 1;
    const pixelWidth = Math.round(width * scale);
    const pixelHeight = Math.round(height * scale);
    if (overlay.width !== pixelWidth) overlay.width = pixelWidth;
    if (overlay.height !== pixelHeight) overlay.height = pixelHeight;
    const context = overlay.getContext("2d")!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, overlay.width, overlay.height);
    const frame = this.#frame;
    if (!frame) return;
    const insights: Insight[] = [];
    let newest: { time: number; interval: number } | undefined;
    for (const buffer of this.#buffers.values()) {
      const insight = buffer.at(frame.time);
      if (!insight) continue;
      insights.push(insight);
      if (!newest || insight.timestamp > newest.time) {
        newest = { time: insight.timestamp, interval: buffer.interval };
      }
    }
    if (this.#showBoxes && insights.length > 0) {
      context.setTransform(scale, 0, 0, scale, 0, 0);
      drawBoxes(context, contained({ width, height }, frame), insights);
    }
    // For tests and for people who look under the hood.
    const data = overlay.dataset;
    data.frameTime = frame.time.toFixed(6);
    data.insightTime = newest ? newest.time.toFixed(6) : "";
    data.insightInterval = newest ? newest.interval.toFixed(6) : "";
    data.boxes = this.#showBoxes
      ? String(insights.reduce((n, i) => n + i.insights_meta.objects_meta.length, 0))
      : "0";
    data.hold = this.#playout.hold.toFixed(3);
    const now = nowSeconds();
    if (now - this.#toldAt >= kToldEvery) {
      this.#toldAt = now;
      this.#callbacks.drawn(insights);
    }
  }
}
