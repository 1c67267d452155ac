// A server that behaves as the daemon does towards browsers, with states that a test chooses. Pictures come
// from sender.html in the same browser; HLS from files.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const load = createRequire(new URL('../../web/package.json', import.meta.url));
const { WebSocketServer } = load('ws');

const webDirectory = fileURLToPath(new URL('../../web/', import.meta.url));
const hlsDistribution = join(webDirectory, 'node_modules/hls.js/dist/');
const senderPage = fileURLToPath(new URL('sender.html', import.meta.url));

/** @type {Record<string, string>} */
const contentTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.mp4': 'video/mp4',
  '.m4s': 'video/iso.segment',
};

/**
 * @typedef {{answer: string} | {status: number, error: string}} OfferResult
 * @typedef {{method: string, path: string, query: URLSearchParams, body: string, headers: import('node:http').IncomingHttpHeaders}} SeenRequest
 */

/**
 * @param {Partial<import('../../web/static/js/api.js').Stream> & {id: string}} stream
 * @returns {import('../../web/static/js/api.js').Stream}
 */
export function mockStream(stream) {
  return {
    source: `rtsp://***@192.0.2.10/${stream.id}`,
    substream: '',
    onDemand: false,
    status: 'online',
    available: stream.status === undefined || stream.status === 'online',
    reason: '',
    since: new Date(Date.now() - 754_000).toISOString(),
    tracks: [],
    renditions: [],
    readers: [],
    readerCount: 0,
    maxReaders: 0,
    inboundBytes: 0,
    inboundBitrate: 0,
    unitsDropped: 0,
    reconnects: 0,
    ...stream,
  };
}

export class MockServer {
  /** @type {import('../../web/static/js/api.js').Stream[]} */
  streams = [];
  /** @type {SeenRequest[]} */
  requests = [];
  /** Open signalling sockets of viewers. @type {Set<any>} */
  sockets = new Set();
  /** Value of the Link header of WHEP answers. */
  iceLink = '';
  /** Directories with index.m3u8, by stream. @type {Map<string, string>} */
  hls = new Map();
  /** The API answers nothing. */
  silent = false;
  /** How an offer is answered. @type {(streamId: string, offer: string) => OfferResult | Promise<OfferResult>} */
  onOffer = (streamId, offer) => this.#askSender(streamId, offer);
  /** Messages of viewers other than offers. @type {any[]} */
  messages = [];
  /** What is recorded; null: the server has no recordings. @type {import('./mock-dvr.mjs').MockDvr | null} */
  dvr = null;

