/** Heights in CSS pixels. */
export const periodsHeight = 18;
export const labelsHeight = 18;
export const rulerHeight = periodsHeight + labelsHeight;
const laneHeight = 30;
const smallLaneHeight = 20;
const laneGap = 4;
const bottom = 6;

/** Handles of a selection lie outside of it, so that a short one can be seen between them. */
export const handleWidth = 11;

/** Half of the width that a finger or a pointer catches. */
const catchPixels = { mouse: 8, touch: 18 };

/**
 * @typedef {{start: number, end: number}} Selection Unix milliseconds
 * @typedef {{lanes: {top: number, height: number}[], height: number}} Layout
 */

/**
 * Where each camera's recordings are drawn.
 *
 * @param {number} lanes
 * @returns {Layout}
 */
export function layoutOf(lanes) {
  const height = lanes > 1 ? smallLaneHeight : laneHeight;
  const rows = Array.from({ length: lanes }, (_, index) => ({
    top: rulerHeight + index * (height + laneGap),
    height,
  }));
  return { lanes: rows, height: rulerHeight + lanes * (height + laneGap) - laneGap + bottom };
}

/**
 * What a press at a point takes hold of: the ruler is dragged to move the view, all else to move through the recordings.
 *
 * @param {{x: number, y: number, touch: boolean}} point
 * @param {import('./time-scale.js').TimeScale} scale
 * @param {Selection | null} selection
 * @returns {'ruler' | 'start' | 'end' | 'track'}
 */
export function hitTest({ x, y, touch }, scale, selection) {
  const near = touch ? catchPixels.touch : catchPixels.mouse;
  if (selection) {
    const toStart = Math.abs(x - (scale.x(selection.start) - handleWidth / 2));
    const toEnd = Math.abs(x - (scale.x(selection.end) + handleWidth / 2));
    if (Math.min(toStart, toEnd) <= near) return toStart < toEnd ? 'start' : 'end';
  }
  return y < rulerHeight ? 'ruler' : 'track';
}

/**
 * A selection one of whose ends was drawn to `time`. An end that passes the other becomes it.
 *
 * @param {Selection} selection
 * @param {'start' | 'end'} handle
 * @param {number} time
 * @returns {{selection: Selection, handle: 'start' | 'end'}}
 */
export function drawn(selection, handle, time) {
  const fixed = handle === 'start' ? selection.end : selection.start;
  return time <= fixed
    ? { selection: { start: time, end: fixed }, handle: 'start' }
    : { selection: { start: fixed, end: time }, handle: 'end' };
}
