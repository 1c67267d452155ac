import { find } from './dom.js';
import { clockLabel } from './format.js';
import { setIcon } from './icons.js';
import { pictureState, showPictureState } from './picture-state.js';
import { Player } from './player.js';

/** One camera of the synchronous view. */
export class SyncTile {
  #streamId;
  #group;
  #overlay;
  #player;
  /** @type {import('./api.js').Stream | null} */
  #stream = null;
  /** @type {{state: import('./webrtc-engine.js').PlaybackState, reason: string}} */
  #playback = { state: 'idle', reason: '' };

  /**
   * @param {HTMLTemplateElement} template
   * @param {import('./api.js').Api} api
   * @param {string} streamId
   * @param {import('./sync-group.js').SyncGroup} group
   * @param {(error: Error) => void} onRefused
   */
  constructor(template, api, streamId, group, onRefused) {
    this.#streamId = streamId;
    this.#group = group;
    this.element = /** @type {HTMLElement} */ (
      /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild
    );
    this.element.dataset.streamId = streamId;
    const link = /** @type {HTMLAnchorElement} */ (find(this.element, '.sync-name'));
    link.textContent = streamId;
    link.addEventListener('pointerenter', () => (link.href = this.#viewerAddress()));
    link.addEventListener('focus', () => (link.href = this.#viewerAddress()));
    link.href = this.#viewerAddress();
    this.#overlay = find(this.element, '.overlay');
    this.#player = new Player({
      streamId,
      videoElement: /** @type {HTMLVideoElement} */ (this.element.querySelector('video')),
      api,
    });
    find(this.#overlay, '.overlay-action').addEventListener('click', () => {
      this.#player.disconnect();
      this.#player.connect();
    });
    this.#player
      .on('state', (playback) => {
        this.#playback = playback;
        this.render();
      })
      .on('position', (position) => group.report(streamId, position))
      .on('mode', () => this.render())
      .on('refused', onRefused);
    group.add(streamId, this.#player);
    this.#player.connect();
    this.render();
  }

  /** @param {import('./api.js').Stream | undefined} stream */
  update(stream) {
    this.#stream = stream ?? null;
    this.render();
  }

  close() {
    this.#group.remove(this.#streamId);
    this.#player.disconnect();
    this.element.remove();
  }

  render() {
    const mode = this.#player.position?.mode ?? 'live';
    const waitsFor = this.#group.waitsFor(this.#streamId);
    const state =
      waitsFor === null
        ? pictureState(this.#stream, { ...this.#playback, mode }, Date.now())
        : absent(waitsFor, this.#group.position.rate);
    this.element.dataset.kind = state.kind;
    showPictureState(this.#overlay, state, setIcon);
  }

  #viewerAddress() {
    const { mode, time } = this.#group.position;
    const moment = mode === 'dvr' ? `&time=${time.toISOString()}` : '';
    return `/viewer.html?stream=${encodeURIComponent(this.#streamId)}${moment}`;
  }
}

/**
 * @param {number} waitsFor
 * @param {number} rate
 * @returns {import('./picture-state.js').PictureState}
 */
function absent(waitsFor, rate) {
  const detail = Number.isFinite(waitsFor) ? `${rate < 0 ? 'Before' : 'From'} ${clockLabel(waitsFor)} again` : '';
  return { kind: 'stopped', title: 'Not recorded at this time', detail, icon: 'camera-off', action: '' };
}
