import { Api } from './api.js';
import { choiceGroup, find, setText } from './dom.js';
import { showFacts } from './facts.js';
import { bitrateLabel, codecLabel, durationLabel, elapsedLabel, sentence, trackDetail } from './format.js';
import { drawIcons, setIcon } from './icons.js';
import { leadToLogin } from './login-target.js';
import { pictureState, showPictureState } from './picture-state.js';
import { Player } from './player.js';
import { loadPreference, storePreference } from './preferences.js';
import { RenditionFacts } from './rendition-facts.js';
import { saveSnapshot } from './snapshot.js';
import { Sparkline } from './sparkline.js';
import { themeButton } from './theme.js';
import { showPlayButton } from './transport.js';
import { ViewerDvr } from './viewer-dvr.js';

const pollMs = 2_000;
const idleMs = 3_000;

const streamId = streamOfAddress(window.location);
const api = new Api();
const stage = find(document, '#stage');
const video = /** @type {HTMLVideoElement} */ (find(document, '#video'));
const overlay = find(document, '#overlay');
const mute = /** @type {HTMLButtonElement} */ (find(document, '#mute'));
const renditionFacts = new RenditionFacts();
const sparkline = new Sparkline(/** @type {Element} */ (document.querySelector('#sparkline')));
const mode =
  modeOfAddress() ??
  /** @type {import('./player.js').PlayerMode} */ (loadPreference('mode', ['auto', 'webrtc', 'hls']));
const player = new Player({ streamId, videoElement: video, mode, api });
const dvr = new ViewerDvr({ api, player, streamId, toggle: togglePlay, onChange: renderDvr });

/** @type {import('./api.js').Stream | null} */
let stream = null;
/** @type {{state: import('./webrtc-engine.js').PlaybackState, reason: string}} */
let playback = { state: 'idle', reason: '' };
let hasAudio = false;
let soundWanted = false;

/**
 * `/viewer.html?stream=cam1`, or the path's own page `/cam1/`.
 *
 * @param {Location} location
 */
function streamOfAddress({ search, pathname }) {
  const named = new URLSearchParams(search).get('stream');
  return named ?? pathname.split('/').filter(Boolean).map(decodeURIComponent).join('/');
}

/** `?mode=hls` opens with this protocol once, without remembering it. */
function modeOfAddress() {
  const value = new URLSearchParams(window.location.search).get('mode');
  return value === 'auto' || value === 'webrtc' || value === 'hls' ? value : null;
}

/** `?time=` opens at a moment of the recordings, RFC 3339 or seconds ago. */
function timeOfAddress() {
  const value = new URLSearchParams(window.location.search).get('time') ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : null;
  return seconds ?? (Number.isNaN(Date.parse(value)) ? null : new Date(value));
}

function renderState() {
  const mode = player.position?.mode ?? 'live';
  const state = pictureState(stream, { ...playback, mode }, Date.now());
  showPictureState(overlay, state, setIcon);
  const status = find(document, '#status');
  status.dataset.kind = state.kind;
  setText(status, state.title);
  if (playback.state !== 'live' || mode !== 'live') setText(find(document, '#latency'), '');
  /** @type {HTMLButtonElement} */ (find(document, '#snapshot')).disabled = video.videoWidth === 0;
  /** @type {HTMLButtonElement} */ (find(document, '#pip')).disabled =
    !document.pictureInPictureEnabled || video.videoWidth === 0;
  renderSound();
}

function renderSound() {
  const live = playback.state === 'live';
  setIcon(mute, video.muted ? 'volume-off' : 'volume');
  mute.disabled = !hasAudio;
  mute.title = !hasAudio ? 'No sound' : video.muted ? 'Turn sound on (M)' : 'Turn sound off (M)';
  mute.setAttribute('aria-label', mute.title);
  find(document, '#unmute-hint').hidden = !(live && hasAudio && video.muted && !soundWanted);
  const audioTrack = stream?.tracks.find(({ kind }) => kind === 'audio');
  const silent = live && !hasAudio && audioTrack !== undefined && player.protocol === 'webrtc';
  const note = find(document, '#audio-note');
  note.hidden = !silent;
  if (silent)
    setText(
      note,
      `The camera's ${codecLabel(audioTrack.codec)} sound does not pass through WebRTC. Choose HLS to hear it.`,
    );
}

