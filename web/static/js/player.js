import { Emitter } from './emitter.js';
import { HlsEngine } from './hls-engine.js';
import { WebRTCEngine } from './webrtc-engine.js';

/**
 * @typedef {'auto' | 'webrtc' | 'hls'} PlayerMode
 * @typedef {'webrtc' | 'hls'} Protocol
 *
 * @typedef {import('./webrtc-engine.js').PlaybackEvents & {protocol: {protocol: Protocol, reason: string}}} PlayerEvents
 *   protocol: which one is used from now on; reason: why it is not the first choice
 */

/** So many network failures in a row mean that UDP does not pass here. */
const iceFailuresUntilHls = 2;

/** What WebRTC cannot do on this browser and HLS perhaps can. */
const needsHls = new Set(['no_common_codec', 'unsupported', 'undecodable']);

/**
 * Plays a stream by the best way there is: WebRTC, or low-latency HLS where WebRTC cannot work. Both engines'
 * methods and events; a listener need not know which one plays.
 *
 * @extends {Emitter<PlayerEvents>}
 */
export class Player extends Emitter {
  #options;
  /** @type {PlayerMode} */
  #mode;
  /** @type {Protocol} */
  #protocol;
  /** @type {WebRTCEngine | HlsEngine | null} */
  #engine = null;
  #iceFailures = 0;
  /** HLS plays the recordings of a camera that is away: WebRTC has no session of it. */
  #onlyRecorded = false;
  /** Why WebRTC has none; empty: it has, as far as is known. */
  #away = '';
  /** Where the next engine begins; null: live. @type {Date | number | string | null} */
  #place = null;
  #rate = 1;

  /**
   * @param {object} options
   * @param {string} options.streamId
   * @param {HTMLVideoElement} options.videoElement
   * @param {PlayerMode} [options.mode]
   * @param {'ws' | 'whep'} [options.signalling]
   * @param {string} [options.baseUrl]
   * @param {import('./api.js').Api} [options.api]
   */
  constructor({ mode = 'auto', ...options }) {
    super();
    this.#options = options;
    this.#mode = mode;
    this.#protocol = mode === 'hls' ? 'hls' : 'webrtc';
  }

  get mode() {
    return this.#mode;
  }

  /** The protocol in use. */
  get protocol() {
    return this.#protocol;
  }

  get state() {
    return this.#engine?.state ?? 'idle';
  }

  /** Failures show in the events. */
  connect() {
    if (this.#engine) return;
    this.#iceFailures = 0;
    this.#use(this.#mode === 'hls' ? 'hls' : 'webrtc', '');
  }

  disconnect() {
    this.#keepPlace();
    this.#engine?.disconnect();
    this.#engine = null;
  }

  /** Speeds that the engine in use offers. */
  get rates() {
    return this.#engine?.rates ?? [];
  }

  /** Where the picture is; null as long as nothing tells. */
  get position() {
    return this.#engine?.position ?? null;
  }

  /**
   * See WebRTCEngine. What it refuses and what becomes of it shows in the events.
   *
   * @param {Date | number | string} time
   */
  seek(time) {
    this.#place = time;
    if (this.#away) this.#useForRecordings(this.#away);
    else this.#engine?.seek(time);
  }

  live() {
    this.#place = null;
    this.#rate = 1;
    if (this.#onlyRecorded) this.#use('webrtc', '');
    else this.#engine?.live();
  }

  /** @param {number} rate one of `rates`, or 0 */
  speed(rate) {
    this.#rate = rate;
    this.#engine?.speed(rate);
  }

  /** @param {1 | -1} frames */
  step(frames) {
    this.#engine?.step(frames);
  }

  /** @param {string} reason */
  #useForRecordings(reason) {
    this.#use('hls', reason);
    this.#onlyRecorded = true;
  }

  #keepPlace() {
    const { position } = this;
    if (position?.mode !== 'dvr') return;
    this.#place = position.time;
  }

  /** @param {PlayerMode} mode */
  setMode(mode) {
    this.#mode = mode;
    this.disconnect();
    this.connect();
  }

  /** Back to the newest picture, after a pause. */
  seekToLive() {
    if (this.#engine instanceof HlsEngine) this.#engine.seekToLive();
  }

  /**
   * @param {Protocol} protocol
   * @param {string} reason
   */
  #use(protocol, reason) {
    this.#onlyRecorded = false;
    this.#away = '';
    const old = this.#engine;
    this.#engine = null;
    old?.disconnect();
    const engine = protocol === 'hls' ? new HlsEngine(this.#options) : new WebRTCEngine(this.#options);
    this.#engine = engine;
    this.#protocol = protocol;
    /** @type {(name: keyof import('./webrtc-engine.js').PlaybackEvents) => void} */
    const forward = (name) => {
      engine.on(name, (payload) => {
        if (this.#engine === engine) this.emit(name, payload);
      });
    };
    forward('connected');
    forward('disconnected');
    forward('stats');
    forward('position');
    forward('mode');
    forward('refused');
    // As long as it plays: a picture whose session is lost stands, at a speed of 0 that nobody asked for.
    engine.on('position', ({ mode, rate }) => {
      if (mode === 'dvr' && this.#engine === engine) this.#rate = rate;
    });
    engine.on('mode', ({ mode }) => {
      if (mode === 'dvr' || this.#engine !== engine) return;
      this.#place = null;
      this.#rate = 1;
      // The recordings ended, or there were none.
      if (this.#onlyRecorded) queueMicrotask(() => this.live());
    });
    engine.on('state', (payload) => {
      // The error behind a loss comes right after it, and may put the other protocol in this one's place: nobody
      // should see "failed" in between.
      queueMicrotask(() => {
        if (this.#engine === engine) this.emit('state', payload);
      });
    });
    engine.on('connected', () => {
      this.#iceFailures = 0;
      this.#away = '';
    });
    engine.on('error', (error) => {
      if (this.#engine === engine) this.#onError(error);
    });
    this.emit('protocol', { protocol, reason });
    if (this.#place !== null) engine.seek(this.#place);
    if (this.#place !== null && this.#rate !== 1) engine.speed(this.#rate);
    engine.connect().catch(() => {});
  }

  /** @param {import('./playback-error.js').PlaybackError} error */
  #onError(error) {
    this.#keepPlace();
    this.#iceFailures = error.code === 'ice_failed' ? this.#iceFailures + 1 : 0;
    if (this.#mode === 'auto' && this.#protocol === 'webrtc') {
      if (needsHls.has(error.code) || this.#iceFailures >= iceFailuresUntilHls) {
        this.#use('hls', error.message);
        return;
      }
      this.#away = error.code === 'offline' || error.status === 503 ? error.message : '';
      if (this.#away && this.#place !== null) {
        this.#useForRecordings(this.#away);
        return;
      }
    }
    this.emit('error', error);
  }
}
