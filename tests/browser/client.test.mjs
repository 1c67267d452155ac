// rill-client.js without a browser.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { Backoff } from '../../clients/js/backoff.js';
import { toRgba } from '../../clients/js/pixels.js';
import { decodeFrame, RTSPStreamClient } from '../../clients/js/rill-client.js';
import { convert, frameMessage, MockFrames, quarters } from './mock-frames.mjs';
import { until } from './until.mjs';

/** @typedef {import('../../clients/js/rill-client.js').Frame} Frame */

const { WebSocket } = createRequire(new URL('../../web/package.json', import.meta.url))('ws');

/** @type {MockFrames} */
let server;
/** @type {RTSPStreamClient[]} */
let clients = [];

before(async () => {
  server = await new MockFrames().start();
});
beforeEach(() => {
  server.streams = new Map([['cam', { status: 'online', reason: '' }]]);
  server.requests = [];
  server.refused.clear();
  server.greetings.set('cam', gray(0));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await until(() => server.viewersOf('cam').length === 0);
});
after(() => server.close());

/** @param {string} [path] @param {import('../../clients/js/rill-client.js').ClientOptions} [options] */
function makeClient(path = 'cam', options = {}) {
  const client = new RTSPStreamClient(server.url ?? '', path, { webSocket: WebSocket, firstDelayMs: 10, maxDelayMs: 20, ...options });
  clients.push(client);
  return client;
}

/** @param {number} sequence @param {object} [changed] */
const gray = (sequence, changed = {}) =>
  frameMessage({ format: 'gray', width: 2, height: 2, data: Buffer.from([1, 2, 3, 4]), sequence, ...changed });

/** @param {Buffer} message @returns {ArrayBuffer} of exactly these bytes */
const exactly = (message) => new Uint8Array(message).buffer;

/** @param {RTSPStreamClient} client @param {number} [viewers] */
async function connect(client, viewers = 1) {
  client.connect();
  await until(() => client.state === 'open' && server.viewersOf('cam').length === viewers);
}

test('a message is a frame', () => {
  const captured = new Date('2026-01-08T10:00:01.250Z');
  const frame = decodeFrame(exactly(gray(2 ** 33, { captured })));
  assert.deepEqual({ ...frame, data: [...frame.data] }, {
    format: 'gray', width: 2, height: 2, stride: 2, sequence: 2 ** 33, captured, runningTime: 2 ** 33 * 0.04, matrix: 0, fullRange: true,
    data: [1, 2, 3, 4],
  });
});

test('what is no frame is refused', () => {
  const whole = gray(1);
  const wrong = /** @type {[string, Buffer][]} */ ([
    ['nothing', Buffer.alloc(0)],
    ['cut within the header', whole.subarray(0, 63)],
    ['cut within the picture', whole.subarray(0, whole.length - 1)],
    ['too long', Buffer.concat([whole, Buffer.alloc(1)])],
    ['a row more than there is', gray(1, { height: 3 })],
    ['a stride less than a row', gray(1, { stride: 1 })],
    ['no pixels', gray(1, { width: 0 })],
    ['planes that are cut', frameMessage({ format: 'i420', width: 3, height: 3, data: Buffer.alloc(16) })],
  ]);
  for (const [at, value, what] of /** @type {[number, number, string][]} */ ([[0, 0, 'magic'], [4, 2, 'version'], [6, 8, 'header'], [8, 7, 'format'],
    [8, 0, 'no format']])) {
    const changed = Buffer.from(whole);
    changed[at] = value;
    wrong.push([what, changed]);
  }
  for (const [what, message] of wrong) assert.throws(() => decodeFrame(exactly(message)), { code: 'protocol' }, what);
});

test('a longer header is for later servers', () => {
  const later = Buffer.concat([gray(1).subarray(0, 64), Buffer.alloc(8), Buffer.from([1, 2, 3, 4])]);
  later.writeUInt16LE(72, 6);
  assert.deepEqual([...decodeFrame(exactly(later)).data], [1, 2, 3, 4]);
});

