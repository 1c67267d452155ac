import { Emitter } from './emitter.js';

const pollMs = 10_000;

/** Where nothing is recorded at all, that hardly changes. */
const absentPollMs = 60_000;

/** A recording that ends so short a time ago goes on: parts are a second or a few long. */
const growingMs = 15_000;

/**
 * Of which paths something is recorded, and from when until when.
 *
 * @extends {Emitter<{changed: null}>}
 */
export class RecordingsList extends Emitter {
  #api;
  /** @type {Map<string, import('./timeline/spans.js').Span>} */
  #paths = new Map();

  /** @param {import('./api.js').Api} api */
  constructor(api) {
    super();
    this.#api = api;
  }

  /** Asks from now on, for as long as the page is there. To be called once. */
  start() {
    void this.#poll();
  }

  get any() {
    return this.#paths.size > 0;
  }

  /** @param {string} id @returns {import('./timeline/spans.js').Span | null} */
  extentOf(id) {
    return this.#paths.get(id) ?? null;
  }

  /**
   * @param {string} id
   * @returns {'none' | 'recording' | 'recorded'} recorded: not now
   */
  stateOf(id) {
    const extent = this.#paths.get(id);
    if (!extent) return 'none';
    return this.#api.clock.now() - extent.end < growingMs ? 'recording' : 'recorded';
  }

  async #poll() {
    const paths = globalThis.document?.hidden ? null : await this.#api.recordings().catch(() => null);
    if (paths) {
      this.#paths = new Map(
        paths.map(({ name, start, end }) => [name, { start: Date.parse(start), end: Date.parse(end) }]),
      );
    }
    // What a server that does not answer had recorded is still there.
    this.emit('changed', null);
    setTimeout(() => void this.#poll(), this.#paths.size > 0 ? pollMs : absentPollMs);
  }
}
