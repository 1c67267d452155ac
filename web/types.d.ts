// What TypeScript cannot see by itself: the build copies hls.js to static/vendor, and browsers are ahead of lib.dom.
declare module '*/vendor/hls.mjs' {
  export { default } from 'hls.js';
}

/** Of clients/js/example, all that it needs. */
declare module 'react-dom/client' {
  export function createRoot(container: Element): { render(node: unknown): void; unmount(): void };
}

/** Of swagger-ui-dist, which the build copies to static/vendor; all that the page needs. */
declare const SwaggerUIBundle: ((options: {
  domNode: Element;
  url: string;
  deepLinking: boolean;
  docExpansion: 'list' | 'full' | 'none';
  defaultModelsExpandDepth: number;
  filter: boolean;
  validatorUrl: null;
  requestInterceptor: (request: { url: string }) => { url: string };
}) => unknown) | undefined;

interface RTCRtpReceiver {
  /** Chromium's older name of jitterBufferTarget, in seconds. */
  playoutDelayHint?: number | null;
}

interface HTMLVideoElement {
  /** Safari on iPhone: the only way to full screen. */
  webkitEnterFullscreen?(): void;
}
