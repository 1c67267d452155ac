import { Api, serverRoot } from './api.js';
import { Backoff } from './backoff.js';
import { Emitter } from './emitter.js';
import { PeerSession } from './peer-session.js';
import { PlaybackError } from './playback-error.js';
import { ReceiverStats } from './receiver-stats.js';
import { fetchIceServers, WebSocketSignalling, WhepSignalling } from './signalling.js';
import { Steering, webrtcRates } from './steering.js';
import { Watchdog } from './watchdog.js';

/**
 * @typedef {'idle' | 'connecting' | 'live' | 'stalled' | 'reconnecting' | 'failed'} PlaybackState
 *   stalled: the session stands, the camera is away; failed: not tried again
 *
 * @typedef {object} PlaybackEvents
 * @property {{hasAudio: boolean}} connected media can flow
 * @property {{reason: string}} disconnected after connected: by disconnect() or by a loss
 * @property {PlaybackError} error what ended an attempt or a session
 * @property {import('./receiver-stats.js').PlaybackStats} stats once a second while connected
 * @property {{state: PlaybackState, reason: string}} state
 * @property {import('./position-clock.js').Position} position once a second and at every change, where the server tells it
 * @property {{mode: import('./position-clock.js').PlaybackMode}} mode live from now on, or recorded
 * @property {PlaybackError} refused a seek, speed or step was; playing goes on
 */

/** Media arrives but no picture comes out of it. */
const decodeTimeoutMs = 10_000;

/**
 * Plays one stream over WebRTC in a video element. Instances are independent of each other.
 *
 *   const engine = new WebRTCEngine({ streamId: 'cam1', videoElement });
 *   engine.on('stats', show).on('error', report);
 *   await engine.connect();
 *   engine.seek(30);                                  // half a minute ago
 *   engine.seek(new Date('2026-11-21T10:00:00Z'));
 *   engine.speed(-8);                                 // backwards
 *   engine.live();
 *
 * seek, live, speed and step return at once. They hold beyond a reconnection; one before connect() is done then. What has come
 * of them is in the events position and refused.
 *
 * @extends {Emitter<PlaybackEvents>}
 */
export class WebRTCEngine extends Emitter {
  #streamId;
  #videoElement;
  #autoReconnect;
  #signalling;
  #baseUrl;
  #api;
  #backoff;
  #tickMs;
  #watchdogTimes;

  /** @type {PlaybackState} */
  #state = 'idle';
  /** @type {PeerSession | null} */
  #session = null;
  /** @type {Watchdog | null} */
  #watchdog = null;
  /** @type {Promise<void> | null} */
  #connecting = null;
  #steering;
  /** Reports of a rewound session: it is alive, be it paused or between keyframes. */
  #reports = 0;
  /** @type {RTCIceServer[] | null} */
  #iceServers = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #statsTimer;
  /** Changes with each connect() and disconnect(): what began before must not act any more. */
  #epoch = 0;

  /**
   * @param {object} options
   * @param {string} options.streamId
   * @param {HTMLVideoElement} options.videoElement
   * @param {boolean} [options.autoReconnect]
   * @param {'ws' | 'whep'} [options.signalling]
   * @param {string} [options.baseUrl] root of the server; default: where this script came from
   * @param {Api} [options.api] of the same server
   * @param {RTCIceServer[]} [options.iceServers] default: those that the server announces
   * @param {Backoff} [options.backoff] delays between attempts
   * @param {number} [options.tickMs] how often statistics are read
   * @param {{silenceMs: number, graceMs: number}} [options.watchdog] see Watchdog
   */
  constructor({
    streamId,
    videoElement,
    autoReconnect = true,
    signalling = 'ws',
    baseUrl = serverRoot,
    api = new Api(baseUrl),
    iceServers,
    backoff = new Backoff(),
    tickMs = 1_000,
    watchdog = { silenceMs: 4_000, graceMs: 10_000 },
  }) {
    super();
    this.#streamId = streamId;
    this.#videoElement = videoElement;
    this.#autoReconnect = autoReconnect;
    this.#signalling = signalling;
    this.#baseUrl = baseUrl;
    this.#api = api;
    this.#iceServers = iceServers ?? null;
    this.#backoff = backoff;
    this.#tickMs = tickMs;
    this.#watchdogTimes = watchdog;
    this.#steering = new Steering({ send: (command) => this.#session?.command(command) });
  }

  static get supported() {
    return typeof RTCPeerConnection === 'function';
  }

  get state() {
    return this.#state;
  }

