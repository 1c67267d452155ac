/**
 * Seconds of what arrives at a time.
 *
 * @param {import('hls.js').LevelDetails} playlist
 */
export function stepOf({ partTarget, targetduration }) {
  return partTarget || targetduration;
}

/**
 * Seconds that can be played without a gap.
 *
 * @param {HTMLVideoElement} video
 */
export function bufferedAhead({ buffered, currentTime }) {
  for (let i = 0; i < buffered.length; i += 1)
    if (buffered.start(i) <= currentTime && currentTime <= buffered.end(i)) return buffered.end(i) - currentTime;
  return 0;
}

/** @param {string} codec RFC 6381 */
export function videoCodecName(codec) {
  if (/^avc/.test(codec)) return 'H264';
  if (/^(hvc|hev)/.test(codec)) return 'H265';
  return codec.split('.')[0];
}

/** @param {string} codec RFC 6381 */
export function audioCodecName(codec) {
  return /^mp4a/.test(codec) ? 'AAC' : codec.split('.')[0];
}

/**
 * Where in a playlist a moment is.
 *
 * @param {{fragments: {start: number, duration: number, programDateTime: number | null}[]} | null} playlist
 * @param {number} time Unix milliseconds
 * @returns {number | null} media time in seconds; in a gap: where the next recording begins; null: not in this playlist
 */
export function mediaTimeOf(playlist, time) {
  const first = playlist?.fragments[0]?.programDateTime ?? null;
  if (!playlist || first === null || time < first) return null;
  for (const { start, duration, programDateTime } of playlist.fragments) {
    if (programDateTime === null || time >= programDateTime + duration * 1000) continue;
    return start + Math.max(0, time - programDateTime) / 1000;
  }
  return null;
}
