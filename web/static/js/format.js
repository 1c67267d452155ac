/** @type {Record<string, string>} */
const codecLabels = {
  H264: 'H.264',
  H265: 'H.265',
  'MPEG-4 Audio': 'AAC',
  MPEG4AUDIO: 'AAC',
  G711: 'G.711',
  PCMU: 'G.711 µ-law',
  PCMA: 'G.711 A-law',
  OPUS: 'Opus',
};

/** @param {string} codec as the API or the browser names it */
export function codecLabel(codec) {
  return codecLabels[codec] ?? codecLabels[codec.toUpperCase()] ?? codec;
}

/** @param {number} bitsPerSecond */
export function bitrateLabel(bitsPerSecond) {
  if (bitsPerSecond >= 1e6) return `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
  return `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}

/** @param {number | null} milliseconds */
export function durationLabel(milliseconds) {
  if (milliseconds === null) return '–';
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

/**
 * @param {string} since RFC 3339
 * @param {number} now Unix time in milliseconds
 * @returns {string} "3 min", "2 days"; empty if unknown
 */
export function elapsedLabel(since, now) {
  const seconds = Math.floor((now - Date.parse(since)) / 1000);
  if (!(seconds >= 0)) return '';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/**
 * @param {import('./api.js').Track} track
 * @returns {string} "1280 × 720, 25 fps", "48 kHz, stereo"
 */
export function trackDetail(track) {
  const parts = [];
  if (track.width && track.height) parts.push(`${track.width} × ${track.height}`);
  if (track.frameRate) parts.push(`${Number(track.frameRate.toFixed(2))} fps`);
  if (track.sampleRate) parts.push(`${track.sampleRate / 1000} kHz`);
  if (track.channels)
    parts.push(
      track.channels === 1 ? 'mono' : track.channels === 2 ? 'stereo' : `${track.channels} channels`,
    );
  return parts.join(', ');
}

/**
 * What is known of a stream, in a few words each.
 *
 * @param {import('./api.js').Track[]} tracks
 * @returns {string[]} ["H.264", "720p25", "AAC"]
 */
export function trackChips(tracks) {
  const chips = [];
  for (const track of tracks) {
    chips.push(codecLabel(track.codec));
    if (track.height) chips.push(`${track.height}p${track.frameRate ? Math.round(track.frameRate) : ''}`);
  }
  return chips;
}

/** @param {string} reason a server's words, as a sentence of a page */
export function sentence(reason) {
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** @param {number} time Unix milliseconds @returns {string} "14:05:30", local */
export function clockLabel(time) {
  return clock.format(time);
}

/** @param {number} time Unix milliseconds @returns {string} "Sat 21 Nov", local */
export function dayLabel(time) {
  return calendar.format(time);
}

/** @param {number} time Unix milliseconds @returns {string} "Saturday 21 November 2026 at 14:05:30", local */
export function wholeTimeLabel(time) {
  return whole.format(time);
}

/** @param {number} time Unix milliseconds @returns {string} "2026-11-21T14:05:30", local, as <input type="datetime-local"> has it */
export function localValue(time) {
  const date = new Date(time);
  return new Date(time - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/**
 * @param {number} milliseconds
 * @returns {string} "42 s", "1:05 min", "2:00:09 h"
 */
export function lengthLabel(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)} min`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)} h`;
}

/** @param {number} bytes @returns {string} "12.4 MB" */
export function bytesLabel(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(2)} GB`;
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e3)} kB`;
}

/** @param {number} rate @returns {string} "½×", "−4×" */
export function rateLabel(rate) {
  const size = { 0.25: '¼', 0.5: '½' }[Math.abs(rate)] ?? String(Math.abs(rate));
  return `${rate < 0 ? '−' : ''}${size}×`;
}
