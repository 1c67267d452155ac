// rill-client.js, the custom element, the React component and their example page in Chromium: what is drawn, and what is said.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { launchBrowser, openPage } from './harness.mjs';
import { convert, frameMessage, MockFrames, quarters } from './mock-frames.mjs';
import { until } from './until.mjs';

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('../../clients/js/rtsp-stream-viewer.js').RTSPStreamViewerElement} Viewer
 */

const [width, height] = [64, 36];
const rgb = quarters(width, height, 'rgb');
const colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]];
const payloads = /** @type {Record<string, () => Buffer>} */ ({
  rgb: () => rgb,
  bgr: () => quarters(width, height, 'bgr'),
  i420: () => convert(rgb, width, height, ['-vf', 'scale=out_color_matrix=bt601:out_range=tv,format=yuv420p', '-f', 'rawvideo']),
  png: () => convert(rgb, width, height, ['-c:v', 'png', '-f', 'image2pipe']),
  jpeg: () => convert(rgb, width, height, ['-c:v', 'mjpeg', '-q:v', '2', '-f', 'image2pipe']),
});
/** @param {string} format @param {number} [sequence] */
const picture = (format, sequence = 1) =>
  frameMessage({ format, width, height, data: payloads[format](), sequence, matrix: format === 'i420' ? 6 : 0, fullRange: format !== 'i420' });
const jpeg = picture('jpeg');

/** @type {MockFrames} */
let server;
/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  server = await new MockFrames().start();
  browser = await launchBrowser();
});
beforeEach(() => {
  server.streams = new Map(['cam1', 'cam2'].map((path) => [path, { status: 'online', reason: '' }]));
  server.greetings = new Map(['cam1', 'cam2'].map((path) => [path, jpeg]));
  server.refused.clear();
  server.requests = [];
});
after(async () => {
  await browser?.close();
  await server.close();
});

/**
 * @param {(page: Page) => Promise<void>} check
 * @param {string} [path]
 * @param {Parameters<typeof openPage>[1]} [options]
 */
async function visiting(check, path = '/clients/js/package.json', options) {
  const { page, errors, close } = await openPage(browser, options);
  try {
    await page.goto(server.url + path);
    await check(page);
    assert.deepEqual(errors, []);
  } finally {
    await close();
  }
  await until(() => server.viewersOf('cam1').length + server.viewersOf('cam2').length === 0);
}

/** @param {Page} page @param {Record<string, string>} attributes */
async function addViewer(page, attributes) {
  await page.evaluate(async (wanted) => {
    await import(/** @type {any} */ ('/clients/js/rtsp-stream-viewer.js'));
    const viewer = document.createElement('rtsp-stream-viewer');
    for (const [name, value] of Object.entries(wanted)) viewer.setAttribute(name, value);
    document.body.replaceChildren(viewer);
  }, attributes);
  return page.locator('rtsp-stream-viewer');
}

/** @param {Page} page @param {string} state @param {string} [selector] */
const inState = (page, state, selector = 'rtsp-stream-viewer') => page.locator(`${selector}[state=${state}]`).waitFor();

/**
 * The colours in the middle of each quarter of the picture are those that were sent.
 *
 * @param {import('playwright-core').Locator} canvas
 */
async function showsQuarters(canvas) {
  const seen = await canvas.evaluate((/** @type {HTMLCanvasElement} */ element) => {
    const context = element.getContext('2d');
    return [[1, 1], [3, 1], [1, 3], [3, 3]].map(([x, y]) =>
      [...(context?.getImageData((element.width * x) >> 2, (element.height * y) >> 2, 1, 1).data ?? [])].slice(0, 3));
  });
  const isNear = seen.every((pixel, index) => pixel.every((value, channel) => Math.abs(value - colours[index][channel]) <= 12));
  assert.ok(isNear, `${JSON.stringify(seen)}, expected ${JSON.stringify(colours)}`);
}

for (const format of Object.keys(payloads)) {
  test(`${format} is drawn`, () => visiting(async (page) => {
    server.greetings.set('cam1', picture(format));
    const viewer = await addViewer(page, { 'stream-id': 'cam1', format, 'auto-start': '' });
    await inState(page, 'live');
    await showsQuarters(viewer.locator('canvas'));
    assert.ok(server.requests.includes(`WS /api/v1/streams/cam1/frames?format=${format}`), String(server.requests));
  }));
}

