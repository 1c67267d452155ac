import { errorMessage, PlaybackError } from './playback-error.js';

/** Beyond this the browser's own download takes over: it writes to the disk, a page holds it in memory first. */
const largestInPage = 512e6;

/** What has arrived is handed over in pieces of this size, so that the browser may put it on the disk. */
const pieceBytes = 8e6;

/** A connection that broke is taken up where it ended, so many times. */
const resumptions = 3;

/**
 * @typedef {object} Progress
 * @property {number} received bytes
 * @property {number | null} total bytes, where the server tells
 */

/** The clip is too large for a page. */
export class TooLarge extends Error {}

/**
 * Downloads a clip.
 *
 * @param {string} url
 * @param {object} options
 * @param {AbortSignal} options.signal
 * @param {(progress: Progress) => void} options.onProgress
 * @returns {Promise<Blob>} rejects with a PlaybackError for a refusal or a loss, with TooLarge, and with what the signal says
 */
export async function downloadClip(url, { signal, onProgress }) {
  const download = new Download(url, signal, onProgress);
  for (let attempt = 0; ; attempt += 1) {
    try {
      await download.run();
      return download.blob;
    } catch (error) {
      const lost = error instanceof TypeError || /** @type {Error} */ (error).name === 'NetworkError';
      if (signal.aborted || !lost) throw error;
      if (attempt === resumptions) throw new PlaybackError('unreachable', 'The connection to the server was lost');
    }
  }
}

class Download {
  #url;
  #signal;
  #onProgress;
  /** @type {Blob[]} */
  #pieces = [];
  /** @type {Uint8Array[]} */
  #chunks = [];
  #chunkBytes = 0;
  #received = 0;
  #etag = '';

  /**
   * @param {string} url
   * @param {AbortSignal} signal
   * @param {(progress: Progress) => void} onProgress
   */
  constructor(url, signal, onProgress) {
    this.#url = url;
    this.#signal = signal;
    this.#onProgress = onProgress;
  }

  get blob() {
    this.#settle();
    return new Blob(this.#pieces, { type: 'video/mp4' });
  }

  async run() {
    /** @type {Record<string, string>} */
    const headers = {};
    if (this.#received > 0 && this.#etag) {
      headers.Range = `bytes=${this.#received}-`;
      headers['If-Range'] = this.#etag;
    }
    const response = await fetch(this.#url, { headers, signal: this.#signal });
    if (!response.ok || !response.body)
      throw PlaybackError.fromStatus(response.status, (await errorMessage(response)) || 'The clip cannot be loaded');
    if (response.status !== 206) this.#restart();
    const length = Number(response.headers.get('Content-Length'));
    const total = length > 0 ? this.#received + length : null;
    if ((total ?? 0) > largestInPage) throw new TooLarge();
    this.#etag = response.headers.get('ETag') ?? '';
    this.#onProgress({ received: this.#received, total });
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      // A body may end, and say no more, because it was cancelled.
      if (done) return this.#signal.throwIfAborted();
      this.#take(value);
      this.#onProgress({ received: this.#received, total });
    }
  }

  /** @param {Uint8Array} chunk */
  #take(chunk) {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
    this.#received += chunk.length;
    if (this.#chunkBytes >= pieceBytes) this.#settle();
  }

  #settle() {
    this.#pieces.push(new Blob(/** @type {BlobPart[]} */ (this.#chunks)));
    this.#chunks = [];
    this.#chunkBytes = 0;
  }

  #restart() {
    this.#pieces = [];
    this.#chunks = [];
    this.#chunkBytes = 0;
    this.#received = 0;
  }
}
