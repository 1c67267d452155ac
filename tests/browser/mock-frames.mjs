// A server of pictures as the module frames is one, which sends what a test tells it to; it serves the repository's files, too.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const load = createRequire(new URL('../../web/package.json', import.meta.url));
const { WebSocketServer } = load('ws');

const root = fileURLToPath(new URL('../../', import.meta.url));
const contentTypes = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
});
const formatNames = ['bgr', 'rgb', 'gray', 'i420', 'jpeg', 'png'];
const streamRoute = /^\/api\/v1\/streams\/(.+?)(?:\/(start|stop|frames))?$/;

/**
 * @param {object} picture
 * @param {string} picture.format
 * @param {number} picture.width
 * @param {number} picture.height
 * @param {Uint8Array} picture.data
 * @param {number} [picture.sequence]
 * @param {number} [picture.stride]
 * @param {number} [picture.matrix]
 * @param {boolean} [picture.fullRange]
 * @param {Date} [picture.captured]
 * @returns {Buffer} the message
 */
export function frameMessage({ format, width, height, data, sequence = 1, stride, matrix = 0, fullRange = true, captured = new Date() }) {
  const row = /** @type {Record<string, number>} */ ({ bgr: width * 3, rgb: width * 3, gray: width, i420: width })[format] ?? 0;
  const header = Buffer.alloc(64);
  header.write('RILF', 'latin1');
  header.writeUInt16LE(1, 4);
  header.writeUInt16LE(64, 6);
  header.writeUInt32LE(formatNames.indexOf(format) + 1, 8);
  header.writeUInt32LE(width, 12);
  header.writeUInt32LE(height, 16);
  header.writeUInt32LE(stride ?? row, 20);
  header.writeBigUInt64LE(BigInt(sequence), 24);
  header.writeBigInt64LE(BigInt(captured.getTime()) * 1000n, 32);
  header.writeBigInt64LE(BigInt(sequence) * 40_000_000n, 40);
  header.writeUInt32LE(data.length, 48);
  header.writeUInt8(matrix, 52);
  header.writeUInt8(fullRange ? 1 : 0, 53);
  return Buffer.concat([header, data]);
}

/** Red, green, below blue, white. @param {number} width @param {number} height @param {'rgb' | 'bgr'} order */
export function quarters(width, height, order) {
  const data = Buffer.alloc(width * height * 3);
  const [red, blue] = order === 'rgb' ? [0, 2] : [2, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [isRight, isBelow] = [x >= width / 2, y >= height / 2];
      const at = (y * width + x) * 3;
      data[at + red] = isRight === isBelow ? 255 : 0;
      data[at + 1] = isRight ? 255 : 0;
      data[at + blue] = isBelow ? 255 : 0;
    }
  }
  return data;
}

/**
 * Pixels as ffmpeg writes them in another format.
 *
 * @param {Buffer} rgb
 * @param {number} width
 * @param {number} height
 * @param {string[]} output its options
 */
export function convert(rgb, width, height, output) {
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-i', '-'];
  const ran = spawnSync('ffmpeg', ['-v', 'error', ...input, '-frames:v', '1', ...output, '-'], { input: rgb });
  if (ran.status !== 0) throw new Error(`ffmpeg: ${ran.error ?? ran.stderr}`);
  return ran.stdout;
}

export class MockFrames {
  /** By path: the state that the API tells. @type {Map<string, {status: string, reason: string}>} */
  streams = new Map();
  /** "METHOD path?query" @type {string[]} */
  requests = [];
  /** Open WebSockets by path. @type {Map<string, Set<any>>} */
  viewers = new Map();
  /** Codes that the WebSockets of paths are closed with; 0: by HTTP. @type {Map<string, number>} */
  refused = new Map();
  /** What a viewer gets at once. @type {Map<string, Buffer>} */
  greetings = new Map();

  #server = createServer((request, response) => {
    this.#serve(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  #webSockets = new WebSocketServer({ noServer: true });

  async start() {
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    this.url = `http://127.0.0.1:${port}`;
    return this;
  }

  async close() {
    for (const socket of this.#webSockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** @param {string} path */
  viewersOf(path) {
    return [...(this.viewers.get(path) ?? [])];
  }

  /** @param {string} path @param {Buffer | string} message */
  send(path, message) {
    for (const socket of this.viewersOf(path)) socket.send(message);
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:stream').Duplex} socket
   * @param {Buffer} head
   */
  #upgrade(request, socket, head) {
    this.requests.push(`WS ${request.url}`);
    const [, path, action] = streamRoute.exec(decodeURIComponent((request.url ?? '').split('?')[0])) ?? [];
    const refusal = this.refused.get(path) ?? (this.streams.has(path) ? undefined : 4404);
    if (action !== 'frames' || refusal === 0) {
      socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (/** @type {any} */ viewer) => {
      if (refusal) {
        viewer.close(refusal, this.streams.get(path)?.reason ?? `no path is called '${path}'`);
        return;
      }
      const viewers = this.viewers.get(path) ?? new Set();
      this.viewers.set(path, viewers.add(viewer));
      viewer.on('close', () => viewers.delete(viewer));
      const greeting = this.greetings.get(path);
      if (greeting) viewer.send(greeting);
    });
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async #serve(request, response) {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const [, path] = streamRoute.exec(decodeURIComponent(pathname)) ?? [];
    response.setHeader('Access-Control-Allow-Origin', '*');
    if (path === undefined) {
      const content = await readFile(join(root, normalize(pathname))).catch(() => null);
      response.writeHead(content ? 200 : 404, { 'Content-Type': contentTypes[extname(pathname)] ?? 'text/plain' }).end(content);
      return;
    }
    this.requests.push(`${request.method} ${request.url}`);
    const stream = this.streams.get(path);
    const body = stream ? (request.method === 'GET' ? stream : { status: 'ok' }) : { status: 'error', error: `no path is called '${path}'` };
    response.writeHead(stream ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  }
}
