import { Api, encodePath, serverRoot } from './api.js';
import { Backoff } from './backoff.js';
import { Emitter } from './emitter.js';
import { holdingReloads } from './held-reloads.js';
import { audioCodecName, bufferedAhead, stepOf, videoCodecName } from './hls-media.js';
import { HlsRewind, hlsRates } from './hls-rewind.js';
import { LiveEdge } from './live-edge.js';
import { startPlayback } from './peer-session.js';
import { PlaybackError } from './playback-error.js';
import { Watchdog } from './watchdog.js';

/** An on-demand camera holds the first playlist back until it is online. */
const manifestTimeoutMs = 20_000;

/** Beyond either the viewer jumps forward to the live edge instead of catching up: seconds, parts or segments. */
const tooFarBehindSeconds = 10;
const tooFarBehindSteps = 15;

/** How often the distance to the live edge is corrected. */
const steeringMs = 100;

/**
 * Plays one stream as low-latency HLS: with hls.js where there is Media Source, else with the browser's own
 * player (iPhone). Same methods and events as WebRTCEngine.
 *
 * @extends {Emitter<import('./webrtc-engine.js').PlaybackEvents>}
 */
export class HlsEngine extends Emitter {
  #url;
  #streamId;
  #videoElement;
  #autoReconnect;
  #api;
  #backoff;
  #tickMs;

  /** @type {import('./webrtc-engine.js').PlaybackState} */
  #state = 'idle';
  /** @type {import('hls.js').default | null} */
  #hls = null;
  /** Ends the listeners of the playback under way. @type {AbortController | null} */
  #playback = null;
  /** @type {Watchdog | null} */
  #watchdog = null;
  #connected = false;
  #hasAudio = false;
  #codec = '';
  #audioCodec = '';
  #bytes = 0;
  #rewind;
  #recoveredAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #statsTimer;

