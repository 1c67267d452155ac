import { PlaybackError } from './playback-error.js';

/**
 * Tells a camera that is away from a session that is dead. The server keeps a session while its camera is away
 * and the pictures return in it, so silence alone ends nothing: the server is asked for the camera's state, and
 * only a camera that has been online for a while without anything arriving here makes the session dead.
 */
export class Watchdog {
  #options;
  #progress = -1;
  #progressAt = 0;
  /** Since when the camera has been online while nothing arrived here. @type {number | null} */
  #onlineSince = null;
  #asking = false;
  #stalled = false;
  #stopped = false;

  /**
   * @param {object} options
   * @param {number} options.silenceMs without progress for so long, the picture counts as stalled
   * @param {number} options.graceMs so long may an online camera be silent
   * @param {() => Promise<{status: string, reason: string}>} options.fetchStatus of the camera
   * @param {(reason: string) => void} options.onStalled may be called again with a newer reason
   * @param {() => void} options.onProgress after the first progress, and after each stall
   * @param {(error: PlaybackError) => void} options.onDead
   */
  constructor(options) {
    this.#options = options;
  }

  get stalled() {
    return this.#stalled;
  }

  /**
   * To be called about once a second.
   *
   * @param {number} progress a counter that grows while media arrives
   * @param {number} now milliseconds, monotonic
   */
  observe(progress, now) {
    if (this.#stopped) return;
    if (this.#progress < 0) {
      this.#progress = 0;
      this.#progressAt = now;
    }
    if (progress > this.#progress) {
      const first = this.#progress === 0;
      this.#progress = progress;
      this.#progressAt = now;
      this.#onlineSince = null;
      if (first || this.#stalled) {
        this.#stalled = false;
        this.#options.onProgress();
      }
      return;
    }
    if (now - this.#progressAt >= this.#options.silenceMs) void this.#ask(now);
  }

  stop() {
    this.#stopped = true;
  }

  /** @param {number} now */
  async #ask(now) {
    if (this.#asking) return;
    this.#asking = true;
    const askedAtProgress = this.#progress;
    const status = await this.#options.fetchStatus().catch(() => null);
    this.#asking = false;
    if (this.#stopped || this.#progress !== askedAtProgress) return;
    this.#stalled = true;
    if (status?.status !== 'online') {
      this.#onlineSince = null;
      this.#options.onStalled(status ? describe(status) : 'The server does not answer');
      return;
    }
    this.#onlineSince ??= now;
    if (now - this.#onlineSince < this.#options.graceMs) {
      this.#options.onStalled('Waiting for pictures');
      return;
    }
    this.#stopped = true;
    this.#options.onDead(new PlaybackError('stalled', 'The camera is online but no pictures arrive'));
  }
}

/** @param {{status: string, reason: string}} status */
function describe({ status, reason }) {
  if (reason) return reason;
  if (status === 'connecting') return 'Connecting to the camera';
  return status === 'stopped' ? 'The camera is stopped' : 'The camera is offline';
}
