/**
 * What the viewer sees, once a second.
 *
 * @typedef {object} PlaybackStats
 * @property {string} state of the engine
 * @property {string} codec "H264", "H265", "VP8"; empty until known
 * @property {string} audioCodec "opus", "PCMU"; empty without audio
 * @property {number} width
 * @property {number} height
 * @property {number} fps frames shown a second
 * @property {number} bitrate bits a second, audio and video
 * @property {number | null} rttMs
 * @property {number | null} jitterBufferMs how long media waits here for its turn
 * @property {number} framesDropped
 * @property {number} freezeCount
 * @property {number} packetsLost
 * @property {number} lossRatio 0…1 of the last second
 * @property {number | null} latencyMs from the server's clock where it is known, else an estimate of the network and buffers
 * @property {number} audioEnergy grows while there is sound
 */

/** Between the NTP epoch (1900) and the Unix epoch. */
const ntpToUnixMs = 2_208_988_800_000;

/** A latency beyond this comes from clocks that disagree. */
const plausibleLatencyMs = 10_000;

/** Reads RTCStatsReports; rates are those between two calls. */
export class ReceiverStats {
  /** @type {Counters | null} */
  #last = null;

  /** Bytes of media that have arrived so far, and video frames that were decoded. */
  progress = { bytes: 0, frames: 0 };

  /**
   * @param {Iterable<any>} entries the values of a report
   * @param {number} nowMs Unix time
   * @returns {Omit<PlaybackStats, 'state'>}
   */
  read(entries, nowMs) {
    const byId = new Map([...entries].map((entry) => [entry.id, entry]));
    const all = [...byId.values()];
    const video = all.find((entry) => entry.type === 'inbound-rtp' && entry.kind === 'video');
    const audio = all.find((entry) => entry.type === 'inbound-rtp' && entry.kind === 'audio');
    const transport = all.find((entry) => entry.type === 'transport');
    const pair = byId.get(transport?.selectedCandidatePairId) ?? all.find((entry) => entry.nominated);

    const now = countersOf(video, audio, nowMs);
    const last = this.#last ?? now;
    this.#last = now;
    this.progress = { bytes: now.bytes, frames: now.frames };

    const seconds = (now.at - last.at) / 1000;
    const rttMs = pair?.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000;
    const jitterBufferMs = meanMs(now.bufferDelay - last.bufferDelay, now.buffered - last.buffered);
    const processingMs = meanMs(now.processingDelay - last.processingDelay, now.frames - last.frames);
    const lost = Math.max(0, now.lost - last.lost);
    const received = now.received - last.received;
    return {
      codec: codecName(byId.get(video?.codecId)),
      audioCodec: codecName(byId.get(audio?.codecId)),
      width: video?.frameWidth ?? 0,
      height: video?.frameHeight ?? 0,
      fps: seconds > 0 ? Math.max(0, (now.frames - last.frames) / seconds) : 0,
      bitrate: seconds > 0 ? Math.max(0, ((now.bytes - last.bytes) * 8) / seconds) : 0,
      rttMs,
      jitterBufferMs,
      framesDropped: video?.framesDropped ?? 0,
      freezeCount: video?.freezeCount ?? 0,
      packetsLost: now.lost,
      lossRatio: received + lost > 0 ? lost / (received + lost) : 0,
      latencyMs: latency(video, nowMs, rttMs, processingMs ?? jitterBufferMs),
      audioEnergy: audio?.totalAudioEnergy ?? 0,
    };
  }
}

/**
 * @typedef {{at: number, bytes: number, frames: number, lost: number, received: number, bufferDelay: number,
 *   buffered: number, processingDelay: number}} Counters
 */

/**
 * @param {any} video
 * @param {any} audio
 * @param {number} at
 * @returns {Counters}
 */
function countersOf(video, audio, at) {
  return {
    at,
    bytes: (video?.bytesReceived ?? 0) + (audio?.bytesReceived ?? 0),
    frames: video?.framesDecoded ?? 0,
    lost: (video?.packetsLost ?? 0) + (audio?.packetsLost ?? 0),
    received: (video?.packetsReceived ?? 0) + (audio?.packetsReceived ?? 0),
    bufferDelay: (video ?? audio)?.jitterBufferDelay ?? 0,
    buffered: (video ?? audio)?.jitterBufferEmittedCount ?? 0,
    processingDelay: video?.totalProcessingDelay ?? 0,
  };
}

/**
 * @param {number} seconds
 * @param {number} count
 */
function meanMs(seconds, count) {
  return count > 0 ? (seconds / count) * 1000 : null;
}

/** @param {{mimeType: string} | undefined} codec */
function codecName(codec) {
  return codec?.mimeType.split('/')[1] ?? '';
}

/**
 * @param {any} video
 * @param {number} nowMs
 * @param {number | null} rttMs
 * @param {number | null} localMs time spent in this browser
 */
function latency(video, nowMs, rttMs, localMs) {
  const playout = video?.estimatedPlayoutTimestamp;
  if (playout) {
    // The specification says NTP time; some browsers give Unix time.
    const measured = nowMs - (playout > ntpToUnixMs ? playout - ntpToUnixMs : playout);
    if (measured >= 0 && measured < plausibleLatencyMs) return measured;
  }
  return rttMs === null || localMs === null ? null : rttMs / 2 + localMs;
}
