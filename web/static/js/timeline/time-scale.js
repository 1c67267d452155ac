/** What can be shown at once: five seconds to five weeks, in milliseconds. */
export const shortestView = 5_000;
export const longestView = 35 * 86_400_000;

/** How far to the right now may be at least, of the width. */
export const nowPlace = 0.88;

/** Which time lies where on a timeline. A value: every change gives another. Unix milliseconds, CSS pixels. */
export class TimeScale {
  /**
   * @param {number} start at x = 0
   * @param {number} end at x = width
   * @param {number} width
   */
  constructor(start, end, width) {
    this.start = start;
    this.end = end;
    this.width = Math.max(1, width);
  }

  get span() {
    return this.end - this.start;
  }

  get msPerPixel() {
    return this.span / this.width;
  }

  /** @param {number} time */
  x(time) {
    return (time - this.start) / this.msPerPixel;
  }

  /** @param {number} x */
  time(x) {
    return this.start + x * this.msPerPixel;
  }

  /** @param {number} time */
  contains(time) {
    return time >= this.start && time <= this.end;
  }

  /**
   * What is shown moves to the right: earlier times come in from the left.
   *
   * @param {number} pixels
   */
  panned(pixels) {
    const by = pixels * this.msPerPixel;
    return new TimeScale(this.start - by, this.end - by, this.width);
  }

  /**
   * The time at `x` stays there.
   *
   * @param {number} factor above 1: closer
   * @param {number} x
   */
  zoomed(factor, x) {
    const span = Math.min(longestView, Math.max(shortestView, this.span / factor));
    const start = this.time(x) - (x / this.width) * span;
    return new TimeScale(start, start + span, this.width);
  }

  /**
   * A pinch: what lay under two fingers lies under them again.
   *
   * @param {[number, number]} times
   * @param {[number, number]} xs
   */
  pinched(times, xs) {
    const apart = Math.max(8, Math.abs(xs[1] - xs[0]));
    const span = (Math.abs(times[1] - times[0]) / apart) * this.width;
    const bounded = Math.min(longestView, Math.max(shortestView, span));
    const start = (times[0] + times[1]) / 2 - ((xs[0] + xs[1]) / 2 / this.width) * bounded;
    return new TimeScale(start, start + bounded, this.width);
  }

  /**
   * @param {number} time
   * @param {number} [where] 0 left … 1 right
   */
  placing(time, where = 0.5) {
    const start = time - where * this.span;
    return new TimeScale(start, start + this.span, this.width);
  }

  /** The right edge stays: it is the live one, mostly. @param {number} width */
  resized(width) {
    return new TimeScale(this.end - this.msPerPixel * Math.max(1, width), this.end, width).bounded();
  }

  /** No longer view than there may be. */
  bounded() {
    return this.span > longestView || this.span < shortestView ? this.zoomed(1, this.width) : this;
  }

  /**
   * The same view, moved so far that it shows what there is: little of the future, and half of it at least not from before.
   *
   * @param {number} earliest
   * @param {number} latest now
   */
  within(earliest, latest) {
    const low = Math.min(earliest, latest - this.span) - this.span / 2;
    const start = Math.min(latest - this.span * nowPlace, Math.max(low, this.start));
    return start === this.start ? this : new TimeScale(start, start + this.span, this.width);
  }
}
