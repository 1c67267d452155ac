import { make, setText } from '../dom.js';
import { clockLabel, dayLabel } from '../format.js';
import { PreviewLoader, previewsOf } from './preview-loader.js';

const previewWidth = devicePixelRatio > 1 ? 320 : 192;

/** What lies under the pointer on a timeline: the time, and a picture if there is one. */
export class Bubble {
  #api;
  #host;
  #image = new Image();
  #frame;
  #time;
  #note;
  /** @type {Map<string, PreviewLoader>} */
  #loaders = new Map();
  /** @type {PreviewLoader | null} */
  #loader = null;
  /** @type {Blob | null} */
  #shown = null;

  /**
   * @param {HTMLElement} host the timeline
   * @param {import('../api.js').Api} api
   */
  constructor(host, api) {
    this.#host = host;
    this.#api = api;
    this.element = make('div', 'bubble');
    this.element.hidden = true;
    this.#frame = make('span', 'bubble-picture');
    this.#frame.hidden = true;
    this.#image.alt = '';
    this.#frame.append(this.#image);
    this.#time = make('span', 'bubble-time');
    this.#note = make('span', 'bubble-note');
    this.element.append(this.#frame, this.#time, this.#note);
    host.append(this.element);
  }

  /**
   * @param {object} moment
   * @param {number} moment.x
   * @param {number} moment.time Unix milliseconds
   * @param {string} moment.streamId whose picture is shown
   * @param {boolean} moment.recorded
   * @param {string} moment.note
   */
  show({ x, time, streamId, recorded, note }) {
    this.element.hidden = false;
    setText(this.#time, `${dayLabel(time)}, ${clockLabel(time)}`);
    setText(this.#note, note);
    this.#note.hidden = note === '';
    const loader = this.#loaderOf(streamId);
    if (loader !== this.#loader) this.#loader?.forget();
    this.#loader = loader;
    if (recorded) {
      loader.want(time);
    } else {
      loader.forget();
      this.#picture(null);
    }
    const half = this.element.offsetWidth / 2;
    const at = Math.min(this.#host.clientWidth - half - 4, Math.max(half + 4, x));
    this.element.style.transform = `translateX(${Math.round(at - half)}px)`;
  }

  hide() {
    this.element.hidden = true;
    this.#loader?.forget();
    this.#loader = null;
    this.#picture(null);
  }

  /** @param {string} streamId */
  #loaderOf(streamId) {
    const found =
      this.#loaders.get(streamId) ??
      new PreviewLoader({
        fetchPicture: previewsOf(this.#api, streamId, previewWidth),
        onPicture: (picture) => this.#picture(picture),
      });
    this.#loaders.set(streamId, found);
    return found;
  }

  /** @param {Blob | null} picture */
  #picture(picture) {
    if (picture === this.#shown) return;
    this.#shown = picture;
    const old = this.#image.src;
    this.#frame.hidden = picture === null;
    if (picture) this.#image.src = URL.createObjectURL(picture);
    else this.#image.removeAttribute('src');
    if (old) URL.revokeObjectURL(old);
  }
}
