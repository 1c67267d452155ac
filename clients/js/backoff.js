/** Delays between attempts: doubling up to a limit, each shortened by up to half at random. */
export class Backoff {
  #firstMs;
  #maxMs;
  #random;
  #nextMs;

  /** @param {{firstMs: number, maxMs: number, random?: () => number}} options random returns [0, 1) */
  constructor({ firstMs, maxMs, random = Math.random }) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#nextMs = firstMs;
  }

  /** @returns {number} milliseconds to wait before the next attempt */
  next() {
    const full = Math.min(this.#nextMs, this.#maxMs);
    this.#nextMs = Math.min(this.#nextMs * 2, this.#maxMs);
    return full * (0.5 + this.#random() / 2);
  }

  /** After a success. */
  reset() {
    this.#nextMs = this.#firstMs;
  }
}