  /**
   * @param {object} options
   * @param {string} options.streamId
   * @param {HTMLVideoElement} options.videoElement
   * @param {boolean} [options.autoReconnect]
   * @param {string} [options.baseUrl] root of the server; default: where this script came from
   * @param {Api} [options.api] of the same server: its clock is that of times before now
   * @param {Backoff} [options.backoff]
   * @param {number} [options.tickMs]
   */
  constructor({
    streamId,
    videoElement,
    autoReconnect = true,
    baseUrl = serverRoot,
    api = new Api(baseUrl),
    backoff = new Backoff(),
    tickMs = 1_000,
  }) {
    super();
    this.#url = new URL(`${encodePath(streamId)}/index.m3u8`, baseUrl).href;
    this.#streamId = streamId;
    this.#videoElement = videoElement;
    this.#autoReconnect = autoReconnect;
    this.#api = api;
    this.#backoff = backoff;
    this.#tickMs = tickMs;
    this.#rewind = new HlsRewind({
      videoElement,
      now: () => this.#api.clock.now(),
      player: () => this.#hls,
      reload: () => {
        if (this.#state !== 'idle') this.connect().catch(() => {});
      },
      emit: (name, payload) => this.emit(name, payload),
    });
  }

  get state() {
    return this.#state;
  }

  /** @returns {Promise<void>} resolves when media can be shown; rejects if this attempt fails */
  connect() {
    clearTimeout(this.#retryTimer);
    this.#dropPlayback('');
    return this.#attempt('connecting', '');
  }

  disconnect() {
    clearTimeout(this.#retryTimer);
    this.#dropPlayback('Disconnected');
    this.#backoff.reset();
    this.#setState('idle', '');
  }

  /** Back to the newest picture, after a pause. */
  seekToLive() {
    const edge = this.#hls?.liveSyncPosition;
    if (edge && this.#rewind.isLive) this.#videoElement.currentTime = edge;
  }

  get rates() {
    return hlsRates;
  }

  /** Where the picture is, as WebRTCEngine has it. */
  get position() {
    return this.#rewind.position;
  }

  /** @param {Date | number | string} time as WebRTCEngine takes it */
  seek(time) {
    this.#rewind.seek(time);
  }

  live() {
    this.#rewind.live();
    this.seekToLive();
  }

  /** @param {number} rate one of `rates`, or 0 */
  speed(rate) {
    this.#rewind.speed(rate);
  }

  /** @param {1 | -1} frames */
  step(frames) {
    this.#rewind.step(frames);
  }

  /**
   * @param {import('./webrtc-engine.js').PlaybackState} state
   * @param {string} reason
   */
  #attempt(state, reason) {
    const playback = new AbortController();
    this.#playback = playback;
    this.#setState(state, reason);
    const attempt = this.#open(playback.signal).then(() => {
      if (playback.signal.aborted) throw new PlaybackError('closed', 'The connection was closed');
      this.#connected = true;
      this.#backoff.reset();
      this.#watch(playback.signal);
      this.emit('connected', { hasAudio: this.#hasAudio });
    });
    attempt.catch((error) => {
      if (!playback.signal.aborted) this.#onLoss(error);
    });
    return attempt;
  }

  /** @param {AbortSignal} signal aborted when this playback is over */
  async #open(signal) {
    const { default: Hls } = await import('../vendor/hls.mjs');
    if (signal.aborted) return;
    if (!this.#rewind.isLive) this.#videoElement.addEventListener('ended', () => this.live(), { signal });
    if (Hls.isSupported()) await this.#openWithHlsJs(Hls, signal);
    else if (this.#videoElement.canPlayType('application/vnd.apple.mpegurl'))
      await this.#openNatively(signal);
    else throw new PlaybackError('unsupported', 'This browser cannot play HLS');
  }

  /**
   * @param {typeof import('hls.js').default} Hls
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  #openWithHlsJs(Hls, signal) {
    // The distance to the live edge is the playlist's PART-HOLD-BACK: hls.js takes it if nothing else is set, and starts
    // there. Keeping it is LiveEdge's.
    const live = this.#rewind.isLive;
    const hls = new Hls({
      lowLatencyMode: live,
      startPosition: live ? -1 : 0,
      maxLiveSyncPlaybackRate: 1,
      liveSyncOnStallIncrease: 0,
      backBufferLength: 10,
      manifestLoadPolicy: {
        default: {
          maxTimeToFirstByteMs: manifestTimeoutMs,
          maxLoadTimeMs: manifestTimeoutMs,
          timeoutRetry: null,
          errorRetry: null,
        },
      },
      pLoader: holdingReloads(/** @type {any} */ (Hls.DefaultConfig.loader)),
    });
    this.#hls = hls;
    if (live) this.#steer(hls, signal);
    return new Promise((resolve, reject) => {
      const { Events } = Hls;
      signal.addEventListener('abort', () =>
        reject(new PlaybackError('closed', 'The connection was closed')),
      );
      hls.on(Events.MANIFEST_PARSED, (_, { levels, firstLevel }) => {
        // The camera's own picture, if the browser takes it. hls.js would measure its bandwidth with the smallest, which
        // the server then had to make.
        hls.startLevel = firstLevel;
        this.#codec = videoCodecName(levels[firstLevel]?.videoCodec ?? '');
      });
      hls.on(Events.LEVEL_SWITCHED, (_, { level }) => {
        this.#codec = videoCodecName(hls.levels[level]?.videoCodec ?? '');
      });
      hls.on(Events.BUFFER_CODECS, (_, { audio, video, audiovideo }) => {
        this.#hasAudio = Boolean(audio ?? audiovideo);
        this.#audioCodec = audioCodecName(audio?.codec ?? audio?.levelCodec ?? '');
        this.#codec ||= videoCodecName(video?.codec ?? video?.levelCodec ?? '');
      });
      hls.on(Events.FRAG_LOADED, (_, { frag, part }) => {
        this.#bytes += (part ?? frag).stats.loaded;
      });
      hls.once(Events.BUFFER_APPENDED, () => {
        const beginning = this.#rewind.beginning;
        if (beginning !== null) this.#videoElement.currentTime = beginning;
        resolve();
      });
      hls.on(Events.ERROR, async (_, data) => {
        if (signal.aborted || !data.fatal) return;
        if (data.type === Hls.ErrorTypes.MEDIA_ERROR && this.#tryRecover(data.details)) return;
        if (!live && data.details === Hls.ErrorDetails.MANIFEST_LOAD_ERROR && data.response?.code) {
          this.#rewind.refuse(data.response.code);
          return;
        }
        const error = await this.#explain(data);
        reject(error);
        if (this.#connected && !signal.aborted) this.#onLoss(error);
      });
      hls.attachMedia(this.#videoElement);
      hls.loadSource(this.#rewind.sourceOf(this.#url));
      this.#rewind.applyRate();
    });
  }

  /**
   * @param {import('hls.js').default} hls
   * @param {AbortSignal} signal
   */
  #steer(hls, signal) {
    const video = this.#videoElement;
    const edge = new LiveEdge();
    const timer = setInterval(() => {
      const playlist = hls.latestLevelDetails;
      if (!playlist || !hls.targetLatency || video.paused || video.seeking) return;
      video.playbackRate = edge.rate({
        now: performance.now() / 1000,
        position: video.currentTime,
        latency: playlist.edge + playlist.age - video.currentTime,
        holdBack: hls.targetLatency,
        step: stepOf(playlist),
        ahead: bufferedAhead(video),
      });
    }, steeringMs);
    signal.addEventListener('abort', () => clearInterval(timer));
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  #openNatively(signal) {
    const video = this.#videoElement;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () =>
        reject(new PlaybackError('closed', 'The connection was closed')),
      );
      video.addEventListener(
        'loadeddata',
        () => {
          this.#hasAudio = true;
          resolve();
        },
        { signal },
      );
      video.addEventListener(
        'error',
        async () => {
          const refusal = this.#rewind.isLive ? 0 : await this.#refusal();
          if (signal.aborted) return;
          if (refusal > 0) {
            this.#rewind.refuse(refusal);
            return;
          }
          const error = await this.#offlineReason(
            new PlaybackError('server_error', 'The stream cannot be loaded'),
          );
          reject(error);
          if (this.#connected && !signal.aborted) this.#onLoss(error);
        },
        { signal },
      );
      video.src = this.#rewind.sourceOf(this.#url);
      this.#rewind.applyRate();
    });
  }

  /**
   * The browser's own player does not say why it cannot load a playlist.
   *
   * @returns {Promise<number>} the status with which the server refuses it; 0: it does not
   */
  async #refusal() {
    const answer = await fetch(this.#rewind.sourceOf(this.#url), {
      cache: 'no-store',
      signal: AbortSignal.timeout(manifestTimeoutMs),
    }).catch(() => null);
    return answer && !answer.ok ? answer.status : 0;
  }

  /**
   * hls.js can restart its decoder once; a second failure soon after is not accidental.
   *
   * @param {string} details
   */
  #tryRecover(details) {
    const codecRefused = /codec/i.test(details);
    if (codecRefused || performance.now() - this.#recoveredAt < 5_000) return false;
    this.#recoveredAt = performance.now();
    this.#hls?.recoverMediaError();
    return true;
  }

  /**
   * @param {import('hls.js').ErrorData} data
   * @returns {Promise<PlaybackError>}
   */
  async #explain(data) {
    if (/codec/i.test(data.details)) {
      return new PlaybackError(
        'no_common_codec',
        `This browser cannot play the codec ${this.#codec || 'of this camera'}`,
      );
    }
    const status = data.response?.code ?? 0;
    if (status === 0) return new PlaybackError('unreachable', 'The server does not answer');
    return this.#offlineReason(PlaybackError.fromStatus(status));
  }

  /**
   * The players hide the body of error answers; the API knows why the camera is away.
   *
   * @param {PlaybackError} error
   */
  async #offlineReason(error) {
    if (error.permanent) return error;
    const stream = await this.#api.stream(this.#streamId).catch((failure) => failure);
    if (stream instanceof PlaybackError) return stream.code === 'unreachable' ? stream : error;
    if (stream.status === 'online')
      return new PlaybackError('server_error', 'The server has no HLS of this camera', error.status);
    return stream.reason ? new PlaybackError('offline', stream.reason, error.status) : error;
  }

  /** @param {AbortSignal} signal */
  #watch(signal) {
    const watchdog = new Watchdog({
      silenceMs: 5_000,
      graceMs: 12_000,
      fetchStatus: () => this.#api.stream(this.#streamId),
      onStalled: (reason) => this.#setState('stalled', reason),
      onProgress: () => this.#setState('live', ''),
      onDead: (error) => this.#onLoss(error),
    });
    this.#watchdog = watchdog;
    let shown = 0;
    let last = { at: performance.now(), frames: 0, bytes: this.#bytes, time: this.#videoElement.currentTime };
    this.#statsTimer = setInterval(() => {
      const video = this.#videoElement;
      const quality = video.getVideoPlaybackQuality();
      const now = {
        at: performance.now(),
        frames: quality.totalVideoFrames,
        bytes: this.#bytes,
        time: video.currentTime,
      };
      // A paused video is no stall.
      if (now.time !== last.time || video.paused) shown += 1;
      if (now.time > 0 || video.paused) watchdog.observe(shown, now.at);
      if (signal.aborted) return;
      if (this.#rewind.isLive) this.#jumpIfFarBehind();
      this.#rewind.report();
      const seconds = (now.at - last.at) / 1000;
      this.emit('stats', {
        state: this.#state,
        codec: this.#codec,
        audioCodec: this.#audioCodec,
        width: video.videoWidth,
        height: video.videoHeight,
        fps: Math.max(0, (now.frames - last.frames) / seconds),
        bitrate: ((now.bytes - last.bytes) * 8) / seconds,
        rttMs: null,
        jitterBufferMs: bufferedAhead(video) * 1000,
        framesDropped: quality.droppedVideoFrames,
        freezeCount: 0,
        packetsLost: 0,
        lossRatio: 0,
        latencyMs: this.#latencyMs(),
        audioEnergy: 0,
      });
      last = now;
    }, this.#tickMs);
  }

  /** From PROGRAM-DATE-TIME where the playlist has it, else the distance to its end. */
  #latencyMs() {
    if (!this.#rewind.isLive) return null;
    const playing = this.#hls?.playingDate;
    const measured = playing ? Date.now() - playing.getTime() : NaN;
    if (measured >= 0 && measured < 60_000) return measured;
    return this.#hls && this.#hls.latency > 0 ? this.#hls.latency * 1000 : null;
  }

  /** Measured to the end of the playlist: while the camera is away there is nothing to jump to. */
  #jumpIfFarBehind() {
    const video = this.#videoElement;
    const playlist = this.#hls?.latestLevelDetails;
    if (!playlist || video.paused) return;
    const late = playlist.edge - video.currentTime - (this.#hls?.targetLatency ?? 0);
    if (late > Math.min(tooFarBehindSeconds, tooFarBehindSteps * stepOf(playlist))) this.seekToLive();
  }

  /** @param {PlaybackError} error */
  #onLoss(error) {
    this.#rewind.keepPlace();
    this.#dropPlayback(error.message);
    const retry = this.#autoReconnect && !error.permanent;
    this.#setState(retry ? 'reconnecting' : 'failed', error.message);
    if (retry) {
      this.#retryTimer = setTimeout(() => {
        this.#attempt('reconnecting', error.message).catch(() => {});
      }, this.#backoff.next());
    }
    this.emit('error', error);
  }

  /** @param {string} reason */
  #dropPlayback(reason) {
    clearInterval(this.#statsTimer);
    this.#watchdog?.stop();
    this.#watchdog = null;
    this.#videoElement.playbackRate = 1;
    const playback = this.#playback;
    this.#playback = null;
    playback?.abort();
    this.#hls?.destroy();
    this.#hls = null;
    if (playback && this.#videoElement.hasAttribute('src')) {
      this.#videoElement.removeAttribute('src');
      this.#videoElement.load();
    }
    if (this.#connected) {
      this.#connected = false;
      this.emit('disconnected', { reason });
    }
  }

  /**
   * @param {import('./webrtc-engine.js').PlaybackState} state
   * @param {string} reason
   */
  #setState(state, reason) {
    this.#state = state;
    this.emit('state', { state, reason });
  }
}
