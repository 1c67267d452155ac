/** A press that moves less is a click. */
const clickPixels = 4;

/** One notch of a wheel, and one pixel of a touchpad. */
const wheelZoom = 1.0016;
const linePixels = 16;

/**
 * What a person does with a timeline, from pointers and wheels. All x are CSS pixels from its left edge.
 *
 * @typedef {object} Intents
 * @property {(point: {x: number, y: number, touch: boolean}) => 'ruler' | 'start' | 'end' | 'track'} grip what a press takes hold of
 * @property {(pixels: number) => void} pan
 * @property {(factor: number, x: number) => void} zoom
 * @property {(xs: [number, number]) => void} pinchStart
 * @property {(xs: [number, number]) => void} pinch
 * @property {(x: number, y: number) => void} scrub
 * @property {(x: number, y: number) => void} drop the end of a scrub, or a click
 * @property {() => void} cancel a scrub came to nothing
 * @property {(handle: 'start' | 'end', x: number) => 'start' | 'end'} draw a handle of the selection; the other one if it passed that
 * @property {(x: number | null, y: number) => void} hover null: the pointer has left
 */

/** Turns pointer and wheel events of an element into Intents. */
export class Gestures {
  #element;
  #intents;
  /** @type {Map<number, {x: number, y: number}>} */
  #pointers = new Map();
  /** @type {{grip: ReturnType<Intents['grip']>, x: number, y: number, lastX: number, moved: boolean} | null} */
  #press = null;
  #pinching = false;

  /**
   * @param {HTMLElement} element its `touch-action` must leave sideways and pinch moves to it
   * @param {Intents} intents
   */
  constructor(element, intents) {
    this.#element = element;
    this.#intents = intents;
    element.addEventListener('pointerdown', (event) => this.#down(event));
    element.addEventListener('pointermove', (event) => this.#move(event));
    element.addEventListener('pointerup', (event) => this.#up(event, false));
    element.addEventListener('pointercancel', (event) => this.#up(event, true));
    element.addEventListener('pointerleave', () => this.#leave());
    element.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
  }

  /** A scrub or drag is under way. */
  get busy() {
    return this.#press !== null || this.#pinching;
  }

  /** Ends a drag. A scrub comes to nothing; what was panned or drawn stays as it is. */
  abandon() {
    if (this.#press?.grip === 'track') this.#intents.cancel();
    this.#press = null;
  }

  /** @param {PointerEvent | WheelEvent} event */
  #at(event) {
    const box = this.#element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    const { x, y } = this.#at(event);
    this.#pointers.set(event.pointerId, { x, y });
    this.#element.setPointerCapture(event.pointerId);
    if (this.#pointers.size === 2) {
      this.abandon();
      this.#pinching = true;
      this.#intents.pinchStart(this.#twoXs());
    } else if (this.#pointers.size === 1) {
      const touch = event.pointerType !== 'mouse';
      const grip = event.shiftKey ? 'ruler' : this.#intents.grip({ x, y, touch });
      this.#press = { grip, x, y, lastX: x, moved: false };
    }
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const { x, y } = this.#at(event);
    if (!this.#pointers.has(event.pointerId)) {
      this.#intents.hover(x, y);
      return;
    }
    this.#pointers.set(event.pointerId, { x, y });
    if (this.#pinching) {
      if (this.#pointers.size === 2) this.#intents.pinch(this.#twoXs());
      return;
    }
    const press = this.#press;
    if (!press) return;
    press.moved ||= Math.abs(x - press.x) >= clickPixels;
    if (!press.moved) return;
    if (press.grip === 'ruler') this.#intents.pan(x - press.lastX);
    else if (press.grip === 'track') this.#intents.scrub(x, y);
    else press.grip = this.#intents.draw(press.grip, x);
    press.lastX = x;
  }

  /**
   * @param {PointerEvent} event
   * @param {boolean} cancelled the browser took the pointer to scroll the page
   */
  #up(event, cancelled) {
    if (!this.#pointers.delete(event.pointerId)) return;
    if (this.#pointers.size === 0) this.#pinching = false;
    const press = this.#press;
    this.#press = null;
    if (!press) return;
    const { x, y } = this.#at(event);
    if (cancelled) this.#intents.cancel();
    else if (press.grip === 'track' || (press.grip === 'ruler' && !press.moved)) this.#intents.drop(x, y);
    if (event.pointerType !== 'mouse') this.#intents.hover(null, 0);
  }

  #leave() {
    if (!this.#press) this.#intents.hover(null, 0);
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? linePixels : 1;
    const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.#intents.pan(-sideways * unit);
      return;
    }
    // A pinch on a touchpad comes as small deltas with the control key.
    const strength = event.ctrlKey ? 8 : 1;
    this.#intents.zoom(wheelZoom ** (-event.deltaY * unit * strength), this.#at(event).x);
  }

  /** @returns {[number, number]} */
  #twoXs() {
    const [first, second] = [...this.#pointers.values()];
    return [first.x, second.x];
  }
}
