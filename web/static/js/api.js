import { errorMessage, PlaybackError } from './playback-error.js';
import { ServerClock } from './server-clock.js';

/**
 * @typedef {object} Track
 * @property {'video' | 'audio'} kind
 * @property {string} codec "H264", "H265", "MPEG-4 Audio", "G711", "Opus", "M-JPEG", "G722", "LPCM"
 * @property {string} [profile]
 * @property {string} [level]
 * @property {string} [codecString] RFC 6381
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} [frameRate]
 * @property {number} [sampleRate]
 * @property {number} [channels]
 *
 * @typedef {object} Reader
 * @property {string} id
 * @property {string} type "webrtc", "hls", "rtsp"
 * @property {string} remote
 * @property {string} since RFC 3339
 * @property {number} bytesSent
 *
 * @typedef {object} Rendition a track that is made of one of the camera's
 * @property {string} name "H264", "H264 480p", "Opus", "MPEG-4 Audio"
 * @property {string} of the camera's codec
 * @property {boolean} running
 * @property {string} reason why it is not
 * @property {number} cpuSeconds processor time taken so far
 *
 * @typedef {object} Stream
 * @property {string} id
 * @property {string} source the camera's URL without its password
 * @property {string} substream the path with the camera's smaller stream; empty: none
 * @property {boolean} onDemand
 * @property {'stopped' | 'connecting' | 'online' | 'offline'} status
 * @property {boolean} available viewers get a stream, be it the camera's or the one of alwaysAvailable
 * @property {string} reason
 * @property {string} since RFC 3339: when the status began
 * @property {Track[]} tracks
 * @property {Rendition[]} renditions
 * @property {Reader[]} readers
 * @property {number} readerCount
 * @property {number} maxReaders 0: no limit
 * @property {number} inboundBytes
 * @property {number} inboundBitrate bits a second
 * @property {number} unitsDropped
 * @property {number} reconnects
 *
 * @typedef {object} RecordedPath
 * @property {string} name
 * @property {string} start RFC 3339
 * @property {string} end
 *
 * @typedef {object} Recorded what is recorded of a path in a range
 * @property {{start: string, end: string, codecs: string}[]} spans cut off at the range
 *
 * @typedef {object} RecordedSegment
 * @property {string} start RFC 3339
 * @property {string} end
 * @property {boolean} locked kept from retention
 *
 * @typedef {import('./timeline/spans.js').Span} Span
 *
 * @typedef {object} Health
 * @property {string} status
 * @property {string} [version]
 */

/** The root of the server that this script came from (…/static/js/api.js). */
export const serverRoot = new URL('../../', import.meta.url).href;

/** How long an answer of the API may take, in milliseconds. */
const apiTimeoutMs = 8_000;

/** As many files as the server tells of at a time. */
const segmentsAtOnce = 10_000;

/** Starting an on-demand camera is answered once it is online. */
const startTimeoutMs = 20_000;

/**
 * A path in a URL: its parts encoded, its slashes kept.
 *
 * @param {string} path "site/door 2"
 */
export function encodePath(path) {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** The HTTP API. Every method rejects with a PlaybackError. */
export class Api {
  #baseUrl;

  /** Set by every answer. */
  clock = new ServerClock();

  /** @param {string} [baseUrl] */
  constructor(baseUrl = serverRoot) {
    this.#baseUrl = baseUrl;
  }

  /** @returns {Promise<Stream[]>} */
  async streams() {
    return (await this.#request('GET', 'api/v1/streams')).streams;
  }

  /**
   * @param {string} id
   * @returns {Promise<Stream>}
   */
  stream(id) {
    return this.#request('GET', streamUrl(id));
  }

  /** @param {string} id */
  start(id) {
    return this.#request('POST', `${streamUrl(id)}/start`, startTimeoutMs);
  }

  /** @param {string} id */
  stop(id) {
    return this.#request('POST', `${streamUrl(id)}/stop`);
  }

  /** @returns {Promise<Health>} */
  health() {
    return this.#request('GET', 'health');
  }

  /**
   * Every path of which something is recorded. 503 where nothing is ever recorded.
   *
   * @returns {Promise<RecordedPath[]>}
   */
  recordings() {
    return this.#request('GET', 'api/v1/recordings');
  }

  /**
   * @param {string} id
   * @param {Span} range
   * @returns {Promise<Recorded>}
   */
  recorded(id, range) {
    return this.#request('GET', `${recordingsUrl(id)}?${rangeQuery(range)}`);
  }

  /**
   * @param {string} id
   * @param {Span} range
   * @returns {Promise<RecordedSegment[]>}
   */
  async segments(id, range) {
    const query = `${rangeQuery(range)}&limit=${segmentsAtOnce}`;
    /** @type {RecordedSegment[]} */
    const found = [];
    let more = '';
    do {
      const page = await this.#request('GET', `${recordingsUrl(id)}/segments?${query}${more}`);
      found.push(...page.segments);
      more = page.next ? `&next=${encodeURIComponent(page.next)}` : '';
    } while (more);
    return found;
  }

  /**
   * Keeps what is recorded in a range from retention, or no longer.
   *
   * @param {string} id
   * @param {Span} range
   * @param {boolean} locked
   */
  setLocked(id, range, locked) {
    return this.#request('POST', `${recordingsUrl(id)}/${locked ? 'lock' : 'unlock'}?${rangeQuery(range)}`);
  }

  /**
   * A small picture of a moment.
   *
   * @param {string} id
   * @param {number} time Unix milliseconds
   * @param {number} width pixels
   */
  previewUrl(id, time, width) {
    const query = `time=${new Date(time).toISOString()}&width=${width}`;
    return new URL(`${streamUrl(id)}/preview.jpg?${query}`, this.#baseUrl).href;
  }

  /**
   * A recording as one MP4 file.
   *
   * @param {string} id
   * @param {Span} range
   */
  clipUrl(id, { start, end }) {
    const query = new URLSearchParams({
      path: id,
      start: new Date(start).toISOString(),
      duration: ((end - start) / 1000).toFixed(3),
      format: 'mp4',
    });
    return new URL(`get?${query}`, this.#baseUrl).href;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {number} [timeoutMs]
   */
  async #request(method, path, timeoutMs = apiTimeoutMs) {
    const response = await fetch(new URL(path, this.#baseUrl), {
      method,
      cache: 'no-store',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(() => {
      throw new PlaybackError('unreachable', 'The server does not answer');
    });
    this.clock.observe(response.headers.get('Date'), Date.now());
    if (!response.ok) throw PlaybackError.fromStatus(response.status, await errorMessage(response));
    return response.json().catch(() => {
      throw new PlaybackError('server_error', 'The server gave an answer that is not JSON', response.status);
    });
  }
}

/** @param {string} id */
export function streamUrl(id) {
  return `api/v1/streams/${encodeURIComponent(id)}`;
}

/** @param {string} id */
function recordingsUrl(id) {
  return `api/v1/recordings/${encodeURIComponent(id)}`;
}

/** @param {Span} range */
function rangeQuery({ start, end }) {
  return `start=${new Date(start).toISOString()}&end=${new Date(end).toISOString()}`;
}