function renderPlayButton() {
  const labels = dvr.available
    ? { play: 'Play (K)', pause: 'Pause (K)' }
    : { play: 'Continue live (K)', pause: 'Hold the picture (K)' };
  showPlayButton(find(document, '#play'), dvr.isLive ? video.paused : dvr.paused, labels);
}

function renderDvr() {
  renderState();
  renderPlayButton();
}

/** @param {import('./receiver-stats.js').PlaybackStats} stats */
function renderStats(stats) {
  const webrtc = player.protocol === 'webrtc';
  const live = playback.state === 'live' && dvr.isLive;
  setText(
    find(document, '#latency'),
    live && stats.latencyMs !== null ? `${durationLabel(stats.latencyMs)} behind` : '',
  );
  find(document, '#playback-card').hidden = false;
  sparkline.add(stats.bitrate);
  showFacts(find(document, '#playback-stats'), [
    ['Protocol', webrtc ? 'WebRTC' : 'HLS'],
    ['Video', stats.codec && codecLabel(stats.codec)],
    ['Audio', stats.audioCodec && hasAudio ? codecLabel(stats.audioCodec) : ''],
    ['Resolution', stats.width ? `${stats.width} × ${stats.height}` : ''],
    ['Frame rate', `${Math.round(stats.fps)} fps`],
    ['Bitrate', bitrateLabel(stats.bitrate)],
    ['Latency', durationLabel(stats.latencyMs)],
    ['Round trip', webrtc ? durationLabel(stats.rttMs) : ''],
    [webrtc ? 'Jitter buffer' : 'Buffer', durationLabel(stats.jitterBufferMs)],
    ['Packets lost', webrtc ? `${stats.packetsLost} (${(stats.lossRatio * 100).toFixed(1)} %)` : ''],
    ['Frames dropped', String(stats.framesDropped)],
    ['Freezes', webrtc ? String(stats.freezeCount) : ''],
  ]);
}

function renderCamera() {
  if (!stream) return;
  const { source, status, since, tracks, renditions, readerCount, maxReaders, inboundBitrate, reconnects } = stream;
  const elapsed = elapsedLabel(since, Date.now());
  /** @type {[string, string][]} */
  const trackFacts = tracks.map((track) => [
    track.kind === 'video' ? 'Video' : 'Audio',
    [codecLabel(track.codec), track.profile, trackDetail(track)].filter(Boolean).join(', '),
  ]);
  showFacts(find(document, '#camera-facts'), [
    ['Status', elapsed ? `${sentence(status)} for ${elapsed}` : sentence(status)],
    ...trackFacts,
    ...renditionFacts.list(renditions, performance.now()),
    ['Incoming', status === 'online' ? bitrateLabel(inboundBitrate) : ''],
    ['Readers', maxReaders ? `${readerCount} of ${maxReaders}` : String(readerCount)],
    ['Reconnects', String(reconnects)],
    ['Source', source],
  ]);
}

async function poll() {
  if (!document.hidden) {
    try {
      const before = stream?.status;
      stream = await api.stream(streamId);
      // The back-off may have grown long while the camera was away.
      const returned = before !== undefined && before !== 'online' && stream.status === 'online';
      if (returned && playback.state === 'reconnecting') reconnect();
    } catch (error) {
      if (leadToLogin(error)) return;
      // The player's own state tells what else is wrong.
    }
    renderCamera();
    renderState();
  }
  setTimeout(poll, pollMs);
}

function reconnect() {
  player.disconnect();
  player.connect();
}