  /**
   * Connects, or waits for the attempt under way. Later reconnections show in the events only.
   *
   * @returns {Promise<void>} rejects with a PlaybackError if this attempt fails; unless the error is permanent,
   *   autoReconnect goes on trying nevertheless
   */
  connect() {
    if (this.#connecting) return this.#connecting;
    if (this.#session) return Promise.resolve();
    clearTimeout(this.#retryTimer);
    this.#epoch += 1;
    return this.#attempt('connecting', '');
  }

  /** Ends the session and every attempt. The engine can connect again. */
  disconnect() {
    this.#epoch += 1;
    clearTimeout(this.#retryTimer);
    this.#connecting = null;
    this.#dropSession('Disconnected');
    if (this.#videoElement.srcObject) this.#videoElement.srcObject = null;
    this.#backoff.reset();
    this.#setState('idle', '');
  }

  /** Speeds for a menu; speed() takes others, too. */
  get rates() {
    return webrtcRates;
  }

  /** Where the picture is, between the reports, too; null as long as the server has not said so. */
  get position() {
    return this.#steering.position;
  }

  /**
   * Into the recordings. A time in a gap becomes that of the next recording; behind the last one it is live.
   *
   * @param {Date | number | string} time RFC 3339 as a string, seconds before now as a number
   * @throws {RangeError}
   */
  seek(time) {
    this.#steering.seek(time);
  }

  /** Back to now. */
  live() {
    this.#steering.live();
  }

  /**
   * @param {number} rate 0: paused; 0.25 … 4: every picture; up to 64 and -0.25 … -64: keyframes only
   * @throws {RangeError}
   */
  speed(rate) {
    this.#steering.speed(rate);
  }

  /**
   * To the next picture or the one before; pauses.
   *
   * @param {1 | -1} frames
   */
  step(frames) {
    this.#steering.step(frames);
  }

  /**
   * @param {PlaybackState} state
   * @param {string} reason
   */
  #attempt(state, reason) {
    const epoch = this.#epoch;
    this.#setState(state, reason);
    const connecting = this.#open(epoch).finally(() => {
      if (epoch === this.#epoch) this.#connecting = null;
    });
    this.#connecting = connecting;
    connecting.catch((error) => {
      if (epoch === this.#epoch) this.#onLoss(error);
    });
    return connecting;
  }

  /** @param {number} epoch */
  async #open(epoch) {
    if (!WebRTCEngine.supported) throw new PlaybackError('unsupported', 'This browser has no WebRTC');
    this.#iceServers ??= await fetchIceServers(this.#baseUrl, this.#streamId);
    if (epoch !== this.#epoch) throw new PlaybackError('closed', 'The connection was closed');
    const Signalling = this.#signalling === 'whep' ? WhepSignalling : WebSocketSignalling;
    const session = new PeerSession({
      videoElement: this.#videoElement,
      signal: (events) => new Signalling(this.#baseUrl, this.#streamId, events),
      iceServers: this.#iceServers ?? [],
      onLost: (error) => {
        if (epoch === this.#epoch) this.#onLoss(error);
      },
      onPosition: (position) => this.#onPosition(position),
      onRefused: (error) => this.emit('refused', error),
    });
    this.#session = session;
    await session.open();
    if (epoch !== this.#epoch) throw new PlaybackError('closed', 'The connection was closed');
    this.#backoff.reset();
    this.#watch(session);
    this.#steering.attach();
    this.emit('connected', { hasAudio: session.hasAudio });
  }

  /** @param {import('./position-clock.js').Position} position */
  #onPosition(position) {
    const received = this.#steering.received(position);
    if (!received) return;
    if (position.mode === 'dvr') this.#reports += 1;
    if (received.moded) this.emit('mode', { mode: position.mode });
    this.emit('position', position);
  }

  /** @param {PeerSession} session */
  #watch(session) {
    const reader = new ReceiverStats();
    const startedAt = performance.now();
    const watchdog = new Watchdog({
      ...this.#watchdogTimes,
      fetchStatus: () => this.#api.stream(this.#streamId),
      onStalled: (reason) => this.#setState('stalled', reason),
      onProgress: () => this.#setState('live', ''),
      onDead: (error) => this.#onLoss(error),
    });
    this.#watchdog = watchdog;
    this.#statsTimer = setInterval(async () => {
      const entries = await session.stats().catch(() => null);
      if (!entries || this.#session !== session) return;
      const stats = reader.read(entries, Date.now());
      const { bytes, frames } = reader.progress;
      const arrived = stats.codec && frames === 0 ? 0 : bytes;
      watchdog.observe(arrived && arrived + this.#reports, performance.now());
      if (this.#session !== session) return;
      this.emit('stats', { ...stats, state: this.#state });
      const undecoded = stats.codec !== '' && bytes > 0 && frames === 0 && !globalThis.document?.hidden;
      if (undecoded && performance.now() - startedAt > decodeTimeoutMs) {
        this.#onLoss(
          new PlaybackError('undecodable', `This browser does not decode the camera's ${stats.codec}`),
        );
      }
    }, this.#tickMs);
  }

  /** @param {PlaybackError} error */
  #onLoss(error) {
    this.#dropSession(error.message);
    const retry = this.#autoReconnect && !error.permanent;
    this.#setState(retry ? 'reconnecting' : 'failed', error.message);
    if (retry) {
      this.#retryTimer = setTimeout(() => {
        this.#attempt('reconnecting', error.message).catch(() => {});
      }, this.#backoff.next());
    }
    // Last: the listener may disconnect.
    this.emit('error', error);
  }

  /** @param {string} reason */
  #dropSession(reason) {
    clearInterval(this.#statsTimer);
    const connected = this.#watchdog !== null;
    this.#watchdog?.stop();
    this.#watchdog = null;
    this.#session?.close();
    this.#session = null;
    this.#steering.detach();
    this.#reports = 0;
    if (connected) this.emit('disconnected', { reason });
  }

  /**
   * @param {PlaybackState} state
   * @param {string} reason
   */
  #setState(state, reason) {
    this.#state = state;
    this.emit('state', { state, reason });
  }
}
