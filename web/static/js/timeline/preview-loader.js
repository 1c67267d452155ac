/** A pointer that rests for so long wants to see. */
const restMs = 70;

/** A server that takes longer than this for one picture is asked for the newest instead. */
const patienceMs = 1_500;

/** So many small pictures are 2 MB. */
const keptPictures = 200;

/**
 * @typedef {object} Picture of the keyframe at or before each time from `start` to `end`, Unix milliseconds
 * @property {number} start
 * @property {number} end
 * @property {Blob | null} picture null: there is none of this time
 */

/**
 * Preview pictures for a pointer that moves: one request at a time, and after it the newest of those that came meanwhile.
 */
export class PreviewLoader {
  #fetchPicture;
  #onPicture;
  /** @type {Picture[]} newest first */
  #kept = [];
  /** @type {number | null} */
  #wanted = null;
  /** @type {AbortController | null} */
  #asking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {(time: number, signal: AbortSignal) => Promise<Picture>} options.fetchPicture
   * @param {(picture: Blob | null) => void} options.onPicture for the time that was wanted last; null: there is none
   */
  constructor({ fetchPicture, onPicture }) {
    this.#fetchPicture = fetchPicture;
    this.#onPicture = onPicture;
  }

  /** @param {number} time Unix milliseconds */
  want(time) {
    this.#wanted = time;
    clearTimeout(this.#timer);
    const known = this.#find(time);
    if (known) this.#onPicture(known.picture);
    else if (!this.#asking) this.#timer = setTimeout(() => void this.#ask(), restMs);
  }

  /** The pointer has left. */
  forget() {
    this.#wanted = null;
    clearTimeout(this.#timer);
    this.#asking?.abort();
  }

  async #ask() {
    const time = this.#wanted;
    if (time === null || this.#asking) return;
    const asking = new AbortController();
    this.#asking = asking;
    const impatience = setTimeout(() => asking.abort(), patienceMs);
    const picture = await this.#fetchPicture(time, asking.signal).catch(() => null);
    clearTimeout(impatience);
    this.#asking = null;
    if (picture) {
      this.#kept.unshift(picture);
      this.#kept.length = Math.min(this.#kept.length, keptPictures);
    }
    if (this.#wanted === null) return;
    const known = this.#find(this.#wanted);
    if (known) this.#onPicture(known.picture);
    else if (this.#wanted !== time) void this.#ask();
    else this.#onPicture(null);
  }

  /** @param {number} time */
  #find(time) {
    return this.#kept.find(({ start, end }) => start <= time && time <= end) ?? null;
  }
}

/**
 * What PreviewLoader fetches with.
 *
 * @param {import('../api.js').Api} api
 * @param {string} streamId
 * @param {number} width pixels
 * @returns {(time: number, signal: AbortSignal) => Promise<Picture>} rejects when it is worth trying again
 */
export function previewsOf(api, streamId, width) {
  return async (time, signal) => {
    const response = await fetch(api.previewUrl(streamId, time, width), { signal });
    if (response.status === 404) return { start: time, end: time, picture: null };
    if (!response.ok) throw new Error(`no preview: ${response.status}`);
    const keyframe = Date.parse(response.headers.get('X-Rill-Time') ?? '');
    return { start: Number.isNaN(keyframe) ? time : keyframe, end: time, picture: await response.blob() };
  };
}
