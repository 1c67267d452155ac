// What HlsEngine needs of an iPhone, for tests in Node: a video element that plays HLS by itself, and no Media Source for hls.js.
import { register } from 'node:module';

const hls = new URL('../../web/node_modules/hls.js/dist/hls.mjs', import.meta.url).href;
const hook = `export const resolve = (name, context, next) => next(name.endsWith('/vendor/hls.mjs') ? '${hls}' : name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

/** It loads nothing: the test says what happens, by events. */
export class NativeVideo extends EventTarget {
  /** @type {any} */ srcObject = null;
  src = '';
  muted = true;
  paused = true;
  currentTime = 0;
  playbackRate = 1;
  buffered = /** @type {any[]} */ ([]);

  canPlayType() {
    return 'maybe';
  }
  getVideoPlaybackQuality() {
    return { totalVideoFrames: 0, droppedVideoFrames: 0 };
  }
  hasAttribute() {
    return this.src !== '';
  }
  removeAttribute() {
    this.src = '';
  }
  load() {}
  pause() {
    this.paused = true;
  }
  async play() {
    this.paused = false;
  }
  /** Where the playlist that it plays begins, Unix milliseconds; NaN: it is the live one. */
  get start() {
    return Date.parse(this.src && (new URL(this.src).searchParams.get('start') ?? ''));
  }
}

/** @returns {HTMLVideoElement & NativeVideo} */
export function nativeVideo() {
  return /** @type {any} */ (new NativeVideo());
}
