/**
 * @typedef {'live' | 'dvr'} PlaybackMode
 *
 * @typedef {object} Position where a viewer is
 * @property {Date} time UTC of the picture that is shown
 * @property {PlaybackMode} mode
 * @property {number} rate 1: as it was recorded, 0: paused, below 0: backwards
 */

/** The time of the picture between two reports of it. */
export class PositionClock {
  /** @type {{time: number, rate: number, at: number} | null} */
  #anchor = null;
  /** @type {PlaybackMode} */
  mode = 'live';

  get rate() {
    return this.#anchor?.rate ?? 1;
  }

  /**
   * @param {Position} position
   * @param {number} at monotonic milliseconds
   */
  set({ time, mode, rate }, at) {
    this.mode = mode;
    this.#anchor = { time: time.getTime(), rate, at };
  }

  /** Nothing is reported any more: the picture stands. @param {number} at */
  hold(at) {
    const time = this.time(at);
    if (time !== null) this.#anchor = { time, rate: 0, at };
  }

  /**
   * @param {number} at monotonic milliseconds
   * @returns {number | null} Unix milliseconds; null if nothing is known yet
   */
  time(at) {
    return this.#anchor && this.#anchor.time + (at - this.#anchor.at) * this.#anchor.rate;
  }
}
