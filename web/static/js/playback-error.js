/**
 * Why there is no picture.
 *
 * @typedef {'offline' | 'no_common_codec' | 'unauthorized' | 'bad_request' | 'server_error' | 'unreachable'
 *   | 'timeout' | 'closed' | 'ice_failed' | 'stalled' | 'undecodable' | 'unsupported'} PlaybackErrorCode
 */

/** Trying again does not help with these. @type {ReadonlySet<PlaybackErrorCode>} */
const permanentCodes = new Set([
  'no_common_codec',
  'unauthorized',
  'bad_request',
  'undecodable',
  'unsupported',
]);

export class PlaybackError extends Error {
  /**
   * @param {PlaybackErrorCode} code
   * @param {string} message for people
   * @param {number} [status] the server's HTTP status, where it gave one
   */
  constructor(code, message, status) {
    super(message);
    this.name = 'PlaybackError';
    this.code = code;
    this.status = status;
  }

  get permanent() {
    return permanentCodes.has(this.code);
  }

  /**
   * @param {number} status HTTP status, or the `code` of a signalling error
   * @param {string} [message] the server's words
   */
  static fromStatus(status, message) {
    const [code, fallback] = describeStatus(status);
    return new PlaybackError(code, message || fallback, status);
  }
}

/**
 * @param {number} status
 * @returns {[PlaybackErrorCode, string]}
 */
function describeStatus(status) {
  if (status === 404) return ['offline', 'The camera is offline'];
  if (status === 406) return ['no_common_codec', 'This browser cannot play the codec of this camera'];
  if (status === 401 || status === 403) return ['unauthorized', 'You are not allowed to watch this camera'];
  if (status === 408 || status === 504) return ['timeout', 'The server took too long to answer'];
  // 409 and 429 pass (too many viewers); other 4xx say that this request is wrong for good.
  if (status >= 400 && status < 500 && status !== 409 && status !== 429) {
    return ['bad_request', `The server refused the request (${status})`];
  }
  return ['server_error', `The server could not start the stream (${status})`];
}

/**
 * The message of an error answer `{"status":"error","error":"…"}`; empty if the body is something else.
 *
 * @param {Response} response
 */
export async function errorMessage(response) {
  try {
    const body = await response.json();
    return typeof body.error === 'string' ? body.error : '';
  } catch {
    return '';
  }
}