test('a page that is busy gets the newest', () => visiting(async (page) => {
  await page.evaluate(async () => {
    const { RTSPStreamClient } = await import(/** @type {any} */ ('/clients/js/rill-client.js'));
    const client = new RTSPStreamClient(location.origin, 'cam1');
    const seen = Object.assign(window, { sequences: /** @type {number[]} */ ([]) }).sequences;
    client.on('frame', (/** @type {any} */ { sequence }) => {
      const end = performance.now() + 30;
      while (performance.now() < end);
      seen.push(sequence);
    });
    client.connect();
  });
  await until(() => server.viewersOf('cam1').length === 1);
  for (let sequence = 2; sequence <= 100; sequence += 1) server.send('cam1', picture('rgb', sequence));
  await page.waitForFunction(() => /** @type {any} */ (window).sequences.at(-1) === 100);
  const count = await page.evaluate(() => /** @type {any} */ (window).sequences.length);
  assert.ok(count < 50, `${count} of 100 frames`);
}));

test('it asks for JPEG of its size, and has a name, a status and a rate', () => visiting(async (page) => {
  await addViewer(page, { 'server-url': (server.url ?? '').replace('http', 'ws'), 'stream-id': 'cam1', width: '320', height: '180', 'auto-start': '' });
  await page.getByRole('img', { name: 'Camera cam1' }).waitFor();
  await page.getByRole('status').getByText('Live').waitFor();
  await page.getByText(/^\d+ fps$/).waitFor();
  assert.equal(await page.getByRole('button').count(), 0);
  assert.deepEqual(server.requests, ['WS /api/v1/streams/cam1/frames?format=jpeg&width=320&height=180']);
}));

test('properties are attributes', () => visiting(async (page) => {
  const viewer = await addViewer(page, {});
  const seen = await viewer.evaluate((/** @type {Viewer} */ element) => {
    Object.assign(element, { serverUrl: 'ws://h', streamId: 'a', rtspUrl: 'rtsp://h/a', width: 8, height: 6, fps: 2.5, format: 'rgb', autoStart: true });
    const set = Object.fromEntries([...element.attributes].filter(({ name }) => name !== 'state').map(({ name, value }) => [name, value]));
    const { serverUrl, streamId, rtspUrl, width, height, fps, format, autoStart } = element;
    element.autoStart = false;
    element.width = 0;
    return { set, got: { serverUrl, streamId, rtspUrl, width, height, fps, format, autoStart }, left: [element.hasAttribute('auto-start'), element.hasAttribute('width')] };
  });
  assert.deepEqual(seen, {
    set: { 'server-url': 'ws://h', 'stream-id': 'a', 'rtsp-url': 'rtsp://h/a', width: '8', height: '6', fps: '2.5', format: 'rgb', 'auto-start': '' },
    got: { serverUrl: 'ws://h', streamId: 'a', rtspUrl: 'rtsp://h/a', width: 8, height: 6, fps: 2.5, format: 'rgb', autoStart: true },
    left: [false, false],
  });
}));

test('without auto-start it waits for its button, and stop() ends it', () => visiting(async (page) => {
  const viewer = await addViewer(page, { 'stream-id': 'cam1', 'rtsp-url': 'rtsp://192.0.2.10/1' });
  await inState(page, 'idle');
  assert.equal(server.requests.length, 0);
  await page.getByRole('button', { name: 'Start' }).click();
  await inState(page, 'live');
  assert.ok(server.requests.includes('POST /api/v1/streams/cam1/start'), String(server.requests));
  await viewer.evaluate((/** @type {Viewer} */ element) => element.stop());
  await inState(page, 'idle');
  await until(() => server.viewersOf('cam1').length === 0);
}));

test('it reconnects, and tells why', () => visiting(async (page) => {
  const viewer = await addViewer(page, { 'stream-id': 'cam1', 'auto-start': '' });
  await inState(page, 'live');
  await viewer.evaluate((element) => {
    const told = Object.assign(window, { errors: /** @type {string[]} */ ([]) });
    element.addEventListener('error', (event) => told.errors.push(/** @type {any} */ (event).detail.code));
  });
  server.refused.set('cam1', 4503);
  server.streams.set('cam1', { status: 'offline', reason: 'the camera does not answer' });
  server.viewersOf('cam1')[0].terminate();
  await inState(page, 'reconnecting');
  await page.getByText('the camera does not answer').waitFor();
  server.refused.clear();
  await inState(page, 'live');
  assert.deepEqual([...new Set(await page.evaluate(() => /** @type {any} */ (window).errors))], ['unreachable', 'refused']);
}));

