// What TypeScript cannot see by itself: the build copies hls.js to static/vendor, and browsers are ahead of lib.dom.
declare module '*/vendor/hls.mjs' {
  export { default } from 'hls.js';
}

/** Of clients/js/example, all that it needs. */
declare module 'react-dom/client' {
  export function createRoot(container: Element): { render(node: unknown): void; unmount(): void };
}

interface RTCRtpReceiver {
  /** Chromium's older name of jitterBufferTarget, in seconds. */
  playoutDelayHint?: number | null;
}

interface HTMLVideoElement {
  /** Safari on iPhone: the only way to full screen. */
  webkitEnterFullscreen?(): void;
}
