// Waiting times between attempts: doubling, with a little chance in them so that many viewers do
// not come back in the same instant.

export class BackOff {
  #next: number;
  readonly #first: number;
  readonly #limit: number;
  readonly #random: () => number;

  constructor(firstMs = 300, limitMs = 8000, random: () => number = Math.random) {
    this.#next = this.#first = firstMs;
    this.#limit = limitMs;
    this.#random = random;
  }

  // The time to wait before the next attempt, in milliseconds.
  next(): number {
    const wait = this.#next * (0.75 + this.#random() * 0.5);
    this.#next = Math.min(this.#next * 2, this.#limit);
    return wait;
  }

  // To be called once an attempt has succeeded.
  reset(): void {
    this.#next = this.#first;
  }
}
