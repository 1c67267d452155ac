/**
 * @typedef {'not-configured' | 'refused' | 'unreachable' | 'protocol'} RillErrorCode
 *   not-configured: the server has no such path, which ends the attempts; refused: the server's own words, with its HTTP status;
 *   unreachable: no server, or the connection was lost; protocol: what came is no frame
 */

export class RillError extends Error {
  /**
   * @param {RillErrorCode} code
   * @param {string} message
   * @param {number} [status] HTTP status, where there was one
   */
  constructor(code, message, status) {
    super(message);
    this.name = 'RillError';
    this.code = code;
    this.status = status;
  }
}