  #server = createServer((request, response) => {
    this.#serve(request, response).catch((error) => {
      response.writeHead(500).end(String(error));
    });
  });
  #webSockets = new WebSocketServer({ noServer: true });
  /** @type {any} */
  #sender = null;
  /** @type {(() => void)[]} */
  #senderWaiters = [];
  /** @type {Map<number, (result: OfferResult) => void>} */
  #offers = new Map();
  #nextOffer = 1;

  async start() {
    this.#server.on('upgrade', (request, socket, head) => {
      this.#webSockets.handleUpgrade(request, socket, head, (/** @type {any} */ webSocket) => {
        if (request.url === '/mock/sender') this.#attachSender(webSocket);
        else this.#attachViewer(webSocket);
      });
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    this.url = `http://127.0.0.1:${address.port}/`;
    return this;
  }

  /** Resolves when sender.html is open in a page. */
  senderReady() {
    if (this.#sender) return Promise.resolve();
    return new Promise((/** @type {(value: void) => void} */ resolve) => this.#senderWaiters.push(resolve));
  }

  async close() {
    for (const socket of this.#webSockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** @param {object} message to every viewer that signals by WebSocket */
  broadcast(message) {
    for (const socket of this.sockets) socket.send(JSON.stringify(message));
  }

  /**
   * What the drawn pictures of a camera show.
   *
   * @param {string} streamId
   * @param {{time: number, rate: number} | null} clock null: now
   */
  showTime(streamId, clock) {
    this.#sender?.send(JSON.stringify({ streamId, clock }));
  }

  /** @param {any} webSocket */
  #attachSender(webSocket) {
    this.#sender = webSocket;
    for (const resolve of this.#senderWaiters.splice(0)) resolve();
    webSocket.on('message', (/** @type {Buffer} */ data) => {
      const { offer, answer } = JSON.parse(String(data));
      this.#offers.get(offer)?.({ answer });
      this.#offers.delete(offer);
    });
  }

  /** @param {any} webSocket */
  #attachViewer(webSocket) {
    this.sockets.add(webSocket);
    /** @type {import('./mock-dvr.mjs').MockSession | undefined} */
    let session;
    webSocket.on('close', () => {
      this.sockets.delete(webSocket);
      session?.close();
    });
    webSocket.on('message', async (/** @type {Buffer} */ data) => {
      const message = JSON.parse(String(data));
      if (message.type !== 'offer') {
        this.messages.push(message);
        session?.command(message);
        return;
      }
      const result = await this.onOffer(message.streamId, message.sdp);
      webSocket.send(
        JSON.stringify(
          'answer' in result
            ? { type: 'answer', sdp: result.answer, sessionId: 's1' }
            : { type: 'error', code: result.status, message: result.error },
        ),
      );
      if ('answer' in result)
        session = this.dvr?.session(message.streamId, (answer) => webSocket.send(JSON.stringify(answer)));
    });
  }

  /**
   * @param {string} streamId
   * @param {string} sdp
   * @returns {Promise<OfferResult>}
   */
  async #askSender(streamId, sdp) {
    if (!this.#sender) return { status: 404, error: 'no sender page is open' };
    const offer = this.#nextOffer++;
    /** @type {Promise<OfferResult>} */
    const result = new Promise((resolve) => this.#offers.set(offer, resolve));
    this.#sender.send(JSON.stringify({ offer, streamId, sdp }));
    return result;
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async #serve(request, response) {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname;
    const method = request.method ?? 'GET';
    let body = '';
    for await (const chunk of request) body += chunk;
    this.requests.push({ method, path, query: url.searchParams, body, headers: request.headers });
    if (!this.silent && this.dvr?.serve({ method, url, body }, response)) return;
    if (path.startsWith('/api/') || path === '/health') this.#serveApi(method, path, response);
    else if (path.includes('/whep')) await this.#serveWhep(method, path, body, response);
    else if (url.searchParams.has('start')) await this.#serveRecordedHls(url, response);
    else await this.#serveFile(path, response);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {import('node:http').ServerResponse} response
   */
  #serveApi(method, path, response) {
    if (this.silent) {
      response.destroy();
      return;
    }
    if (path === '/health') return sendJson(response, 200, { status: 'healthy', version: '0.1.0' });
    if (path.startsWith('/api/v1/recordings'))
      return sendJson(response, 503, { status: 'error', error: 'nothing is recorded here' });
    const [, id, action] = /^\/api\/v1\/streams(?:\/([^/]+)(?:\/(start|stop))?)?$/.exec(path) ?? [];
    if (id === undefined) return sendJson(response, 200, { streams: this.streams });
    const stream = this.streams.find((candidate) => candidate.id === decodeURIComponent(id));
    if (!stream) return sendJson(response, 404, { status: 'error', error: `no path is called '${id}'` });
    if (method === 'GET') return sendJson(response, 200, stream);
    stream.status = action === 'start' ? 'online' : 'stopped';
    sendJson(response, 200, { status: 'ok' });
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {string} body
   * @param {import('node:http').ServerResponse} response
   */
  async #serveWhep(method, path, body, response) {
    if (method === 'OPTIONS') {
      response.writeHead(204, this.iceLink ? { Link: this.iceLink } : {}).end();
    } else if (method === 'POST') {
      const result = await this.onOffer(decodeURIComponent(path.slice(1, path.indexOf('/whep'))), body);
      if ('answer' in result) {
        response
          .writeHead(201, { 'Content-Type': 'application/sdp', Location: `${path}/s1`, ETag: '*' })
          .end(result.answer);
      } else {
        sendJson(response, result.status, { status: 'error', error: result.error });
      }
    } else {
      response.writeHead(method === 'PATCH' ? 204 : 200).end();
    }
  }

  /**
   * What ffmpeg has kept of a stream since a time, as a playlist that grows.
   *
   * @param {URL} url
   * @param {import('node:http').ServerResponse} response
   */
  async #serveRecordedHls({ pathname, searchParams }, response) {
    const directory = this.hls.get(pathname.split('/')[1]) ?? '';
    const live = await readFile(join(directory, 'stream.m3u8'), 'utf8').catch(() => '');
    const playlist = eventPlaylist(live, Date.parse(searchParams.get('start') ?? ''));
    if (!playlist) return sendJson(response, 404, { status: 'error', error: 'nothing is recorded then' });
    response.writeHead(200, { 'Content-Type': contentTypes['.m3u8'], 'Cache-Control': 'no-store' }).end(playlist);
  }

  /**
   * @param {string} path
   * @param {import('node:http').ServerResponse} response
   */
  async #serveFile(path, response) {
    const content = await readFile(this.#fileOf(normalize(path))).catch(() => null);
    if (!content) return sendJson(response, 404, { status: 'error', error: `there is no ${path}` });
    const file = this.#fileOf(normalize(path));
    response.writeHead(200, {
      'Content-Type': contentTypes[extname(file)] ?? 'application/octet-stream',
      'Cache-Control': 'no-store',
    });
    response.end(content);
  }

  /** @param {string} path */
  #fileOf(path) {
    if (path === '/') return join(webDirectory, 'dashboard.html');
    if (path === '/mock/sender.html') return senderPage;
    if (path.startsWith('/static/vendor/'))
      return join(hlsDistribution, path.slice('/static/vendor/'.length));
    const [, stream, file] = /^\/([^/]+)\/([^/]*)$/.exec(path) ?? [];
    if (stream && this.hls.has(stream) && file)
      return join(/** @type {string} */ (this.hls.get(stream)), file);
    if (stream && file === '') return join(webDirectory, 'viewer.html');
    return join(webDirectory, path);
  }
}

/**
 * @param {string} live a media playlist whose segments have their times
 * @param {number} start Unix milliseconds
 * @returns {string | null} null: nothing is as old
 */
function eventPlaylist(live, start) {
  const [head, ...segments] = live.split(/(?=#EXTINF)/);
  const timed = segments.map((text) => ({
    text,
    time: Date.parse(/PROGRAM-DATE-TIME:(\S+)/.exec(text)?.[1].replace(/(\d\d)(\d\d)$/, '$1:$2') ?? ''),
    duration: Number(/#EXTINF:([\d.]+)/.exec(text)?.[1]) * 1000,
  }));
  if (!(timed[0]?.time <= start)) return null;
  const wanted = timed.filter(({ time, duration }) => time + duration > start);
  return `${head}#EXT-X-PLAYLIST-TYPE:EVENT\n${wanted.map(({ text }) => text).join('')}`;
}

/**
 * @param {import('node:http').ServerResponse} response
 * @param {number} status
 * @param {object} body
 */
export function sendJson(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
