import { Emitter } from '../emitter.js';
import { SpanCache, unsettledMs } from './span-cache.js';
import { joined } from './spans.js';

/** The live edge is asked for so often, or whenever it has moved by a pixel or so. */
const refreshMs = 2_000;
const refreshesAView = 1_000;

/** After an answer that was an error. */
const retryMs = 5_000;

/** What ended so short a time before it was asked for goes on: parts are a second or a few long. */
const growingMs = 8_000;

/** Files are looked through for locked ones in views up to this long: a month has a quarter of a million. */
const longestEventView = 6 * 3_600_000;

/**
 * What is recorded of one camera, in the view that is shown.
 *
 * @extends {Emitter<{changed: null, failed: {message: string}}>}
 *   failed: an empty message when it is over
 */
export class Recordings extends Emitter {
  #api;
  #streamId;
  #spans = new SpanCache();
  #events = new SpanCache();
  #loading = false;
  #askedAt = -Infinity;
  #failure = '';

  /**
   * @param {import('../api.js').Api} api
   * @param {string} streamId
   */
  constructor(api, streamId) {
    super();
    this.#api = api;
    this.#streamId = streamId;
  }

  get streamId() {
    return this.#streamId;
  }

  /** What is known, with what is being written up to now. */
  get spans() {
    const spans = this.#spans.spans;
    const last = spans[spans.length - 1];
    if (!last || this.#askedAt - last.end > growingMs) return spans;
    return [...spans.slice(0, -1), { ...last, end: Math.max(last.end, this.#api.clock.now()) }];
  }

  /** Why what is missing cannot be loaded; empty if it can. */
  get failure() {
    return this.#failure;
  }

  /** Ranges that are kept from retention. */
  get events() {
    return this.#events.spans;
  }

  /**
   * To be called often, and cheap: loads what is missing.
   *
   * @param {import('./spans.js').Span} view
   */
  show(view) {
    if (this.#loading) return;
    const now = this.#api.clock.now();
    const ranges = this.#missing(view, now).flat();
    const isTail = ranges.every(({ start }) => start >= this.#askedAt - unsettledMs - 1);
    const wait = this.#failure ? retryMs : isTail ? Math.max(refreshMs, (view.end - view.start) / refreshesAView) : 0;
    if (ranges.length > 0 && now - this.#askedAt >= wait) void this.#load(view, now);
  }

  /**
   * A range was locked or unlocked. The server locks whole files: what exactly is asked for anew.
   *
   * @param {import('./spans.js').Span} range
   * @param {boolean} locked
   */
  noteLocked(range, locked) {
    this.#events.add(range, locked ? [range] : [], this.#api.clock.now());
    this.#events.expire();
    this.emit('changed', null);
  }

  /**
   * @param {import('./spans.js').Span} view
   * @param {number} now
   */
  #missing(view, now) {
    const withEvents = view.end - view.start <= longestEventView;
    return [this.#spans.missing(view, now), withEvents ? this.#events.missing(view, now) : []];
  }

  /**
   * @param {import('./spans.js').Span} view
   * @param {number} now
   */
  async #load(view, now) {
    this.#loading = true;
    const [spans, events] = this.#missing(view, now);
    try {
      for (const range of spans) await this.#loadSpans(range, now);
      for (const range of events) await this.#loadEvents(range, now);
      this.#tell('');
    } catch (error) {
      this.#tell(/** @type {Error} */ (error).message);
    }
    this.#askedAt = now;
    this.#loading = false;
    this.emit('changed', null);
  }

  /**
   * @param {import('./spans.js').Span} range
   * @param {number} now
   */
  async #loadSpans(range, now) {
    const { spans } = await this.#api.recorded(this.#streamId, range).catch(nothingAt404({ spans: [] }));
    this.#spans.add(range, joined(spans.map(parsed)), now);
  }

  /**
   * @param {import('./spans.js').Span} range
   * @param {number} now
   */
  async #loadEvents(range, now) {
    const segments = await this.#api.segments(this.#streamId, range).catch(nothingAt404([]));
    const locked = segments.filter((segment) => segment.locked).map(parsed);
    this.#events.add(range, joined(locked, 100), now);
  }

  /** @param {string} message */
  #tell(message) {
    if (message === this.#failure) return;
    this.#failure = message;
    this.emit('failed', { message });
  }
}

/**
 * Of a path of which nothing is recorded, or not any more, the server has no list.
 *
 * @template T
 * @param {T} nothing
 * @returns {(error: {status?: number}) => T}
 */
function nothingAt404(nothing) {
  return (error) => {
    if (error.status === 404) return nothing;
    throw error;
  };
}

/** @param {{start: string, end: string}} span @returns {import('./spans.js').Span} */
function parsed({ start, end }) {
  return { start: Date.parse(start), end: Date.parse(end) };
}
