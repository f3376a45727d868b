// What both ways of showing a live picture have in common.

// A picture has come on screen.
export type ShownFrame = {
  time: number; // capture time, seconds since the epoch
  width: number; // of the picture, pixels
  height: number;
};

export type PlayerEvents = {
  shown(frame: ShownFrame): void;
  // The stream cannot go on as it is; it has to be opened anew.
  broken(cause: string): void;
  // This browser will never play it.
  unplayable(cause: string): void;
};

export interface Player {
  push(bytes: ArrayBuffer): void;
  stop(): void;
}

// The browser's clock in seconds; only differences matter.
export const nowSeconds = (): number => performance.now() / 1000;
