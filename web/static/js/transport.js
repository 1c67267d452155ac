import { find, setText } from './dom.js';
import { clockLabel, dayLabel, localValue, rateLabel } from './format.js';
import { setIcon } from './icons.js';

const renderMs = 200;

/**
 * What can be moved through time: one player, or several together.
 *
 * @typedef {object} Deck
 * @property {readonly number[]} rates
 * @property {import('./position-clock.js').Position | null} position null: nothing tells where the picture is
 * @property {(time: Date) => void} seek
 * @property {() => void} live
 * @property {(rate: number) => void} speed
 * @property {(frames: 1 | -1) => void} step
 */

/** The buttons below a timeline: play, step, live, speed, and the time with its way to another. */
export class Transport {
  #root;
  #deck;
  #now;
  #speed;
  #jump;
  #jumpInput;
  /** The speed to go on with after a pause. */
  #rate = 1;

  /**
   * @param {HTMLElement} root has .live-button, .speed, .step-back, .step-forward, .time-button, .jump
   * @param {object} options
   * @param {Deck} options.deck
   * @param {() => number} options.now Unix milliseconds at the server
   * @param {() => void} options.onMove something was asked for
   */
  constructor(root, { deck, now, onMove }) {
    this.#root = root;
    this.#deck = deck;
    this.#now = now;
    this.#speed = /** @type {HTMLSelectElement} */ (find(root, '.speed'));
    this.#jump = find(root, '.jump');
    this.#jumpInput = /** @type {HTMLInputElement} */ (find(this.#jump, 'input'));
    /** @type {(selector: string, act: () => void) => void} */
    const on = (selector, act) =>
      find(root, selector).addEventListener('click', () => {
        act();
        onMove();
        this.render();
      });
    on('.live-button', () => this.live());
    on('.step-back', () => deck.step(-1));
    on('.step-forward', () => deck.step(1));
    for (const button of this.#jump.querySelectorAll('button[data-ago]')) {
      const ago = Number(/** @type {HTMLElement} */ (button).dataset.ago) * 1000;
      on(`[data-ago="${ago / 1000}"]`, () => deck.seek(new Date(this.time - ago)));
    }
    this.#speed.addEventListener('change', () => {
      this.setRate(Number(this.#speed.value));
      onMove();
    });
    find(root, '.time-button').addEventListener('click', () => this.#toggleJump(Boolean(this.#jump.hidden)));
    this.#jump.addEventListener('submit', (event) => {
      event.preventDefault();
      const wanted = new Date(this.#jumpInput.value).getTime();
      if (Number.isNaN(wanted)) return;
      this.#toggleJump(false);
      if (wanted >= this.#now()) this.live();
      else deck.seek(new Date(wanted));
      onMove();
    });
    document.addEventListener('pointerdown', ({ target }) => {
      const inside = target instanceof Element && target.closest('.jump, .time-button');
      if (!inside) this.#toggleJump(false);
    });
    setInterval(() => this.render(), renderMs);
    this.render();
  }

  get isLive() {
    return (this.#deck.position?.mode ?? 'live') === 'live';
  }

  get paused() {
    return !this.isLive && this.#deck.position?.rate === 0;
  }

  /** Unix milliseconds of the picture. */
  get time() {
    return this.#deck.position?.time.getTime() ?? this.#now();
  }

  live() {
    this.#rate = 1;
    this.#deck.live();
  }

  toggle() {
    if (this.paused) this.setRate(this.#rate);
    else this.#deck.speed(0);
  }

  /** @param {number} rate */
  setRate(rate) {
    this.#rate = rate;
    this.#deck.speed(rate);
  }

  /** @returns {boolean} whether something was open */
  escape() {
    if (this.#jump.hidden) return false;
    this.#toggleJump(false);
    find(this.#root, '.time-button').focus();
    return true;
  }

  render() {
    const { isLive } = this;
    if (isLive) this.#rate = 1;
    const button = find(this.#root, '.live-button');
    button.setAttribute('aria-pressed', String(isLive));
    button.title = isLive ? 'This is live' : 'Back to live (L)';
    setText(find(this.#root, '.time-clock'), clockLabel(this.time));
    setText(find(this.#root, '.time-day'), dayLabel(this.time));
    this.#renderSpeeds(isLive);
  }

  /** @param {boolean} isLive */
  #renderSpeeds(isLive) {
    const { rates } = this.#deck;
    const speed = this.#speed;
    if (speed.dataset.rates !== rates.join()) {
      speed.dataset.rates = rates.join();
      speed.replaceChildren(...[...rates].reverse().map((rate) => new Option(rateLabel(rate), String(rate))));
    }
    // Nothing is faster than now.
    for (const option of speed.options) option.disabled = isLive && Number(option.value) > 1;
    const moving = this.#deck.position?.rate || this.#rate;
    const shown = String(isLive ? 1 : rates.includes(moving) ? moving : this.#rate);
    if (document.activeElement !== speed && speed.value !== shown) speed.value = shown;
    speed.classList.toggle('unusual', shown !== '1');
  }

  /** @param {boolean} open */
  #toggleJump(open) {
    if (this.#jump.hidden === !open) return;
    this.#jump.hidden = !open;
    find(this.#root, '.time-button').setAttribute('aria-expanded', String(open));
    if (!open) return;
    this.#jumpInput.value = localValue(this.time);
    this.#jumpInput.max = localValue(this.#now());
    this.#jumpInput.focus();
  }
}

/**
 * @param {HTMLElement} button
 * @param {boolean} paused
 * @param {{play: string, pause: string}} labels
 */
export function showPlayButton(button, paused, labels) {
  setIcon(button, paused ? 'play' : 'pause');
  button.title = paused ? labels.play : labels.pause;
  button.setAttribute('aria-label', button.title);
}
