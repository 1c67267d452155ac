import { createElement, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { RTSPStreamViewer } from '../rtsp-stream-viewer-react.js';

/** @typedef {import('../frame.js').Frame} Frame */

/** @param {{serverUrl: string, streamId: string}} props */
function Camera({ serverUrl, streamId }) {
  const [frame, setFrame] = useState(/** @type {Frame | null} */ (null));
  const viewer = createElement(RTSPStreamViewer, { serverUrl, streamId, width: 640, height: 360, autoStart: true, onFrame: setFrame });
  return createElement('div', { className: 'pair' }, viewer, createElement(Facts, { frame }));
}

/** @param {{frame: Frame | null}} props */
function Facts({ frame }) {
  const facts = Object.entries({
    Picture: frame ? `${frame.width} × ${frame.height}` : '–',
    Sequence: frame?.sequence ?? '–',
    Captured: frame?.captured.toISOString().slice(11, 23) ?? '–',
    Size: frame ? `${Math.round(frame.data.length / 1024)} KiB, ${frame.format}` : '–',
  });
  return createElement('dl', null, facts.flatMap(([name, value]) =>
    [createElement('dt', { key: name }, name), createElement('dd', { key: `${name} value` }, value)]));
}

/**
 * @param {HTMLElement} place
 * @param {string} serverUrl
 * @param {string} streamId
 */
export function showInReact(place, serverUrl, streamId) {
  createRoot(place).render(createElement(Camera, { serverUrl, streamId }));
}
