import { gapsIn, joined } from './spans.js';

/** What was answered so long ago may have been deleted meanwhile, in milliseconds. */
const keptMs = 5 * 60_000;

/** So many spans are 4 MB; then everything is asked for anew. */
const mostSpans = 50_000;

/** A recording is written in parts: what is younger than this may still be missing in an answer. */
export const unsettledMs = 15_000;

/**
 * What the server has told about a path, by time. A view is rounded out to windows of its order, and what is not known of these is asked
 * for, so that panning and zooming ask seldom.
 */
export class SpanCache {
  /** Joined. @type {import('./spans.js').Span[]} */
  #spans = [];
  /** @type {{start: number, end: number, at: number}[]} what is known, and since when */
  #known = [];

  get spans() {
    return this.#spans;
  }

  /**
   * What has to be asked for, to show a view.
   *
   * @param {import('./spans.js').Span} view
   * @param {number} now Unix milliseconds, also of what is recorded: nothing lies behind it
   * @returns {import('./spans.js').Span[]}
   */
  missing(view, now) {
    this.#known = this.#known.filter(({ at }) => now - at < keptMs);
    const window = windowOf(view.end - view.start);
    const range = {
      start: Math.floor(view.start / window) * window,
      end: Math.min(Math.ceil(view.end / window) * window, now),
    };
    if (range.end <= range.start) return [];
    return joined(gapsIn(this.#settled(), range), window / 8);
  }

  /**
   * Takes an answer in place of what was known of its range.
   *
   * @param {import('./spans.js').Span} range
   * @param {import('./spans.js').Span[]} spans sorted, cut off at the range or not
   * @param {number} now
   */
  add(range, spans, now) {
    if (this.#spans.length + spans.length > mostSpans) this.clear();
    /** @type {import('./spans.js').Span[]} */
    const kept = [];
    for (const span of this.#spans) {
      if (span.end <= range.start || span.start >= range.end) kept.push(span);
      if (span.start < range.start && span.end > range.start) kept.push({ start: span.start, end: range.start });
      if (span.start < range.end && span.end > range.end) kept.push({ start: range.end, end: span.end });
    }
    const cut = spans
      .map(({ start, end }) => ({ start: Math.max(start, range.start), end: Math.min(end, range.end) }))
      .filter(({ start, end }) => end > start);
    this.#spans = joined([...kept, ...cut].sort((a, b) => a.start - b.start));
    const settled = Math.min(range.end, now - unsettledMs);
    if (settled > range.start) this.#known.push({ start: range.start, end: settled, at: now });
  }

  /** What is known is shown until it is known anew. */
  expire() {
    this.#known = [];
  }

  clear() {
    this.#spans = [];
    this.#known = [];
  }

  #settled() {
    return joined([...this.#known].sort((a, b) => a.start - b.start));
  }
}

/**
 * How much is asked for at a time: a power of four of a minute, as long as the view or longer.
 *
 * @param {number} span of the view, milliseconds
 */
export function windowOf(span) {
  return 60_000 * 4 ** Math.max(0, Math.ceil(Math.log(span / 60_000) / Math.log(4)));
}
