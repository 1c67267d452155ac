/** A seek is shown as done until the server says where it led, or for so long. */
const patienceMs = 2_000;

/** By then what the server says is where the seek led, be it elsewhere: a gap, for example, ends in the next recording. */
const staleMs = 400;

/** Before that, a report so near is the seek's. Less than half of a key's way: the report of the key before is not taken for it. */
const nearMs = 2_000;

/** Where the picture was sent and is not yet. */
export class PendingSeek {
  /** @type {{time: number, at: number} | null} */
  #wanted = null;
  #now;

  /** @param {() => number} [now] monotonic milliseconds */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Unix milliseconds; null: nothing is under way. */
  get time() {
    if (this.#wanted && this.#now() - this.#wanted.at > patienceMs) this.#wanted = null;
    return this.#wanted?.time ?? null;
  }

  /** @param {number} time Unix milliseconds */
  begin(time) {
    this.#wanted = { time, at: this.#now() };
  }

  /** The server has said where the picture is. @param {number} time Unix milliseconds */
  reported(time) {
    if (!this.#wanted) return;
    const settled = this.#now() - this.#wanted.at > staleMs;
    if (settled || Math.abs(time - this.#wanted.time) < nearMs) this.#wanted = null;
  }
}