for (const { format, matrix, pixels } of [
  { format: 'rgb', matrix: 0, pixels: () => quarters(8, 6, 'rgb') },
  { format: 'bgr', matrix: 0, pixels: () => quarters(8, 6, 'bgr') },
  ...[['bt601', 6], ['bt709', 1]].map(([name, matrix]) => ({
    format: 'i420',
    matrix: Number(matrix),
    pixels: () => convert(quarters(8, 6, 'rgb'), 8, 6, ['-vf', `scale=out_color_matrix=${name}:out_range=tv,format=yuv420p`, '-f', 'rawvideo']),
  })),
]) {
  test(`colours of ${format}, matrix ${matrix}`, () => {
    const frame = decodeFrame(exactly(frameMessage({ format, width: 8, height: 6, data: pixels(), matrix, fullRange: false })));
    const rgba = new Uint8ClampedArray(8 * 6 * 4);
    toRgba(frame, rgba);
    for (const [x, y, expected] of /** @type {[number, number, number[]][]} */ ([
      [0, 0, [255, 0, 0, 255]], [7, 0, [0, 255, 0, 255]], [0, 5, [0, 0, 255, 255]], [7, 5, [255, 255, 255, 255]]])) {
      const at = (y * 8 + x) * 4;
      const seen = [...rgba.subarray(at, at + 4)];
      assert.ok(seen.every((value, index) => Math.abs(value - expected[index]) <= 6), `${x},${y}: ${seen}, expected ${expected}`);
    }
  });
}

test('padded rows of gray', () => {
  const frame = decodeFrame(exactly(frameMessage({ format: 'gray', width: 1, height: 2, stride: 4, data: Buffer.from([9, 0, 0, 0, 7, 0, 0, 0]) })));
  const rgba = new Uint8ClampedArray(8);
  toRgba(frame, rgba);
  assert.deepEqual([...rgba], [9, 9, 9, 255, 7, 7, 7, 255]);
});

test('frames arrive, by event and by onFrame, and what was asked for stands in the URL', async () => {
  const client = makeClient('cam', { width: 640, fps: 5, format: 'gray' });
  const seen = /** @type {number[]} */ ([]);
  client.on('frame', ({ sequence }) => seen.push(sequence));
  client.onFrame = ({ sequence }) => seen.push(sequence * 10);
  await connect(client);
  server.send('cam', 'text is passed over');
  server.send('cam', gray(7));
  await until(() => seen.length === 4);
  assert.deepEqual(seen.sort(), [0, 0, 7, 70]);
  assert.deepEqual(server.requests, ['WS /api/v1/streams/cam/frames?format=gray&width=640&fps=5']);
});

test('who is slow gets the newest', async () => {
  const client = makeClient();
  const seen = /** @type {number[]} */ ([]);
  let release = () => {};
  client.on('frame', ({ sequence }) => {
    seen.push(sequence);
    return new Promise((/** @type {(value: void) => void} */ resolve) => (release = resolve));
  });
  await connect(client);
  await until(() => seen.length === 1);
  for (let sequence = 1; sequence <= 50; sequence += 1) server.send('cam', gray(sequence));
  await until(() => client.counters.received === 51);
  release();
  await until(() => seen.length === 2);
  release();
  assert.deepEqual(seen, [0, 50]);
  assert.deepEqual(client.counters, { received: 51, dropped: 49, connections: 1 });
});

test('a listener that fails keeps nothing from going on', async (context) => {
  const reported = context.mock.method(console, 'error', () => {});
  const client = makeClient();
  const seen = /** @type {number[]} */ ([]);
  client.on('frame', () => { throw new Error('mine'); });
  client.on('frame', ({ sequence }) => seen.push(sequence));
  await connect(client);
  for (const sequence of [1, 2]) {
    server.send('cam', gray(sequence));
    await until(() => seen.includes(sequence));
  }
  await until(() => reported.mock.callCount() === 3);
});

test('startStream() starts a path that is configured, with its size', async () => {
  const client = makeClient();
  await client.startStream('rtsp://192.0.2.10/stream1', 320, 180);
  await connect(client);
  assert.deepEqual(server.requests, ['GET /api/v1/streams/cam', 'POST /api/v1/streams/cam/start',
    'WS /api/v1/streams/cam/frames?format=jpeg&width=320&height=180']);
});

test('startStream() says that a path has to be configured', async () => {
  await assert.rejects(makeClient('site/a b').startStream('rtsp://192.0.2.10/stream1'), { code: 'not-configured', status: 404, message: /configuration/ });
  assert.deepEqual(server.requests, ['GET /api/v1/streams/site/a%20b']);
});

test('a connection that is lost is made again', async () => {
  const client = makeClient();
  const told = /** @type {string[]} */ ([]);
  client.on('open', () => told.push('open')).on('close', ({ code }) => told.push(`close ${code}`)).on('error', ({ code }) => told.push(code));
  await connect(client);
  server.viewersOf('cam')[0].close(1001, 'restarting');
  await until(() => client.counters.connections === 2);
  assert.deepEqual(told, ['open', 'close 1001', 'unreachable', 'open']);
});

