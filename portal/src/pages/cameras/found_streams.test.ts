import { describe, expect, it } from "vitest";
import { bestStreams } from "./found_streams";

const stream = (name: string, width: number, height: number) => ({
  name,
  uri: `rtsp://h/${name}`,
  width,
  height,
  codec: "h264",
});

describe("bestStreams", () => {
  it("takes the largest to watch and the smallest useful one for detection", () => {
    const all = [stream("sub", 640, 360), stream("tiny", 160, 90), stream("main", 1920, 1080), stream("mid", 1280, 720)];
    expect(bestStreams(all).main?.name).toBe("main");
    expect(bestStreams(all).detect?.name).toBe("sub");
  });

  it("takes none for detection where there is no smaller one", () => {
    expect(bestStreams([stream("a", 640, 360), stream("b", 640, 360)]).detect).toBeUndefined();
    expect(bestStreams([stream("a", 640, 360)]).detect).toBeUndefined();
    expect(bestStreams([])).toEqual({});
  });
});
