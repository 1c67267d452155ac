/**
 * Delays between attempts: doubling up to a limit, each shortened by up to half at random, so that the
 * viewers of a restarted server do not return all at once.
 */
export class Backoff {
  #firstMs;
  #maxMs;
  #random;
  #attempt = 0;

  /** @param {{firstMs?: number, maxMs?: number, random?: () => number}} [options] random returns [0, 1) */
  constructor({ firstMs = 500, maxMs = 30_000, random = Math.random } = {}) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** @returns {number} milliseconds to wait before the next attempt */
  next() {
    const full = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#attempt);
    this.#attempt += 1;
    return Math.round(full * (0.5 + this.#random() / 2));
  }

  /** After a success. */
  reset() {
    this.#attempt = 0;
  }
}
