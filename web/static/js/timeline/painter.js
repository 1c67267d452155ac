import { handleWidth, labelsHeight, periodsHeight, rulerHeight } from './layout.js';
import { joined, touching } from './spans.js';
import { ticksOf } from './time-ticks.js';

const font = '11.5px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';

/** Recordings closer together than this are drawn as one. */
const mergePixels = 1;

/** A recording of a second is still to be seen in a month. */
const thinnest = 1.5;

/**
 * @typedef {object} Lane
 * @property {string} label of the camera; empty where there is only one
 * @property {import('./spans.js').Span[]} spans
 * @property {import('./spans.js').Span[]} events
 *
 * @typedef {object} Drawing
 * @property {import('./time-scale.js').TimeScale} scale
 * @property {import('./layout.js').Layout} layout
 * @property {Lane[]} lanes
 * @property {number} now Unix milliseconds: nothing is recorded behind it
 * @property {number} playhead
 * @property {number | null} hover
 * @property {import('./layout.js').Selection | null} selection
 */

/**
 * Draws a timeline. All in CSS pixels; the context is scaled for the screen's.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Drawing} drawing
 * @param {import('./palette.js').Palette} palette
 */
export function paint(context, drawing, palette) {
  const { scale, layout } = drawing;
  context.clearRect(0, 0, scale.width, layout.height);
  context.font = font;
  context.textBaseline = 'middle';
  paintTracks(context, drawing, palette);
  paintRuler(context, drawing, palette);
  drawing.lanes.forEach((lane, index) => paintLabel(context, lane, layout.lanes[index], palette));
  if (drawing.selection) paintSelection(context, drawing, drawing.selection, palette);
  if (drawing.hover !== null) paintLine(context, scale.x(drawing.hover), rulerHeight, layout.height, palette['text-quiet'], 1);
  paintPlayhead(context, scale.x(drawing.playhead), layout.height, palette);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Drawing} drawing
 * @param {import('./palette.js').Palette} palette
 */
function paintTracks(context, { scale, layout, lanes, now }, palette) {
  const edge = Math.min(scale.width, Math.max(0, scale.x(now)));
  lanes.forEach(({ spans, events }, index) => {
    const { top, height } = layout.lanes[index];
    context.save();
    context.beginPath();
    context.roundRect(0, top, scale.width, height, 4);
    context.clip();
    context.fillStyle = palette.track;
    context.fillRect(0, top, edge, height);
    // What is yet to come is only hinted at.
    context.globalAlpha = 0.35;
    context.fillRect(edge, top, scale.width - edge, height);
    context.globalAlpha = 1;
    context.fillStyle = palette.recorded;
    fillSpans(context, scale, spans, top, height);
    context.fillStyle = palette.event;
    fillSpans(context, scale, events, top + height - 4, 4);
    context.restore();
  });
  if (edge > 0 && edge < scale.width) paintLine(context, edge, rulerHeight - 4, layout.height, palette['text-quiet'], 1);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import('./time-scale.js').TimeScale} scale
 * @param {import('./spans.js').Span[]} spans
 * @param {number} top
 * @param {number} height
 */
function fillSpans(context, scale, spans, top, height) {
  for (const { start, end } of joined(touching(spans, scale), scale.msPerPixel * mergePixels)) {
    const from = Math.max(-2, scale.x(start));
    const to = Math.min(scale.width + 2, scale.x(end));
    context.fillRect(from, top, Math.max(thinnest, to - from), height);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Drawing} drawing
 * @param {import('./palette.js').Palette} palette
 */
function paintRuler(context, { scale, layout }, palette) {
  const { labels, marks, periods } = ticksOf(scale);
  for (const time of marks)
    paintLine(context, scale.x(time), rulerHeight - 4, rulerHeight - 1, palette.line, 1);
  context.textAlign = 'center';
  for (const { time, label } of labels) {
    const x = scale.x(time);
    paintLine(context, x, rulerHeight - 6, rulerHeight - 1, palette['text-quiet'], 1);
    context.fillStyle = palette['text-quiet'];
    const half = context.measureText(label).width / 2;
    if (x - half >= 2 && x + half <= scale.width - 2)
      context.fillText(label, x, periodsHeight + labelsHeight / 2 - 2);
  }
  context.textAlign = 'left';
  for (const { start, end, label } of periods) {
    const from = scale.x(start);
    if (from > 0) paintLine(context, from, 2, layout.height, palette.line, 1);
    // The name stays in sight as long as there is room for it in its period.
    const width = context.measureText(label).width;
    const left = Math.min(Math.max(from, 0) + 6, scale.x(end) - width - 6);
    if (left < 0 && from < 0 && scale.x(end) < width + 12) continue;
    if (left < from) continue;
    context.fillStyle = palette.text;
    context.fillText(label, left, periodsHeight / 2 + 1);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Lane} lane
 * @param {{top: number, height: number}} row
 * @param {import('./palette.js').Palette} palette
 */
function paintLabel(context, { label }, { top, height }, palette) {
  if (!label) return;
  const width = context.measureText(label).width + 12;
  context.fillStyle = palette.surface;
  context.globalAlpha = 0.82;
  context.beginPath();
  context.roundRect(4, top + 2, width, height - 4, 3);
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = palette.text;
  context.textAlign = 'left';
  context.fillText(label, 10, top + height / 2 + 0.5);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Drawing} drawing
 * @param {import('./layout.js').Selection} selection
 * @param {import('./palette.js').Palette} palette
 */
function paintSelection(context, { scale, layout }, { start, end }, palette) {
  const from = scale.x(start);
  const to = scale.x(end);
  const top = rulerHeight - 2;
  const bottom = layout.height - 2;
  context.fillStyle = palette.surface;
  context.globalAlpha = 0.6;
  context.fillRect(0, top, Math.max(0, from), bottom - top);
  context.fillRect(to, top, Math.max(0, scale.width - to), bottom - top);
  context.globalAlpha = 1;
  context.strokeStyle = palette.accent;
  context.lineWidth = 2;
  context.strokeRect(from, top + 1, to - from, bottom - top - 2);
  const middle = top + (bottom - top) / 2;
  for (const [x, radii] of /** @type {[number, number[]][]} */ ([
    [from - handleWidth, [5, 0, 0, 5]],
    [to, [0, 5, 5, 0]],
  ])) {
    context.fillStyle = palette.accent;
    context.beginPath();
    context.roundRect(x, top, handleWidth, bottom - top, radii);
    context.fill();
    paintLine(context, x + handleWidth / 2, middle - 5, middle + 5, palette.surface, 2);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} height
 * @param {import('./palette.js').Palette} palette
 */
function paintPlayhead(context, x, height, palette) {
  paintLine(context, x, rulerHeight - 4, height - 1, palette.surface, 4);
  paintLine(context, x, rulerHeight - 4, height - 1, palette.playhead, 2);
  context.fillStyle = palette.playhead;
  context.beginPath();
  context.moveTo(x - 5, rulerHeight - 5);
  context.lineTo(x + 5, rulerHeight - 5);
  context.lineTo(x + 5, rulerHeight - 1);
  context.lineTo(x, rulerHeight + 5);
  context.lineTo(x - 5, rulerHeight - 1);
  context.closePath();
  context.fill();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} from
 * @param {number} to
 * @param {string} color
 * @param {number} width
 */
function paintLine(context, x, from, to, color, width) {
  context.fillStyle = color;
  context.fillRect(x - width / 2, from, width, to - from);
}
