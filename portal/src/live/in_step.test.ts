import { describe, expect, it } from "vitest";
import { InsightBuffer, Playout, steer } from "./in_step";

const at = (timestamp: number) => ({ timestamp });

describe("InsightBuffer", () => {
  it("gives the very frame's insight", () => {
    const buffer = new InsightBuffer();
    for (let i = 0; i < 10; i++) buffer.add(at(100 + i * 0.1));
    expect(buffer.at(100.5)?.timestamp).toBeCloseTo(100.5, 6);
  });

  it("never draws an insight newer than the picture", () => {
    const buffer = new InsightBuffer();
    buffer.add(at(100));
    buffer.add(at(100.1));
    expect(buffer.at(100.05)?.timestamp).toBe(100);
    expect(buffer.at(99.9)).toBeUndefined();
  });

  it("forgives the rounding of the container's time base", () => {
    const buffer = new InsightBuffer();
    buffer.add(at(100));
    buffer.add(at(100.04));
    expect(buffer.at(100.039)?.timestamp).toBe(100.04);
  });

  it("keeps drawing between insights of a slower skill and stops after about two intervals", () => {
    const buffer = new InsightBuffer();
    for (let i = 0; i < 10; i++) buffer.add(at(100 + i * 0.2));
    expect(buffer.interval).toBeCloseTo(0.2, 6);
    expect(buffer.at(101.8 + 0.38)?.timestamp).toBeCloseTo(101.8, 6);
    expect(buffer.at(101.8 + 0.6)).toBeUndefined();
  });

  it("does not flicker while the skill's pace is uneven", () => {
    const buffer = new InsightBuffer();
    let time = 100;
    for (let i = 0; i < 20; i++) buffer.add(at((time += i % 4 === 0 ? 0.4 : 0.2)));
    expect(buffer.at(time + 0.7)?.timestamp).toBe(time);
  });

  it("puts late insights where they belong and replaces repeated ones", () => {
    const buffer = new InsightBuffer<{ timestamp: number; id?: string }>();
    buffer.add(at(100.2));
    buffer.add(at(100.1));
    buffer.add({ timestamp: 100.1, id: "again" });
    expect(buffer.at(100.15)?.id).toBe("again");
    expect(buffer.at(100.2)?.timestamp).toBe(100.2);
  });

  it("is bounded", () => {
    const buffer = new InsightBuffer(4);
    for (let i = 0; i < 10; i++) buffer.add(at(i));
    expect(buffer.at(5)).toBeUndefined();
    expect(buffer.at(6)?.timestamp).toBe(6);
  });

  it("starts over when the clock jumps back", () => {
    const buffer = new InsightBuffer();
    buffer.add(at(1000));
    buffer.add(at(10));
    expect(buffer.at(1000)).toBeUndefined();
    expect(buffer.at(10)?.timestamp).toBe(10);
  });
});

describe("Playout", () => {
  // Pictures captured every 100 ms that arrive 20 ms later, by a browser whose clock is `skew` ahead.
  function run(playout: Playout, insightLag: number | undefined, seconds = 3, skew = 0, from = 100) {
    let now = from;
    for (let i = 0; i < seconds * 10; i++) {
      const captured = from + i * 0.1;
      now = captured + 0.02 + skew;
      playout.pictures(captured, captured, now);
      if (insightLag !== undefined) {
        const previous = captured - Math.floor(insightLag / 0.1) * 0.1;
        playout.insight(previous, previous + insightLag + skew);
      }
    }
    return now;
  }

  it("knows nothing before the first picture", () => {
    expect(new Playout().target(5)).toBeUndefined();
  });

  it("shows at once when no insights are awaited", () => {
    const playout = new Playout();
    run(playout, undefined);
    expect(playout.hold).toBeLessThan(0.03);
  });

  it("holds the picture until its insight has come", () => {
    const playout = new Playout();
    const now = run(playout, 0.17);
    expect(playout.hold).toBeGreaterThanOrEqual(0.15);
    expect(playout.hold).toBeLessThan(0.2);
    // The newest insight belongs to a picture captured at least as late as the one due.
    expect(playout.target(now)).toBeLessThan(now - 0.17);
  });

  it("does not mind that the clocks disagree", () => {
    const here = new Playout();
    const there = new Playout();
    run(here, 0.17);
    run(there, 0.17, 3, 5000);
    expect(there.hold).toBeCloseTo(here.hold, 6);
  });

  it("waits no longer than its limit for a skill that is too slow", () => {
    const playout = new Playout({ maxHold: 0.4 });
    run(playout, 1.5);
    expect(playout.hold).toBeLessThanOrEqual(0.43);
  });

  it("buffers enough for pictures that come in bursts", () => {
    const playout = new Playout();
    for (let i = 1; i < 6; i++) playout.pictures(100 + (i - 1) * 0.5, 100 + i * 0.5, 100 + i * 0.5);
    expect(playout.hold).toBeGreaterThanOrEqual(0.5);
    expect(playout.hold).toBeLessThan(0.6);
  });

  it("is not slowed down by the old pictures a stream begins with", () => {
    const playout = new Playout();
    for (let i = 0; i < 20; i++) playout.pictures(98 + i * 0.1, 98.1 + i * 0.1, 100 + i * 0.001);
    for (let i = 0; i < 10; i++) {
      playout.pictures(100 + i * 0.1, 100.1 + i * 0.1, 100.11 + i * 0.1);
    }
    expect(playout.hold).toBeLessThan(0.16);
  });

  it("rises at once and shrinks slowly", () => {
    const playout = new Playout({ span: 2 });
    run(playout, 0.3);
    const high = playout.hold;
    run(playout, 0.05, 2, 0, 103);
    expect(playout.hold).toBeGreaterThan(0.1);
    expect(playout.hold).toBeLessThan(high);
    run(playout, 0.05, 10, 0, 105);
    expect(playout.hold).toBeLessThan(0.1);
  });

  it("starts over when the capture time jumps", () => {
    const playout = new Playout();
    run(playout, 0.3);
    playout.pictures(500, 500, 110);
    expect(playout.target(110)).toBeCloseTo(499.98, 6);
  });
});

describe("steer", () => {
  it("plays on when in time", () => {
    expect(steer(10, 10.01, 5, 11)).toEqual({ rate: 1 });
  });

  it("catches up by playing faster and falls back by playing slower", () => {
    expect(steer(10, 10.2, 5, 11)).toEqual({ rate: expect.closeTo(1.12, 3) as number });
    expect(steer(10, 9.8, 5, 11)).toEqual({ rate: expect.closeTo(0.88, 3) as number });
    expect(steer(10, 10.9, 5, 11)).toEqual({ rate: 1.25 });
  });

  it("jumps when far off or outside of what is buffered", () => {
    expect(steer(10, 13, 5, 14)).toEqual({ seek: 13 });
    expect(steer(0, 7, 6.5, 8)).toEqual({ seek: 7 });
  });

  it("never steers beyond the buffer's end", () => {
    expect(steer(10, 20, 5, 10.1)).toEqual({ rate: expect.closeTo(1.042, 3) as number });
  });
});
