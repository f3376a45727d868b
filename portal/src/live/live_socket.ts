// A camera's live view over WebSocket: tells what comes, and comes back after every break.
import { BackOff } from "../api/back_off";

export type Hello = { mode: "fmp4"; mime: string; base_time: number } | { mode: "jpeg" };

export type LiveListener = {
  // The stream begins, or begins anew: forget what was before.
  hello(hello: Hello): void;
  // fmp4: the init segment first, then fragments. jpeg: time and picture.
  media(bytes: ArrayBuffer): void;
  // The connection broke; another attempt follows by itself.
  lost(): void;
};

// What is used of WebSocket; tests bring their own.
export type SocketLike = {
  binaryType: string;
  onmessage: ((event: MessageEvent<string | ArrayBuffer>) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  close(): void;
};

export class LiveSocket {
  readonly #url: string;
  readonly #listener: LiveListener;
  readonly #open: (url: string) => SocketLike;
  readonly #backOff: BackOff;
  #socket: SocketLike | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    url: string,
    listener: LiveListener,
    open: (url: string) => SocketLike = (u) => new WebSocket(u),
    backOff = new BackOff(),
  ) {
    this.#url = url;
    this.#listener = listener;
    this.#open = open;
    this.#backOff = backOff;
  }

  start(): void {
    if (this.#socket === undefined && this.#retry === undefined) this.#connect();
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#drop();
  }

  // Begins anew, as after a picture that could not be decoded.
  restart(): void {
    if (this.#socket === undefined) return;
    this.#drop();
    this.#lose();
  }

  #connect(): void {
    const socket = this.#open(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    let greeted = false;
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      if (typeof data === "string") {
        const hello = parseHello(data);
        if (!hello) return;
        greeted = true;
        this.#listener.hello(hello);
      } else if (greeted) {
        // Only a stream that really flows lets the next break be mended quickly.
        this.#backOff.reset();
        this.#listener.media(data);
      }
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      this.#lose();
    };
  }

  #lose(): void {
    this.#listener.lost();
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#connect();
    }, this.#backOff.next());
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}

// The stream's greeting; undefined for one this portal does not know.
export function parseHello(text: string): Hello | undefined {
  try {
    const value = JSON.parse(text) as Partial<{ mode: string; mime: string; base_time: number }>;
    if (value.mode === "jpeg") return { mode: "jpeg" };
    if (value.mode === "fmp4" && value.mime && typeof value.base_time === "number") {
      return { mode: "fmp4", mime: value.mime, base_time: value.base_time };
    }
  } catch {
    // Falls through.
  }
  return undefined;
}
