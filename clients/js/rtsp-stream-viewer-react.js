import { createElement, useLayoutEffect, useRef } from 'react';

import './rtsp-stream-viewer.js';

/** @typedef {import('./types/rtsp-stream-viewer-react.d.ts').RTSPStreamViewerProps} RTSPStreamViewerProps */

/**
 * <rtsp-stream-viewer> as a React component.
 *
 * @param {RTSPStreamViewerProps} props
 */
export function RTSPStreamViewer({ serverUrl, streamId, rtspUrl, width, height, fps, format, autoStart = false, className, onFrame,
  onError, onStateChange, ...others }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useListener(element, 'frame', onFrame);
  useListener(element, 'error', onError);
  useListener(element, 'statechange', onStateChange);
  return createElement('rtsp-stream-viewer', {
    ...others,
    ref: element,
    class: className,
    'server-url': serverUrl,
    'stream-id': streamId,
    'rtsp-url': rtspUrl,
    width,
    height,
    fps,
    format,
    'auto-start': autoStart ? '' : undefined,
  });
}

export default RTSPStreamViewer;

/**
 * A new callback takes the place of the one before without a new listener: none is missed between the two.
 *
 * @param {{current: HTMLElement | null}} element
 * @param {string} event
 * @param {((detail: any) => void) | undefined} callback
 */
function useListener(element, event, callback) {
  const newest = useRef(callback);
  // Before the element's first event, which comes with the next microtask.
  useLayoutEffect(() => {
    newest.current = callback;
  });
  useLayoutEffect(() => {
    const target = element.current;
    const listener = (/** @type {Event} */ happened) => newest.current?.(/** @type {CustomEvent} */ (happened).detail);
    target?.addEventListener(event, listener);
    return () => target?.removeEventListener(event, listener);
  }, [element, event]);
}
