// What TypeScript cannot see by itself: the build copies hls.js to static/vendor, and browsers are ahead of lib.dom.
declare module '*/vendor/hls.mjs' {
  export { default } from 'hls.js';
}

interface RTCRtpReceiver {
  /** Chromium's older name of jitterBufferTarget, in seconds. */
  playoutDelayHint?: number | null;
}

interface HTMLVideoElement {
  /** Safari on iPhone: the only way to full screen. */
  webkitEnterFullscreen?(): void;
}