test('what is no frame ends the connection, and another is made', async () => {
  const client = makeClient();
  const errors = /** @type {string[]} */ ([]);
  client.on('error', ({ code }) => errors.push(code));
  await connect(client);
  server.send('cam', Buffer.from('junk'));
  await until(() => client.counters.connections === 2);
  assert.deepEqual(errors, ['protocol']);
});

test('a silent connection is made anew', async () => {
  const client = makeClient('cam', { idleTimeoutMs: 30 });
  const errors = /** @type {string[]} */ ([]);
  client.on('error', ({ message }) => errors.push(message));
  client.connect();
  await until(() => client.counters.connections >= 2);
  assert.equal(errors[0], 'Nothing came for 0.03 s');
});

for (const refusal of [4404, 4503, 0]) test(`a camera that is away is tried again, with the reason, refused with ${refusal}`, async () => {
  server.refused.set('cam', refusal);
  server.streams.set('cam', { status: 'offline', reason: 'the camera does not answer' });
  const client = makeClient();
  const reasons = /** @type {string[]} */ ([]);
  client.on('state', ({ state, reason }) => reasons.push(`${state}: ${reason}`));
  client.connect();
  await until(() => reasons.length >= 3);
  assert.equal(client.counters.connections, 0);
  assert.deepEqual(reasons.slice(0, 3), ['connecting: ', ...Array(2).fill('reconnecting: the camera does not answer')]);
  server.refused.clear();
  await until(() => client.state === 'open');
});

test('a wrong request is not tried again', async () => {
  server.refused.set('cam', 4400);
  server.streams.set('cam', { status: 'online', reason: 'width: 1000000 is too much' });
  const client = makeClient();
  const failed = new Promise((resolve) => client.on('error', resolve));
  client.connect();
  const { code, status, message } = /** @type {any} */ (await failed);
  assert.deepEqual([code, status, message, client.state], ['refused', 400, 'width: 1000000 is too much', 'failed']);
});

test('a path that is not configured is not tried again', async () => {
  const client = makeClient('nowhere');
  const failed = new Promise((resolve) => client.on('error', resolve));
  client.connect();
  assert.equal(/** @type {any} */ (await failed).code, 'not-configured');
  assert.equal(client.state, 'failed');
  assert.equal(server.requests.filter((request) => request.startsWith('WS')).length, 1);
});

test('nobody there is no end', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (taken.address());
  taken.close();
  await once(taken, 'close');
  const client = new RTSPStreamClient(`ws://127.0.0.1:${port}`, 'cam', { webSocket: WebSocket, firstDelayMs: 5, maxDelayMs: 5 });
  clients.push(client);
  const errors = /** @type {string[]} */ ([]);
  client.on('error', ({ code }) => errors.push(code));
  client.connect();
  await until(() => errors.length >= 2);
  assert.equal(errors[0], 'unreachable');
  assert.equal(client.state, 'reconnecting');
});

test('disconnect() at any time ends it, and connecting again works', async () => {
  const client = makeClient();
  client.connect();
  client.disconnect();
  assert.equal(client.state, 'idle');
  for (let round = 0; round < 3; round += 1) {
    await connect(client);
    client.disconnect();
    await until(() => server.viewersOf('cam').length === 0);
  }
  assert.equal(client.counters.connections, 3);
});

test('what is wrong is said at once', () => {
  assert.throws(() => new RTSPStreamClient('ftp://host', 'cam'), TypeError);
  assert.throws(() => new RTSPStreamClient('http://host', ''), TypeError);
  assert.throws(() => new RTSPStreamClient('http://host', 'cam', { format: /** @type {any} */ ('tiff') }), TypeError);
});

test('addresses below a path, secure ones too', () => {
  assert.equal(new RTSPStreamClient('wss://host/below/', 'a/b').snapshotUrl, 'https://host/below/api/v1/streams/a/b/snapshot.jpg');
});

test('delays double up to their limit, and are shortened by up to half', () => {
  const longest = new Backoff({ firstMs: 100, maxMs: 500, random: () => 1 });
  assert.deepEqual([1, 2, 3, 4, 5].map(() => longest.next()), [100, 200, 400, 500, 500]);
  longest.reset();
  assert.equal(longest.next(), 100);
  assert.equal(new Backoff({ firstMs: 100, maxMs: 500, random: () => 0 }).next(), 50);
});