async function help() {
  if (stream?.status === 'stopped') await api.start(streamId).catch(() => {});
  reconnect();
}

function togglePlay() {
  if (dvr.available && (!dvr.isLive || !video.paused)) {
    dvr.toggle();
    return;
  }
  if (!video.paused) {
    video.pause();
    return;
  }
  player.seekToLive();
  video.play().catch(() => {});
}

function toggleMute() {
  if (!hasAudio) return;
  video.muted = !video.muted;
  soundWanted = true;
}

function toggleFullscreen() {
  if (document.fullscreenElement) void document.exitFullscreen();
  else if (stage.requestFullscreen) stage.requestFullscreen().catch(() => {});
  else video.webkitEnterFullscreen?.();
}

function togglePictureInPicture() {
  if (document.pictureInPictureElement) void document.exitPictureInPicture();
  else if (video.videoWidth) video.requestPictureInPicture().catch(() => {});
}

function snapshot() {
  if (video.videoWidth) void saveSnapshot(video, streamId, dvr.time);
}

/** Controls over a full-screen picture go away while the pointer rests. */
function hideControlsWhenIdle() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const wake = () => {
    stage.classList.remove('idle');
    clearTimeout(timer);
    timer = setTimeout(() => stage.classList.add('idle'), idleMs);
  };
  for (const event of ['pointermove', 'pointerdown', 'keydown', 'fullscreenchange'])
    stage.addEventListener(event, wake);
}

/** @type {Record<string, () => void>} */
const shortcuts = {
  k: togglePlay,
  m: toggleMute,
  f: toggleFullscreen,
  p: togglePictureInPicture,
  s: snapshot,
};

document.title = `${streamId} – Rill`;
setText(find(document, '#name'), streamId);
drawIcons(document);
themeButton(find(document, '#theme'));
choiceGroup(find(document, '#mode'), mode, (value) => {
  storePreference('mode', value);
  player.setMode(/** @type {import('./player.js').PlayerMode} */ (value));
});
hideControlsWhenIdle();
renderPlayButton();

find(document, '#play').addEventListener('click', togglePlay);
mute.addEventListener('click', toggleMute);
find(document, '#unmute-hint').addEventListener('click', toggleMute);
find(document, '#fullscreen').addEventListener('click', toggleFullscreen);
find(document, '#pip').addEventListener('click', togglePictureInPicture);
find(document, '#snapshot').addEventListener('click', snapshot);
find(overlay, '.overlay-action').addEventListener('click', help);
video.addEventListener('dblclick', toggleFullscreen);
video.addEventListener('volumechange', renderSound);
video.addEventListener('play', renderPlayButton);
video.addEventListener('pause', renderPlayButton);
video.addEventListener('resize', renderState);
document.addEventListener('fullscreenchange', () => {
  setIcon(find(document, '#fullscreen'), document.fullscreenElement ? 'shrink' : 'expand');
});
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (typing && event.key !== 'Escape') return;
  if (dvr.key(event)) return;
  shortcuts[event.key.toLowerCase()]?.();
});
window.addEventListener('pagehide', () => player.disconnect());
window.addEventListener('pageshow', (event) => {
  if (event.persisted) player.connect();
});

player
  .on('state', (now) => {
    playback = now;
    renderState();
  })
  .on('protocol', ({ reason }) => {
    sparkline.clear();
    const note = find(document, '#protocol-note');
    note.hidden = reason === '';
    setText(note, reason && `Playing over HLS, because over WebRTC: ${reason}`);
  })
  .on('connected', (session) => {
    hasAudio = session.hasAudio;
    renderSound();
  })
  .on('mode', renderDvr)
  .on('stats', renderStats);
const opening = timeOfAddress();
// Seconds ago are the server's: what time it is there, an answer tells.
if (typeof opening === 'number') await api.stream(streamId).catch(() => {});
if (opening !== null) player.seek(opening);
player.connect();
void poll();
