import { mediaTimeOf } from './hls-media.js';
import { startPlayback } from './peer-session.js';
import { PlaybackError } from './playback-error.js';
import { wireTime } from './steering.js';

/** Backwards there is nothing for a player of files, and beyond this browsers do not go. */
export const hlsRates = [0.25, 0.5, 1, 2, 4, 8, 16];

/** One picture of a usual camera, in seconds: HLS does not say where pictures begin. */
const frameSeconds = 0.04;

/**
 * Where an HLS playback is between live and what is recorded: recordings are playlists of their own, `index.m3u8?start=`.
 */
export class HlsRewind {
  #options;
  /** Unix milliseconds where the recording begins that is played, or of the live picture that is held. @type {number | null} */
  #from = null;
  /** A live picture stands: there is no playlist of the recordings yet. */
  #held = false;
  #rate = 1;

  /**
   * @param {object} options
   * @param {HTMLVideoElement} options.videoElement
   * @param {() => number} options.now Unix milliseconds at the server
   * @param {() => import('hls.js').default | null} options.player null where the browser plays HLS by itself
   * @param {() => void} options.reload opens `source`
   * @param {<Name extends 'position' | 'mode' | 'refused'>(name: Name,
   *   payload: import('./webrtc-engine.js').PlaybackEvents[Name]) => void} options.emit
   */
  constructor(options) {
    this.#options = options;
  }

  get isLive() {
    return this.#from === null;
  }

  /** @param {string} url of the live playlist */
  sourceOf(url) {
    return this.#from === null ? url : `${url}?start=${new Date(this.#from).toISOString()}`;
  }

  /** Media time at which the playlist of the recordings is to begin, in seconds; null: where it does. */
  get beginning() {
    return this.#from === null ? null : mediaTimeOf(this.#playlist, this.#from);
  }

  /** @returns {import('./position-clock.js').Position | null} */
  get position() {
    const time = this.#playingTime();
    if (time === null) return null;
    return { time: new Date(time), mode: this.isLive ? 'live' : 'dvr', rate: this.isLive ? 1 : this.#rate };
  }

  /** @param {Date | number | string} time as WebRTCEngine takes it */
  seek(time) {
    const wire = wireTime(time);
    const target = typeof wire === 'number' ? this.#options.now() - wire * 1000 : Date.parse(wire);
    const inPlaylist = this.isLive || this.#held ? null : mediaTimeOf(this.#playlist, target);
    if (inPlaylist === null) this.#move(target);
    else this.#options.videoElement.currentTime = inPlaylist;
    this.report();
  }

  live() {
    this.#rate = 1;
    if (!this.isLive) this.#move(null);
  }

  /** @param {number} rate */
  speed(rate) {
    if (rate !== 0 && !(rate >= hlsRates[0] && rate <= hlsRates[hlsRates.length - 1])) {
      const message = `HLS does not play at a speed of ${rate}`;
      this.#options.emit('refused', new PlaybackError('unsupported', message));
      return;
    }
    this.#rate = rate;
    if (this.isLive && rate !== 1) {
      this.#from = this.#playingTime() ?? this.#options.now();
      this.#held = true;
      this.#options.emit('mode', { mode: 'dvr' });
    }
    if (this.#held && rate !== 0) this.#move(this.#from);
    else this.applyRate();
    this.report();
  }

  /** @param {1 | -1} frames */
  step(frames) {
    this.speed(0);
    this.#options.videoElement.currentTime += frames * frameSeconds;
    this.report();
  }

  /** The server has no such playlist: back to live. @param {number} status */
  refuse(status) {
    const message =
      status === 404 ? 'Nothing is recorded at this time' : `The server does not play recordings (${status})`;
    this.live();
    this.#options.emit('refused', new PlaybackError('server_error', message, status));
  }

  /** What is opened next begins where this playback was lost. */
  keepPlace() {
    if (!this.isLive) this.#from = this.#playingTime();
  }

  applyRate() {
    const video = this.#options.videoElement;
    if (this.#rate === 0) {
      video.pause();
      return;
    }
    video.playbackRate = this.#rate;
    startPlayback(video);
  }

  report() {
    const position = this.position;
    if (position) this.#options.emit('position', position);
  }

  /** @param {number | null} from Unix milliseconds of the recording, null: live */
  #move(from) {
    const moded = (from === null) !== this.isLive;
    this.#from = from;
    this.#held = false;
    this.#options.reload();
    if (moded) this.#options.emit('mode', { mode: this.isLive ? 'live' : 'dvr' });
  }

  get #playlist() {
    return this.#options.player()?.latestLevelDetails ?? null;
  }

  /** Unix milliseconds of the picture, from PROGRAM-DATE-TIME. */
  #playingTime() {
    const video = this.#options.videoElement;
    const native = /** @type {any} */ (video).getStartDate?.().getTime();
    const begun = native > 0 ? native + video.currentTime * 1000 : null;
    return this.#options.player()?.playingDate?.getTime() ?? begun ?? this.#from;
  }
}
