/** Smaller differences come from the seconds of a Date header. */
const noticeableMs = 2_000;

/** The time at the server, where recordings have their times: a viewer's clock may be wrong by hours. */
export class ServerClock {
  #offsetMs = 0;

  /**
   * @param {string | null} date the Date header of an answer, in whole seconds
   * @param {number} now Unix milliseconds here, when it came
   */
  observe(date, now) {
    const there = Date.parse(date ?? '') + 500;
    if (Number.isNaN(there)) return;
    const offset = there - now;
    this.#offsetMs = Math.abs(offset) < noticeableMs ? 0 : offset;
  }

  /** @returns {number} Unix milliseconds */
  now() {
    return Date.now() + this.#offsetMs;
  }
}
