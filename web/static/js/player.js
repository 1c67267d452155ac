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

  /**
   * @param {object} options
   * @param {string} options.streamId
   * @param {HTMLVideoElement} options.videoElement
   * @param {PlayerMode} [options.mode]
   * @param {'ws' | 'whep'} [options.signalling]
   * @param {string} [options.baseUrl]
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
    this.#engine?.disconnect();
    this.#engine = null;
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
    engine.on('state', (payload) => {
      // The error behind a loss comes right after it, and may put the other protocol in this one's place: nobody
      // should see "failed" in between.
      queueMicrotask(() => {
        if (this.#engine === engine) this.emit('state', payload);
      });
    });
    engine.on('connected', () => {
      this.#iceFailures = 0;
    });
    engine.on('error', (error) => {
      if (this.#engine === engine) this.#onError(error);
    });
    this.emit('protocol', { protocol, reason });
    engine.connect().catch(() => {});
  }

  /** @param {import('./playback-error.js').PlaybackError} error */
  #onError(error) {
    this.#iceFailures = error.code === 'ice_failed' ? this.#iceFailures + 1 : 0;
    const fallBack = needsHls.has(error.code) || this.#iceFailures >= iceFailuresUntilHls;
    if (this.#mode === 'auto' && this.#protocol === 'webrtc' && fallBack) {
      this.#use('hls', error.message);
      return;
    }
    this.emit('error', error);
  }
}
