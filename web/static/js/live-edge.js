/** What hardly anybody hears or sees, with the pitch preserved. */
const slowest = 0.95;
const fastest = 1.1;

/** Seconds off the aim: a correction begins beyond the one and ends within the other. */
const tolerance = 0.04;
const settled = 0.01;

/** Seconds for which the picture stood: less is the jitter of timers; no distance worth keeping bridges more. */
const shortestStall = 0.2;
const longestStall = 1;

/** Seconds of playing before a stall says something: at the start, they are the start's own. */
const startup = 2;

/** Seconds of extra distance given up in each second without a stall. */
const recovery = 0.01;

/**
 * Keeps a player at its distance from the live edge, by its playback rate. hls.js alone keeps whatever distance its
 * start and its stalls have left, because it corrects only with more than a second in the buffer.
 */
export class LiveEdge {
  /** Further away than the playlist asks for, because the network needed it. */
  #extra = 0;
  #correcting = false;
  #position = NaN;
  #movedAt = NaN;
  #playingSince = NaN;

  /**
   * To be called some ten times a second while the video is not paused. All in seconds.
   *
   * @param {object} playback
   * @param {number} playback.now monotonic
   * @param {number} playback.position
   * @param {number} playback.latency behind the live edge
   * @param {number} playback.holdBack latency that the playlist asks for
   * @param {number} playback.step duration of what arrives at a time, a part or a segment
   * @param {number} playback.ahead what is in the buffer
   * @returns {number} playback rate
   */
  rate({ now, position, latency, holdBack, step, ahead }) {
    if (position === this.#position) return 1;
    this.#note(now, latency - holdBack);
    this.#position = position;
    // Whatever the latency, what is left in the buffer must last until the next arrival.
    const late = Math.min(latency - holdBack - this.#extra, ahead - step);
    this.#correcting = Math.abs(late) > (this.#correcting ? settled : tolerance);
    return this.#correcting ? Math.min(fastest, Math.max(slowest, 1 + late)) : 1;
  }

  /**
   * @param {number} now when the picture moved
   * @param {number} beyond what the playlist asks for
   */
  #note(now, beyond) {
    const still = now - this.#movedAt;
    if (still >= shortestStall) {
      const counts = still <= longestStall && this.#movedAt - this.#playingSince >= startup;
      // A stall has moved the player away by what was missing. There the next one like it does no harm.
      if (counts) this.#extra = Math.min(longestStall, Math.max(this.#extra, Math.min(this.#extra + still, beyond)));
      this.#playingSince = now;
    } else if (still > 0) {
      this.#extra = Math.max(0, this.#extra - recovery * still);
    } else {
      this.#playingSince = now; // the first picture
    }
    this.#movedAt = now;
  }
}