test('a path that is not configured: said, and tried again on demand', () => visiting(async (page) => {
  await addViewer(page, { 'stream-id': 'nowhere', 'auto-start': '' });
  await inState(page, 'failed');
  await page.getByText(/no path 'nowhere'.*configuration/).waitFor();
  server.streams.set('nowhere', { status: 'online', reason: '' });
  server.greetings.set('nowhere', jpeg);
  await page.getByRole('button', { name: 'Try again' }).click();
  await inState(page, 'live');
}));

test('a picture that does not come is missed', () => visiting(async (page) => {
  await addViewer(page, { 'stream-id': 'cam1', 'auto-start': '' });
  await inState(page, 'live');
  await inState(page, 'waiting');
  server.send('cam1', jpeg);
  await inState(page, 'live');
}));

test('another stream-id is another camera', () => visiting(async (page) => {
  const viewer = await addViewer(page, { 'stream-id': 'cam1', 'auto-start': '' });
  await inState(page, 'live');
  await viewer.evaluate((/** @type {Viewer} */ element) => (element.streamId = 'cam2'));
  await until(() => server.viewersOf('cam2').length === 1 && server.viewersOf('cam1').length === 0);
  await page.getByRole('img', { name: 'Camera cam2' }).waitFor();
  await inState(page, 'live');
}));

test('removed from the page it is gone from the server', () => visiting(async (page) => {
  const viewer = await addViewer(page, { 'stream-id': 'cam1', 'auto-start': '' });
  await inState(page, 'live');
  await viewer.evaluate((element) => element.remove());
  await until(() => server.viewersOf('cam1').length === 0);
}));

test('the React component: frames, errors, other props, unmounting', () => visiting(async (page) => {
  await page.evaluate(async () => {
    const { load } = await import(/** @type {any} */ ('/clients/js/example/commonjs.js'));
    const { RTSPStreamViewer } = await import(/** @type {any} */ ('/clients/js/rtsp-stream-viewer-react.js'));
    const { createElement } = load('react');
    const root = load('react-dom/client').createRoot(document.querySelector('main'));
    const seen = { frames: /** @type {number[]} */ ([]), errors: /** @type {string[]} */ ([]), states: /** @type {string[]} */ ([]) };
    Object.assign(window, { seen, unmount: () => root.unmount(), render: (/** @type {string} */ streamId) => root.render(createElement(RTSPStreamViewer, {
      serverUrl: location.origin,
      streamId,
      width: 320,
      height: 180,
      autoStart: true,
      className: 'mine',
      onFrame: (/** @type {any} */ frame) => seen.frames.push(frame.sequence),
      onError: (/** @type {any} */ error) => seen.errors.push(error.code),
      onStateChange: (/** @type {any} */ { state }) => seen.states.push(state),
    })) });
    /** @type {any} */ (window).render('cam1');
  });
  await inState(page, 'live', '.mine');
  await showsQuarters(page.locator('canvas'));
  const seen = () => page.evaluate(() => /** @type {any} */ (window).seen);
  const { frames, states } = await seen();
  assert.deepEqual([frames, states], [[1], ['connecting', 'live']]);
  assert.deepEqual(server.requests, ['WS /api/v1/streams/cam1/frames?format=jpeg&width=320&height=180']);

  await page.evaluate(() => /** @type {any} */ (window).render('nowhere'));
  await inState(page, 'failed');
  assert.deepEqual((await seen()).errors, ['not-configured']);
  await page.evaluate(() => /** @type {any} */ (window).render('cam2'));
  await until(() => server.viewersOf('cam2').length === 1);
  await page.evaluate(() => /** @type {any} */ (window).unmount());
  await until(() => server.viewersOf('cam2').length === 0);
}, '/tests/browser/react-page.html'));

for (const { name, options } of /** @type {const} */ ([
  { name: 'light', options: { colorScheme: 'light' } },
  { name: 'dark', options: { colorScheme: 'dark' } },
  { name: 'on a phone', options: { width: 360, height: 740 } },
])) {
  test(`the example page, ${name}`, () => visiting(async (page) => {
    await page.locator('rtsp-stream-viewer').nth(2).waitFor();
    assert.equal(await page.locator('rtsp-stream-viewer').count(), 3);
    for (let index = 0; index < 3; index += 1) {
      const viewer = page.locator('rtsp-stream-viewer').nth(index);
      await viewer.getByRole('status').getByText('Live').waitFor();
      await showsQuarters(viewer.locator('canvas'));
    }
    await page.getByText('64 × 36').waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is cut off at the right');
  }, `/clients/js/example/?server=${encodeURIComponent(server.url ?? '')}&first=cam1&second=cam2`.replace('/?', '/index.html?'), options));
}
