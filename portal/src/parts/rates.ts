// Rates out of counters that come once a second.

export class CounterRate {
  #samples: { at: number; count: number }[] = [];

  // Takes the counter's value at a time in seconds; returns what it grows a second over the last
  // few seconds, undefined while unknown.
  add(count: number, at: number): number | undefined {
    const last = this.#samples.at(-1);
    // The server has begun anew.
    if (last && (count < last.count || at - last.at > 10)) this.#samples = [];
    if (last && at - last.at < 0.2 && this.#samples.length > 0) {
      return this.#rate();
    }
    this.#samples.push({ at, count });
    while (this.#samples.length > 2 && at - this.#samples[0]!.at > 5) this.#samples.shift();
    return this.#rate();
  }

  #rate(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at - first.at < 0.5) return undefined;
    return (last.count - first.count) / (last.at - first.at);
  }
}
