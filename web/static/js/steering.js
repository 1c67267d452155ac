import { PositionClock } from './position-clock.js';

/** The slowest and the fastest speed; 0 is a pause. */
const slowestRate = 0.25;
const fastestRate = 64;

/** What a viewer can choose from. */
export const webrtcRates = [-16, -8, -4, -2, -1, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 64];

/** @param {number} rate */
export function isRate(rate) {
  const size = Math.abs(rate);
  return rate === 0 || (size >= slowestRate && size <= fastestRate);
}

/** So long after a command, a report may still be one from before it. */
const staleMs = 500;

/**
 * A moment as the server takes it.
 *
 * @param {Date | number | string} time a number: seconds before now
 * @returns {string | number}
 * @throws {RangeError} for what is no time
 */
export function wireTime(time) {
  if (time instanceof Date) return time.toISOString();
  if (typeof time === 'number' && !(time >= 0 && Number.isFinite(time)))
    throw new RangeError(`${time} is no number of seconds before now`);
  if (typeof time === 'string' && Number.isNaN(Date.parse(time))) throw new RangeError(`'${time}' is no time`);
  return time;
}

/**
 * Where a viewer is and wants to be, beyond one session: the next session goes on there.
 */
export class Steering {
  #clock = new PositionClock();
  #send;
  #now;
  #rate = 1;
  /** A seek that no session has taken yet. @type {string | number | null} */
  #target = null;
  /** The viewer wants to see what is recorded. */
  #rewound = false;
  #attached = false;
  #rewoundAt = -Infinity;

  /**
   * @param {object} options
   * @param {(command: import('./signalling.js').Command) => void} options.send to the session that is attached
   * @param {() => number} [options.now] monotonic milliseconds
   */
  constructor({ send, now = () => performance.now() }) {
    this.#send = send;
    this.#now = now;
  }

  /** Where the picture is; null if the server has not said so. @returns {import('./position-clock.js').Position | null} */
  get position() {
    const time = this.#clock.time(this.#now());
    return time === null ? null : { time: new Date(time), mode: this.#clock.mode, rate: this.#clock.rate };
  }

  /** @param {Date | number | string} time */
  seek(time) {
    this.#target = wireTime(time);
    this.#rewound = true;
    this.#flush();
  }

  live() {
    this.#target = null;
    this.#rewound = false;
    this.#rate = 1;
    if (this.#attached) this.#send({ type: 'live' });
  }

  /** @param {number} rate */
  speed(rate) {
    if (!isRate(rate)) throw new RangeError(`no speed of ${rate}: 0, or from 0.25 to 64, or from -0.25 to -64`);
    this.#rate = rate;
    if (rate !== 1) this.#rewound = true;
    if (this.#attached) this.#send({ type: 'speed', rate });
  }

  /** @param {1 | -1} frames */
  step(frames) {
    this.#rate = 0;
    this.#rewound = true;
    if (this.#attached) this.#send({ type: 'step', frames });
  }

  /** A session stands. */
  attach() {
    this.#attached = true;
    if (!this.#rewound) return;
    this.#target ??= this.position?.time.toISOString() ?? null;
    this.#flush();
    if (this.#rate !== 1) this.#send({ type: 'speed', rate: this.#rate });
  }

  /** The session is gone: the picture stands where it was. */
  detach() {
    this.#attached = false;
    this.#clock.hold(this.#now());
  }

  /**
   * The session said where it is.
   *
   * @param {import('./position-clock.js').Position} position
   * @returns {{moded: boolean} | null} whether it changed between live and recorded; null: from before it was told where to go
   */
  received(position) {
    const stale = position.mode === 'live' && this.#rewound && this.#now() - this.#rewoundAt < staleMs;
    if (!this.#attached || stale) return null;
    const moded = position.mode !== this.#clock.mode;
    this.#clock.set(position, this.#now());
    // The end of the recording leads to live, by itself.
    if (moded) this.#rewound = position.mode === 'dvr';
    if (moded && !this.#rewound) this.#rate = 1;
    return { moded };
  }

  #flush() {
    if (!this.#attached || this.#target === null) return;
    this.#rewoundAt = this.#now();
    this.#send({ type: 'seek', time: this.#target });
    this.#target = null;
  }
}
