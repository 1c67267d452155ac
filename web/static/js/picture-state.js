import { elapsedLabel, sentence } from './format.js';

/**
 * What a page says instead of a picture.
 *
 * @typedef {object} PictureState
 * @property {'live' | 'recorded' | 'busy' | 'offline' | 'stopped' | 'error'} kind
 * @property {string} title
 * @property {string} detail
 * @property {string} icon
 * @property {'' | 'start' | 'retry'} action a button that helps
 * @property {boolean} [hidesPicture] nothing behind it is worth to be seen
 */

/**
 * Joins what the server knows of the camera with what this browser sees of it. Pictures that arrive are right
 * whatever the last answer of the API said, unless they may be those of alwaysAvailable: those say less.
 *
 * @param {import('./api.js').Stream | null} stream null: not known (yet)
 * @param {{state: import('./webrtc-engine.js').PlaybackState, reason: string, mode?: import('./position-clock.js').PlaybackMode}} playback
 * @param {number} now Unix time in milliseconds
 * @returns {PictureState}
 */
export function pictureState(stream, playback, now) {
  if (playback.state === 'live' && playback.mode === 'dvr')
    return { kind: 'recorded', title: 'Recorded', detail: '', icon: '', action: '' };
  const showsStandIn = stream?.status === 'offline' && stream.available;
  if (playback.state === 'live' && !showsStandIn)
    return { kind: 'live', title: 'Live', detail: '', icon: '', action: '' };
  if (playback.state === 'failed') {
    return {
      kind: 'error',
      title: 'Cannot play',
      detail: sentence(playback.reason),
      icon: 'alert',
      action: 'retry',
    };
  }
  if (stream?.status === 'offline') {
    const elapsed = elapsedLabel(stream.since, now);
    return {
      kind: 'offline',
      title: elapsed ? `Offline for ${elapsed}` : 'Offline',
      detail: sentence(stream.reason || playback.reason),
      icon: 'camera-off',
      action: '',
      hidesPicture: stream.available,
    };
  }
  if (stream?.status === 'stopped' && !stream.onDemand) {
    return {
      kind: 'stopped',
      title: 'Stopped',
      detail: sentence(stream.reason),
      icon: 'power',
      action: 'start',
    };
  }
  if (playback.state === 'stalled') {
    return {
      kind: 'busy',
      title: 'Waiting for the camera',
      detail: sentence(playback.reason),
      icon: '',
      action: '',
    };
  }
  if (playback.state === 'reconnecting') {
    return { kind: 'busy', title: 'Reconnecting', detail: sentence(playback.reason), icon: '', action: '' };
  }
  if (stream?.status === 'connecting') {
    return {
      kind: 'busy',
      title: 'Connecting to the camera',
      detail: sentence(stream.reason),
      icon: '',
      action: '',
    };
  }
  const waking = stream?.status === 'stopped';
  return {
    kind: 'busy',
    title: waking ? 'Starting the camera' : 'Connecting',
    detail: '',
    icon: '',
    action: '',
  };
}

/**
 * @param {HTMLElement} overlay has .overlay-icon, .overlay-title, .overlay-detail and button.overlay-action
 * @param {PictureState} state
 * @param {(element: HTMLElement, name: string) => void} setIcon
 */
export function showPictureState(overlay, state, setIcon) {
  const [mark, title, detail, action] = [
    '.overlay-icon',
    '.overlay-title',
    '.overlay-detail',
    '.overlay-action',
  ].map((selector) => /** @type {HTMLElement} */ (overlay.querySelector(selector)));
  overlay.hidden = state.kind === 'live' || state.kind === 'recorded';
  if (overlay.dataset.kind !== state.kind) overlay.dataset.kind = state.kind;
  overlay.classList.toggle('opaque', state.hidesPicture === true);
  mark.classList.toggle('spinner', state.kind === 'busy');
  if (state.icon) setIcon(mark, state.icon);
  else mark.replaceChildren();
  if (title.textContent !== state.title) title.textContent = state.title;
  if (detail.textContent !== state.detail) detail.textContent = state.detail;
  detail.title = state.detail;
  action.hidden = state.action === '';
  action.textContent = state.action === 'start' ? 'Start camera' : 'Try again';
}
