import { downloadClip, TooLarge } from './clip-download.js';
import { find, setText } from './dom.js';
import { bytesLabel, clockLabel, dayLabel, lengthLabel, sentence } from './format.js';
import { saveAs, saveBlob } from './save.js';
import { snapshotName } from './snapshot.js';

/** A new clip lies about the picture's time, this long or a part of what is shown. */
const firstClipMs = 60_000;

/** The row below a timeline where a range is exported, or kept from retention. */
export class ClipPanel {
  #element;
  #api;
  #timeline;
  #streamId;
  #locked;
  #onLocked;
  /** @type {AbortController | null} */
  #download = null;

  /**
   * @param {HTMLElement} element
   * @param {object} options
   * @param {import('./api.js').Api} options.api
   * @param {string} options.streamId
   * @param {import('./timeline/timeline.js').Timeline} options.timeline
   * @param {(range: import('./timeline/spans.js').Span) => boolean} options.locked whether all of a range is kept
   * @param {(range: import('./timeline/spans.js').Span, locked: boolean) => void} options.onLocked
   */
  constructor(element, { api, streamId, timeline, locked, onLocked }) {
    this.#element = element;
    this.#api = api;
    this.#streamId = streamId;
    this.#timeline = timeline;
    this.#locked = locked;
    this.#onLocked = onLocked;
    find(element, '.clip-export').addEventListener('click', () => void this.#export());
    find(element, '.clip-cancel').addEventListener('click', () => this.#download?.abort());
    find(element, '.clip-close').addEventListener('click', () => this.close());
    find(element, '.clip-lock').addEventListener('click', () => void this.#lock());
    timeline.on('select', () => this.#render());
  }

  toggle() {
    if (this.#element.hidden) this.#open();
    else this.close();
  }

  close() {
    this.#download?.abort();
    this.#timeline.select(null);
  }

  /** What is kept may have changed. */
  refresh() {
    if (!this.#element.hidden) this.#render();
  }

  #open() {
    const { start, end } = this.#timeline.view;
    const half = Math.min(firstClipMs, (end - start) / 4) / 2;
    const last = this.#api.clock.now();
    const middle = Math.min(this.#timeline.time, last - half);
    this.#say('');
    this.#timeline.select({ start: middle - half, end: middle + half });
  }

  #render() {
    const selection = this.#timeline.selection;
    this.#element.hidden = selection === null;
    if (!selection) return;
    const { start, end } = selection;
    const range = `${dayLabel(start)}, ${clockLabel(start)} – ${clockLabel(end)}`;
    setText(find(this.#element, '.clip-range'), range);
    setText(find(this.#element, '.clip-length'), lengthLabel(end - start));
    const locked = this.#locked(selection);
    const lock = find(this.#element, '.clip-lock');
    setText(find(lock, '.clip-lock-text'), locked ? 'Release' : 'Keep');
    lock.title = locked
      ? 'This range may be deleted again when it is old'
      : 'This range is not deleted, however old it gets';
  }

  async #lock() {
    const selection = this.#timeline.selection;
    if (!selection) return;
    const lock = !this.#locked(selection);
    try {
      await this.#api.setLocked(this.#streamId, selection, lock);
      this.#onLocked(selection, lock);
      this.#say(lock ? 'Kept from deletion' : 'Released');
    } catch (error) {
      this.#say(sentence(/** @type {Error} */ (error).message), true);
    }
  }

  async #export() {
    const selection = this.#timeline.selection;
    if (!selection || this.#download) return;
    const url = this.#api.clipUrl(this.#streamId, selection);
    const name = `${snapshotName(this.#streamId, new Date(selection.start))}.mp4`;
    const download = new AbortController();
    this.#setDownload(download);
    this.#progress({ received: 0, total: null });
    try {
      const blob = await downloadClip(url, {
        signal: download.signal,
        onProgress: (progress) => this.#progress(progress),
      });
      saveBlob(blob, name);
      this.#say(`Saved ${bytesLabel(blob.size)}`);
    } catch (error) {
      if (error instanceof TooLarge) {
        download.abort();
        saveAs(url, name);
        this.#say('A large clip: see the downloads of your browser');
      } else if (download.signal.aborted) {
        this.#say('Cancelled');
      } else {
        this.#say(sentence(/** @type {Error} */ (error).message), true);
      }
    }
    this.#setDownload(null);
  }

  /** @param {AbortController | null} download */
  #setDownload(download) {
    this.#download = download;
    const running = download !== null;
    find(this.#element, '.clip-export').hidden = running;
    find(this.#element, '.clip-lock').hidden = running;
    find(this.#element, '.clip-cancel').hidden = !running;
    find(this.#element, '.clip-progress').hidden = !running;
  }

  /** @param {import('./clip-download.js').Progress} progress */
  #progress({ received, total }) {
    const bar = /** @type {HTMLProgressElement} */ (find(this.#element, '.clip-progress'));
    if (total === null) {
      bar.removeAttribute('value');
    } else {
      bar.max = total;
      bar.value = received;
    }
    this.#say(total === null ? bytesLabel(received) : `${bytesLabel(received)} of ${bytesLabel(total)}`);
  }

  /**
   * @param {string} message
   * @param {boolean} [bad]
   */
  #say(message, bad = false) {
    const status = find(this.#element, '.clip-status');
    setText(status, message);
    status.classList.toggle('bad', bad);
  }
}
