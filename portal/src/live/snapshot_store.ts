// The newest still picture of each camera: fetched a few at a time for those that are looked at,
// and kept, so that coming back to a page shows it at once.
import type { CameraState } from "../api/types";

const kAtOnce = 3;
const kKept = 200; // pictures
const kRenewal = 10_000; // ms
const kNextTry = 3_000; // after one that failed, such as of a camera that was just opened
// The server keeps a camera open for a minute for a picture. One that stays open for longer is in
// use, and may be asked more often; one that nobody uses must not be kept open by its thumbnail.
const kHeldOpen = 90_000;
const kIdleRenewal = 600_000;

export type Asked = { at: number; state: CameraState; since: string; failed?: boolean };

// Whether a camera in this state is worth another picture; `last` is when it was asked before.
export function isDue(
  camera: { state: CameraState; since: string; frames_decoded: number },
  last: Asked | undefined,
  now: number,
): boolean {
  const { state, since, frames_decoded } = camera;
  const gives = state === "streaming" || state === "idle" || state === "stalled";
  if (!gives && frames_decoded === 0) return false;
  if (!last) return true;
  const age = now - last.at;
  if (last.failed && state === "streaming") return age >= kNextTry;
  if (state === "idle") return age >= kIdleRenewal;
  if (last.state === "idle") return age >= kHeldOpen;
  if (state === "streaming") return age >= kRenewal;
  return since !== last.since && age >= kRenewal;
}

type FetchPicture = (camera: string, signal: AbortSignal) => Promise<Blob>;

type Entry = {
  url?: string;
  asked?: Asked;
  waiting?: Asked;
  fetching?: boolean;
};

export class SnapshotStore {
  readonly #fetch: FetchPicture;
  readonly #entries = new Map<string, Entry>(); // those used last are last
  readonly #listeners = new Map<string, Set<() => void>>();
  #running = 0;

  constructor(fetch: FetchPicture) {
    this.#fetch = fetch;
  }

  // The address of the picture there is.
  get(camera: string): string | undefined {
    return this.#entries.get(camera)?.url;
  }

  lastAsked(camera: string): Asked | undefined {
    const entry = this.#entries.get(camera);
    return entry?.waiting ?? entry?.asked;
  }

  // Has a picture fetched as soon as it is its turn.
  want(camera: string, state: CameraState, since: string, now: number): void {
    const entry = this.#entry(camera);
    if (entry.waiting || entry.fetching) return;
    entry.waiting = { at: now, state, since };
    this.#next();
  }

  // Nobody looks any more: what has not begun does not begin.
  forget(camera: string): void {
    const entry = this.#entries.get(camera);
    if (entry) delete entry.waiting;
  }

  subscribe(camera: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(camera) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(camera, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(camera);
    };
  }

  #entry(camera: string): Entry {
    const entry = this.#entries.get(camera) ?? {};
    this.#entries.delete(camera);
    this.#entries.set(camera, entry);
    return entry;
  }

  #next(): void {
    for (const [camera, entry] of this.#entries) {
      if (this.#running >= kAtOnce) return;
      if (!entry.waiting || entry.fetching) continue;
      entry.asked = entry.waiting;
      delete entry.waiting;
      entry.fetching = true;
      this.#running++;
      void this.#run(camera, entry);
    }
  }

  async #run(camera: string, entry: Entry): Promise<void> {
    try {
      const picture = await this.#fetch(camera, AbortSignal.timeout(20_000));
      if (entry.url) URL.revokeObjectURL(entry.url);
      entry.url = URL.createObjectURL(picture);
      for (const tell of this.#listeners.get(camera) ?? []) tell();
    } catch {
      // There may be none yet; it is asked again when it is due.
      if (entry.asked) entry.asked.failed = true;
    }
    entry.fetching = false;
    this.#running--;
    this.#dropOld();
    this.#next();
  }

  #dropOld(): void {
    for (const [camera, entry] of this.#entries) {
      if (this.#entries.size <= kKept) return;
      if (entry.fetching || entry.waiting || this.#listeners.has(camera)) continue;
      if (entry.url) URL.revokeObjectURL(entry.url);
      this.#entries.delete(camera);
    }
  }
}
