import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BackOff } from "../api/back_off";
import { contained, labelColor } from "./boxes";
import { readJpegMessage } from "./jpeg_player";
import { LiveSocket, parseHello, type SocketLike } from "./live_socket";

class Socket implements SocketLike {
  binaryType = "blob";
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  closed = false;
  close() {
    this.closed = true;
  }
  send(data: string | ArrayBuffer) {
    this.onmessage?.({ data } as MessageEvent<string | ArrayBuffer>);
  }
  drop() {
    this.onclose?.({} as CloseEvent);
  }
}

let sockets: Socket[] = [];
let told: string[] = [];

function socketUnderTest() {
  const socket = new LiveSocket(
    "ws://poss/live",
    {
      hello: ({ mode }) => told.push(`hello ${mode}`),
      media: ({ byteLength }) => told.push(`media ${byteLength}`),
      lost: () => told.push("lost"),
    },
    () => {
      sockets.push(new Socket());
      return sockets.at(-1)!;
    },
    new BackOff(100, 1000, () => 0.5),
  );
  socket.start();
  return socket;
}

beforeEach(() => {
  sockets = [];
  told = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("LiveSocket", () => {
  it("hands on the greeting and what follows", () => {
    const socket = socketUnderTest();
    expect(sockets[0]!.binaryType).toBe("arraybuffer");
    sockets[0]!.send(new ArrayBuffer(3)); // before the greeting: meaningless
    sockets[0]!.send('{"mode":"jpeg"}');
    sockets[0]!.send(new ArrayBuffer(5));
    expect(told).toEqual(["hello jpeg", "media 5"]);
    socket.stop();
  });

  it("comes back after a break, waiting longer while nothing flows", () => {
    const socket = socketUnderTest();
    sockets[0]!.drop();
    vi.advanceTimersByTime(100);
    sockets[1]!.send('{"mode":"jpeg"}');
    sockets[1]!.drop();
    vi.advanceTimersByTime(199);
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(3);
    expect(told).toEqual(["lost", "hello jpeg", "lost"]);
    socket.stop();
  });

  it("begins anew when asked to, without hearing the old stream any more", () => {
    const socket = socketUnderTest();
    sockets[0]!.send('{"mode":"jpeg"}');
    socket.restart();
    expect(sockets[0]!.closed).toBe(true);
    sockets[0]!.send(new ArrayBuffer(5));
    vi.advanceTimersByTime(100);
    expect(sockets).toHaveLength(2);
    expect(told).toEqual(["hello jpeg", "lost"]);
    socket.stop();
  });

  it("stays away once stopped", () => {
    const socket = socketUnderTest();
    sockets[0]!.drop();
    socket.stop();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
  });
});

describe("parseHello", () => {
  it("knows both modes and refuses what it does not know", () => {
    expect(parseHello('{"mode":"jpeg","new":1}')).toEqual({ mode: "jpeg" });
    const fmp4 = { mode: "fmp4", mime: 'video/mp4; codecs="avc1.64001f"', base_time: 1.5 };
    expect(parseHello(JSON.stringify(fmp4))).toEqual(fmp4);
    expect(parseHello('{"mode":"fmp4"}')).toBeUndefined();
    expect(parseHello("{")).toBeUndefined();
  });
});

describe("readJpegMessage", () => {
  it("splits time and picture", () => {
    const bytes = new Uint8Array(10);
    new DataView(bytes.buffer).setBigUint64(0, 1_700_000_000_123_456n);
    bytes.set([0xff, 0xd8], 8);
    const message = readJpegMessage(bytes.buffer)!;
    expect(message.time).toBeCloseTo(1_700_000_000.123456, 6);
    expect([...message.jpeg]).toEqual([0xff, 0xd8]);
  });

  it("refuses what is too short", () => {
    expect(readJpegMessage(new ArrayBuffer(8))).toBeUndefined();
  });
});

describe("boxes", () => {
  it("lie where the picture lies within its element", () => {
    expect(contained({ width: 1600, height: 900 }, { width: 640, height: 480 })).toEqual({
      x: 200,
      y: 0,
      width: 1200,
      height: 900,
    });
  });

  it("have one colour a label", () => {
    expect(labelColor("person")).toBe(labelColor("person"));
    expect(labelColor("person")).not.toBe(labelColor("car"));
  });
});
