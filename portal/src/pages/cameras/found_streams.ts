// Which of a camera's streams to watch, and which to run skills on.
import type { FoundStream } from "../../api/types";

const kWideEnough = 320; // pixels, for detection

// The largest to watch; for detection the smallest that is still worth looking at, where it is
// smaller than that.
export function bestStreams(streams: readonly FoundStream[]): { main?: FoundStream; detect?: FoundStream } {
  const size = ({ width, height }: FoundStream) => width * height;
  const [main, ...others] = streams.toSorted((a, b) => size(b) - size(a));
  if (!main) return {};
  const detect = others
    .filter((stream) => stream.width >= kWideEnough && size(stream) < size(main))
    .at(-1);
  return { main, ...(detect && { detect }) };
}
