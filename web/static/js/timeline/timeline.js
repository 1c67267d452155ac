import { make, setText } from '../dom.js';
import { Emitter } from '../emitter.js';
import { clockLabel, wholeTimeLabel } from '../format.js';
import { setIcon } from '../icons.js';
import { Bubble } from './bubble.js';
import { Gestures } from './gestures.js';
import { drawn, hitTest, layoutOf } from './layout.js';
import { paint } from './painter.js';
import { readPalette, watchTheme } from './palette.js';
import { PendingSeek } from './pending-seek.js';
import { spanAt } from './spans.js';
import { nowPlace, TimeScale } from './time-scale.js';

const firstView = 3_600_000;

/** Nearer than this to now, a place on the timeline means live. */
const liveMs = 2_000;
const livePixels = 5;

/** A scrub so near to a border moves the view, by so much a frame. */
const borderPixels = 28;
const borderPan = 8;

/**
 * @typedef {object} TimelineEvents
 * @property {{time: number, live: boolean}} seek Unix milliseconds
 * @property {{selection: import('./layout.js').Selection | null}} select
 */

/**
 * What is recorded of one or several cameras, on a line to zoom, pan and scrub on.
 *
 * @extends {Emitter<TimelineEvents>}
 */
export class Timeline extends Emitter {
  #element;
  #canvas;
  #message;
  #back;
  #bubble;
  #gestures;
  #api;
  #position;
  #extent;
  /** @type {{label: string, recordings: import('./recordings.js').Recordings}[]} */
  #lanes = [];
  /** @type {WeakSet<import('./recordings.js').Recordings>} */
  #heard = new WeakSet();
  #layout = layoutOf(1);
  #scale = new TimeScale(0, firstView, 1);
  #palette;
  #following = true;
  #dirty = true;
  /** What was drawn last: it is drawn again when a pixel differs. */
  #drawnAt = '';
  /** Where the pointer is, and the time that was there when it came. @type {{x: number, y: number, time: number} | null} */
  #hover = null;
  /** @type {{x: number, y: number} | null} */
  #scrub = null;
  #pending = new PendingSeek();
  /** @type {import('./layout.js').Selection | null} */
  #selection = null;
  /** @type {[number, number]} times under the fingers of a pinch */
  #pinched = [0, 0];
  #spoken = 0;

