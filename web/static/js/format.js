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
