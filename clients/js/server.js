import { RillError } from './errors.js';

/** As long as an on-demand camera may take. */
const answerTimeoutMs = 15_000;

/** One stream in the server's HTTP API. */
export class StreamEndpoint {
  #secure;
  #root;
  #streamId;

  /**
   * @param {string} serverUrl http, https, ws or wss; relative to the page where there is one
   * @param {string} streamId
   */
  constructor(serverUrl, streamId) {
    const url = new URL(serverUrl, globalThis.location?.href);
    if (!/^(https?|wss?):$/.test(url.protocol)) throw new TypeError(`'${serverUrl}' is no URL of a server`);
    if (!streamId) throw new TypeError('The stream has no name');
    this.#root = `${url.host}${url.pathname.replace(/\/+$/, '')}`;
    this.#secure = /^(https|wss):$/.test(url.protocol) ? 's' : '';
    this.#streamId = streamId;
  }

  /**
   * @param {string} [action] "frames", "snapshot.jpg"
   * @param {Record<string, string | number | undefined>} [query] what is undefined is left out
   * @param {'http' | 'ws'} [scheme]
   */
  url(action = '', query = {}, scheme = 'http') {
    const id = this.#streamId.split('/').map(encodeURIComponent).join('/');
    const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
    const search = given.length > 0 ? `?${new URLSearchParams(given)}` : '';
    return `${scheme}${this.#secure}://${this.#root}/api/v1/streams/${id}${action && `/${action}`}${search}`;
  }

  /** @returns {Promise<Record<string, any>>} the stream's state. Rejects with RillError. */
  status() {
    return this.#request('GET', '');
  }

  /**
   * Sees to it that the path exists. Today that is for the configuration to do, and `source` is for the day on which
   * POST /api/v1/streams makes paths.
   *
   * @param {string | undefined} source
   */
  async ensure(source) {
    void source;
    await this.status();
  }

  /** @param {'start' | 'stop'} action */
  async tell(action) {
    await this.#request('POST', action);
  }

  /**
   * @param {'GET' | 'POST'} method
   * @param {string} action
   */
  async #request(method, action) {
    const response = await fetch(this.url(action), { method, signal: AbortSignal.timeout(answerTimeoutMs) }).catch(() => {
      throw new RillError('unreachable', 'The server does not answer');
    });
    const body = await response.json().catch(() => null);
    if (response.ok && body) return body;
    if (response.status === 404)
      throw new RillError('not-configured', `The server has no path '${this.#streamId}': its configuration must name it, with the `
        + "camera's URL as its source", 404);
    throw new RillError('refused', body?.error ?? `The server answers ${response.status}`, response.status);
  }
}
