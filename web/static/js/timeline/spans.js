/**
 * What was recorded from `start` until `end`, Unix milliseconds. Lists are sorted by start.
 *
 * @typedef {{start: number, end: number}} Span
 */

/**
 * Joins what overlaps or touches, or lies closer together than `nearby`.
 *
 * @template {Span} T
 * @param {T[]} spans sorted
 * @param {number} [nearby] milliseconds
 * @returns {Span[]}
 */
export function joined(spans, nearby = 0) {
  /** @type {Span[]} */
  const result = [];
  for (const { start, end } of spans) {
    const last = result[result.length - 1];
    if (last && start - last.end <= nearby) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}

/**
 * Those that have something of a range. Binary search: a month of an event camera is many spans.
 *
 * @template {Span} T
 * @param {T[]} spans sorted, none overlapping another
 * @param {Span} range
 * @returns {T[]}
 */
export function touching(spans, range) {
  let first = 0;
  let after = spans.length;
  while (first < after) {
    const middle = (first + after) >> 1;
    if (spans[middle].end < range.start) first = middle + 1;
    else after = middle;
  }
  let last = first;
  while (last < spans.length && spans[last].start <= range.end) last += 1;
  return spans.slice(first, last);
}

/**
 * @param {Span[]} spans
 * @param {number} time
 */
export function spanAt(spans, time) {
  return spans.find(({ start, end }) => start <= time && time < end) ?? null;
}

/**
 * The times of a range that no span covers.
 *
 * @param {Span[]} spans joined
 * @param {Span} range
 * @returns {Span[]}
 */
export function gapsIn(spans, range) {
  const gaps = [];
  let from = range.start;
  for (const { start, end } of spans) {
    if (end <= from) continue;
    if (start >= range.end) break;
    if (start > from) gaps.push({ start: from, end: start });
    from = Math.max(from, end);
  }
  if (from < range.end) gaps.push({ start: from, end: range.end });
  return gaps;
}
