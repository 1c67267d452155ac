const capacity = 60;
const height = 20;

/** A minute of a value, one sample a second, drawn into an SVG of 60 × 20. */
export class Sparkline {
  #area;
  #line;
  /** @type {number[]} */
  #samples = [];

  /** @param {Element} svg has .sparkline-area and .sparkline-line */
  constructor(svg) {
    this.#area = svg.querySelector('.sparkline-area');
    this.#line = svg.querySelector('.sparkline-line');
  }

  /** @param {number} value */
  add(value) {
    this.#samples.push(value);
    if (this.#samples.length > capacity) this.#samples.shift();
    const path = sparklinePath(this.#samples);
    this.#line?.setAttribute('d', path);
    this.#area?.setAttribute('d', path && `${path}V${height}H${capacity - this.#samples.length + 1}Z`);
  }

  clear() {
    this.#samples = [];
    this.#line?.setAttribute('d', '');
    this.#area?.setAttribute('d', '');
  }
}

/**
 * The newest sample is at the right edge, the largest near the top.
 *
 * @param {number[]} samples
 */
export function sparklinePath(samples) {
  const highest = Math.max(...samples, 1);
  const first = capacity - samples.length + 1;
  return samples
    .map(
      (sample, index) =>
        `${index === 0 ? 'M' : 'L'}${first + index} ${(height - (sample / highest) * (height - 2)).toFixed(2)}`,
    )
    .join('');
}
