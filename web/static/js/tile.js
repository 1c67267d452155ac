import { find, make, setText } from './dom.js';
import { durationLabel, trackChips } from './format.js';
import { setIcon } from './icons.js';
import { pictureState, showPictureState } from './picture-state.js';
import { Player } from './player.js';

/** Scrolling past must not start and end sessions all the time. */
const leaveDelayMs = 1_500;

/** One camera on the dashboard: plays while it is visible. */
export class Tile {
  #api;
  #stream;
  #player;
  #overlay;
  #visible = false;
  /** @type {'none' | 'recording' | 'recorded'} */
  #recorded = 'none';
  #playing = false;
  /** @type {{state: import('./webrtc-engine.js').PlaybackState, reason: string}} */
  #playback = { state: 'idle', reason: '' };
  /** @type {number | null} */
  #latencyMs = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #leaveTimer;

  /**
   * @param {HTMLTemplateElement} template
   * @param {import('./api.js').Api} api
   * @param {import('./api.js').Stream} stream
   */
  constructor(template, api, stream) {
    this.#api = api;
    this.#stream = stream;
    this.element = /** @type {HTMLElement} */ (
      /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild
    );
    this.element.dataset.streamId = stream.id;
    const link = /** @type {HTMLAnchorElement} */ (find(this.element, '.tile-link'));
    link.href = `/viewer.html?stream=${encodeURIComponent(stream.id)}`;
    link.textContent = stream.id;
    this.#overlay = find(this.element, '.overlay');
    find(this.#overlay, '.overlay-action').addEventListener('click', () => this.#help());
    this.#player = new Player({
      streamId: stream.substream || stream.id,
      videoElement: /** @type {HTMLVideoElement} */ (this.element.querySelector('video')),
      api,
    });
    this.#player
      .on('state', (playback) => {
        this.#playback = playback;
        if (playback.state !== 'live') this.#latencyMs = null;
        this.#render();
      })
      .on('stats', ({ latencyMs }) => {
        this.#latencyMs = latencyMs;
        this.#renderPlayback();
      });
    this.#render();
  }

  get stream() {
    return this.#stream;
  }

  /** @param {import('./api.js').Stream} stream */
  update(stream) {
    this.#stream = stream;
    this.#follow();
    this.#render();
  }

  /** @param {'none' | 'recording' | 'recorded'} recorded */
  setRecorded(recorded) {
    if (recorded === this.#recorded) return;
    this.#recorded = recorded;
    find(this.element, '.recording-mark').hidden = recorded !== 'recording';
    this.#render();
  }

  /** @param {boolean} visible */
  setVisible(visible) {
    this.#visible = visible;
    clearTimeout(this.#leaveTimer);
    if (visible) this.#follow();
    else this.#leaveTimer = setTimeout(() => this.#follow(), leaveDelayMs);
  }

  remove() {
    clearTimeout(this.#leaveTimer);
    this.#playing = false;
    this.#player.disconnect();
    this.element.remove();
  }

  /** Plays if it should, and only then. */
  #follow() {
    const wanted = this.#visible && this.#playable();
    if (wanted === this.#playing) return;
    this.#playing = wanted;
    if (wanted) void this.#play();
    else this.#player.disconnect();
  }

  /** A camera that is away is not asked again and again: the API tells when it is back. */
  #playable() {
    const { status, onDemand } = this.#stream;
    if (onDemand || status === 'online' || status === 'connecting') return true;
    return this.#playback.state === 'live' || this.#playback.state === 'stalled';
  }

  async #play() {
    if (this.#stream.onDemand && this.#stream.status === 'stopped') {
      // A failure shows in the state of the stream, and the player tries again.
      await this.#api.start(this.#stream.id).catch(() => {});
    }
    if (this.#playing) this.#player.connect();
  }

  async #help() {
    if (this.#stream.status === 'stopped') await this.#api.start(this.#stream.id).catch(() => {});
    this.#playing = false;
    this.#player.disconnect();
    this.#follow();
  }

  #render() {
    const state = pictureState(this.#stream, this.#playback, Date.now());
    this.element.dataset.kind = state.kind;
    showPictureState(this.#overlay, state, setIcon);
    const chips = trackChips(this.#stream.tracks);
    if (this.#stream.onDemand) chips.push('On demand');
    if (this.#recorded === 'recorded') chips.push('Recordings');
    const shown = find(this.element, '.tile-chips');
    if (shown.dataset.chips !== chips.join()) {
      shown.dataset.chips = chips.join();
      shown.replaceChildren(...chips.map((chip) => make('span', 'chip', chip)));
    }
    const link = find(this.element, '.tile-link');
    const recording = this.#recorded === 'recording' ? 'recording' : '';
    const label = [this.#stream.id, state.title, state.detail, recording].filter(Boolean).join(', ');
    if (link.getAttribute('aria-label') !== label) link.setAttribute('aria-label', label);
    this.#renderPlayback();
  }

  #renderPlayback() {
    const parts = [];
    if (this.#playback.state === 'live') {
      parts.push(this.#player.protocol === 'hls' ? 'HLS' : 'WebRTC');
      if (this.#latencyMs !== null) parts.push(durationLabel(this.#latencyMs));
    }
    setText(find(this.element, '.tile-playback'), parts.join(' · '));
  }
}