  /**
   * @param {HTMLElement} element empty
   * @param {object} options
   * @param {import('../api.js').Api} options.api
   * @param {() => import('../position-clock.js').Position | null} options.position of the picture; null: nothing tells
   * @param {() => import('./spans.js').Span | null} options.extent of all recordings
   */
  constructor(element, { api, position, extent }) {
    super();
    this.#element = element;
    this.#api = api;
    this.#position = position;
    this.#extent = extent;
    element.classList.add('timeline');
    this.#canvas = /** @type {HTMLCanvasElement} */ (make('canvas', 'timeline-canvas'));
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute('role', 'slider');
    this.#canvas.setAttribute('aria-label', 'Time of the picture');
    this.#message = make('p', 'timeline-message');
    this.#message.setAttribute('role', 'status');
    this.#message.hidden = true;
    this.#back = /** @type {HTMLButtonElement} */ (make('button', 'timeline-back'));
    this.#back.type = 'button';
    this.#back.title = 'Show where the picture is';
    this.#back.hidden = true;
    this.#back.addEventListener('click', () => this.follow());
    const tools = make('div', 'timeline-tools');
    const body = make('div', 'timeline-body');
    body.append(this.#canvas, this.#back, this.#message);
    element.append(body, tools);
    tools.append(
      this.#tool('plus', 'Zoom in (+)', () => this.zoom(2)),
      this.#tool('minus', 'Zoom out (−)', () => this.zoom(0.5)),
    );
    this.#bubble = new Bubble(body, api);
    this.#gestures = new Gestures(this.#canvas, this.#intents());
    this.#palette = readPalette(element);
    watchTheme(() => {
      this.#palette = readPalette(element);
      this.#dirty = true;
    });
    new ResizeObserver(() => this.#resize()).observe(this.#canvas);
    const frame = () => {
      if (this.#canvas.offsetParent) this.#tick();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** @param {{label: string, recordings: import('./recordings.js').Recordings}[]} lanes */
  setLanes(lanes) {
    this.#lanes = lanes;
    this.#layout = layoutOf(lanes.length);
    this.#canvas.style.height = `${this.#layout.height}px`;
    for (const { recordings } of lanes) {
      if (this.#heard.has(recordings)) continue;
      this.#heard.add(recordings);
      recordings.on('changed', () => this.#heardMore());
      recordings.on('failed', () => this.#showFailure());
    }
    this.#showFailure();
    this.#dirty = true;
  }

  get view() {
    return { start: this.#scale.start, end: this.#scale.end };
  }

  /** Unix milliseconds of the picture, or of where it was sent just now. */
  get time() {
    return this.#playhead().time;
  }

  get selection() {
    return this.#selection;
  }

  /** @param {import('./layout.js').Selection | null} selection */
  select(selection) {
    this.#selection = selection;
    this.#dirty = true;
    if (selection) this.#reveal(selection);
    this.emit('select', { selection });
  }

  /** Goes along with the picture from now on. */
  follow() {
    this.#following = true;
    const time = this.#playhead().time;
    if (!this.#scale.contains(time)) this.#show(this.#scale.placing(time));
  }

  /** The server has said where the picture is. */
  arrived() {
    const position = this.#position();
    if (position) this.#pending.reported(position.time.getTime());
  }

  /** @param {number} time Unix milliseconds: a seek that was asked for elsewhere */
  expect(time) {
    this.#pending.begin(time);
    this.#following = true;
  }

  /** About the picture's time, or the middle if that is out of sight. @param {number} factor above 1: closer */
  zoom(factor) {
    const x = this.#scale.x(this.#playhead().time);
    this.#show(this.#scale.zoomed(factor, x >= 0 && x <= this.#scale.width ? x : this.#scale.width / 2));
  }

  /** @returns {boolean} whether there was something to give up */
  escape() {
    const busy = this.#gestures.busy;
    this.#gestures.abandon();
    return busy;
  }

  /**
   * @param {string} icon
   * @param {string} label
   * @param {() => void} onClick
   */
  #tool(icon, label, onClick) {
    const button = /** @type {HTMLButtonElement} */ (make('button', 'icon-button'));
    button.type = 'button';
    button.title = label;
    button.setAttribute('aria-label', label);
    setIcon(button, icon);
    button.addEventListener('click', onClick);
    return button;
  }

  /** @returns {import('./gestures.js').Intents} */
  #intents() {
    return {
      grip: (point) => hitTest(point, this.#scale, this.#selection),
      pan: (pixels) => {
        this.#following = false;
        this.#show(this.#scale.panned(pixels));
      },
      zoom: (factor, x) => {
        this.#show(this.#scale.zoomed(factor, this.#zoomPlace(x)));
        this.#following &&= this.#isKept(this.#playhead());
      },
      pinchStart: (xs) => (this.#pinched = [this.#scale.time(xs[0]), this.#scale.time(xs[1])]),
      pinch: (xs) => {
        this.#following = false;
        this.#show(this.#scale.pinched(this.#pinched, xs));
      },
      scrub: (x, y) => {
        this.#scrub = { x, y };
        this.#point(x, y);
      },
      drop: (x) => this.#drop(this.#scale.time(x)),
      cancel: () => this.#endScrub(),
      draw: (handle, x) => {
        const time = Math.min(this.#scale.time(x), this.#api.clock.now());
        const next = drawn(/** @type {import('./layout.js').Selection} */ (this.#selection), handle, time);
        this.#selection = next.selection;
        this.#dirty = true;
        this.emit('select', { selection: next.selection });
        return next.handle;
      },
      hover: (x, y) => {
        if (x === null) this.#endScrub();
        else this.#point(x, y);
      },
    };
  }

  /** While now is followed, it stays where it is. @param {number} x */
  #zoomPlace(x) {
    const playhead = this.#scale.x(this.#playhead().time);
    return this.#following && this.#playhead().live && Math.abs(x - playhead) < 60 ? playhead : x;
  }

  /** @param {number} time */
  #drop(time) {
    const now = this.#api.clock.now();
    const live = now - time < Math.max(liveMs, livePixels * this.#scale.msPerPixel);
    this.#endScrub();
    this.expect(Math.min(time, now));
    this.emit('seek', { time: Math.min(time, now), live });
  }

  #endScrub() {
    this.#scrub = null;
    this.#hover = null;
    this.#bubble.hide();
    this.#dirty = true;
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #point(x, y) {
    const time = this.#scale.time(x);
    this.#hover = { x, y, time };
    this.#dirty = true;
    const grip = hitTest({ x, y, touch: false }, this.#scale, this.#selection);
    this.#canvas.dataset.grip = this.#scrub ? 'track' : grip;
    const index = this.#layout.lanes.findIndex(({ top, height }) => y < top + height + 2);
    const lane = this.#lanes[Math.max(0, index)] ?? this.#lanes[this.#lanes.length - 1];
    const future = time > this.#api.clock.now();
    const recorded = !future && spanAt(lane.recordings.spans, time) !== null;
    this.#bubble.show({
      x,
      time,
      streamId: lane.recordings.streamId,
      recorded,
      note: future ? 'Not yet' : recorded ? lane.label : 'Not recorded',
    });
  }

  /** A pointer that rests sees what is known now: a picture of what was just recorded, or one that came too late. */
  #heardMore() {
    this.#dirty = true;
    if (this.#hover) this.#point(this.#hover.x, this.#hover.y);
  }

  /** @param {TimeScale} scale */
  #show(scale) {
    const now = this.#api.clock.now();
    this.#scale = scale.within(this.#extent()?.start ?? now, now);
    this.#dirty = true;
  }

  /** @param {import('./layout.js').Selection} selection */
  #reveal({ start, end }) {
    if (this.#scale.contains(start) && this.#scale.contains(end)) return;
    this.#following = false;
    const span = Math.max(this.#scale.span, (end - start) * 2);
    const middle = (start + end) / 2;
    this.#show(new TimeScale(middle - span / 2, middle + span / 2, this.#scale.width).bounded());
  }

  /** @returns {{time: number, live: boolean, rate: number}} */
  #playhead() {
    const position = this.#position();
    const pending = this.#pending.time;
    const live = pending === null && (position?.mode ?? 'live') === 'live';
    const time = pending ?? position?.time.getTime() ?? this.#api.clock.now();
    return { time, live, rate: position?.rate ?? 1 };
  }

  #resize() {
    const { clientWidth: width } = this.#canvas;
    if (width === 0) return;
    this.#scale =
      this.#scale.width === 1
        ? new TimeScale(0, firstView, width).placing(this.#playhead().time, nowPlace)
        : this.#scale.resized(width);
    this.#dirty = true;
  }

  #tick() {
    if (this.#scale.width === 1) return;
    const playhead = this.#playhead();
    if (this.#scrub) this.#scrubAtBorder(this.#scrub);
    else if (this.#following && !this.#gestures.busy) this.#keepInView(playhead);
    for (const { recordings } of this.#lanes) recordings.show(this.#scale);
    this.#speak(playhead);
    this.#showBack(playhead.time);
    const now = this.#api.clock.now();
    const pixel = devicePixelRatio || 1;
    const state = [playhead.time, now]
      .map((time) => Math.round(this.#scale.x(time) * pixel))
      .join();
    if (!this.#dirty && state === this.#drawnAt) return;
    this.#dirty = false;
    this.#drawnAt = state;
    this.#paint(playhead.time, now);
  }

  /**
   * Whether the picture's time is where it is left alone.
   *
   * @param {{time: number, live: boolean}} playhead
   */
  #isKept({ time, live }) {
    const where = this.#scale.x(time) / this.#scale.width;
    return live ? where > 0 && where < nowPlace + 0.001 : where > 0.02 && where < 0.98;
  }

  /** @param {{time: number, live: boolean, rate: number}} playhead */
  #keepInView(playhead) {
    if (this.#isKept(playhead)) return;
    const { time, live, rate } = playhead;
    const running = rate < 0 ? 0.85 : 0.15;
    const place = live ? nowPlace : this.#scale.contains(time) ? running : 0.5;
    this.#scale = this.#scale.placing(time, place);
    this.#dirty = true;
  }

  /** @param {{x: number, y: number}} pointer */
  #scrubAtBorder({ x, y }) {
    const { width } = this.#scale;
    if (x < borderPixels) this.#show(this.#scale.panned(borderPan));
    else if (x > width - borderPixels) this.#show(this.#scale.panned(-borderPan));
    else return;
    this.#point(Math.min(width, Math.max(0, x)), y);
  }

  /** @param {{time: number, live: boolean}} playhead */
  #speak({ time, live }) {
    const second = Math.floor(time / 1000);
    if (second === this.#spoken) return;
    this.#spoken = second;
    const start = this.#extent()?.start ?? time;
    this.#canvas.setAttribute('aria-valuemin', String(Math.floor(start / 1000)));
    this.#canvas.setAttribute('aria-valuemax', String(Math.floor(this.#api.clock.now() / 1000)));
    this.#canvas.setAttribute('aria-valuenow', String(second));
    this.#canvas.setAttribute('aria-valuetext', `${wholeTimeLabel(time)}${live ? ', live' : ''}`);
  }

  /** @param {number} time of the picture */
  #showBack(time) {
    const visible = this.#scale.contains(time);
    if (this.#back.hidden !== visible) this.#back.hidden = visible;
    if (visible) return;
    const before = time < this.#scale.start;
    this.#back.classList.toggle('before', before);
    setText(this.#back, before ? `‹ ${clockLabel(time)}` : `${clockLabel(time)} ›`);
  }

  /** Of the first lane that has one. */
  #showFailure() {
    const failure = this.#lanes.map(({ recordings }) => recordings.failure).find(Boolean) ?? '';
    this.#message.hidden = failure === '';
    setText(this.#message, failure && `Recordings: ${failure}`);
  }

  /**
   * @param {number} playhead
   * @param {number} now
   */
  #paint(playhead, now) {
    const pixel = devicePixelRatio || 1;
    const canvas = this.#canvas;
    const [width, height] = [this.#scale.width * pixel, this.#layout.height * pixel].map(Math.round);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    context.setTransform(pixel, 0, 0, pixel, 0, 0);
    const lanes = this.#lanes.map(({ label, recordings: { spans, events } }) => ({ label, spans, events }));
    const drawing = { scale: this.#scale, layout: this.#layout, lanes, now, playhead };
    const hover = this.#hover?.time ?? null;
    paint(context, { ...drawing, hover, selection: this.#selection }, this.#palette);
  }
}
