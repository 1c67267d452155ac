// The pages where cameras are recorded, in Chromium. Pictures are drawn by sender.html with the time that they show.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser, openPage, pictureMoves } from './harness.mjs';
import { startHlsSource } from './hls-source.mjs';
import { MockDvr } from './mock-dvr.mjs';
import { MockServer, mockStream } from './mock-server.mjs';
import { until as becomesTrue } from './until.mjs';

const minute = 60_000;
const hour = 60 * minute;

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {MockServer} */
let server;
/** @type {MockDvr} */
let dvr;
/** @type {Awaited<ReturnType<typeof openPage>>} */
let sender;
/** @type {Awaited<ReturnType<typeof openPage>>[]} */
let opened = [];

before(async () => {
  browser = await launchBrowser();
});

after(() => browser.close());

beforeEach(async () => {
  server = await new MockServer().start();
  dvr = server.dvr = new MockDvr((streamId, clock) => server.showTime(streamId, clock));
  server.streams = [mockStream({ id: 'front' }), mockStream({ id: 'yard' })];
  const now = Date.now();
  dvr.recorded.set('front', [
    { start: now - 30 * hour, end: now - 50 * minute },
    { start: now - 40 * minute, end: Infinity },
  ]);
  sender = await openPage(browser);
  await sender.page.goto(`${server.url}mock/sender.html`);
  await server.senderReady();
});

afterEach(async () => {
  for (const { close } of opened.splice(0)) await close();
  for (const session of dvr.sessions) session.close();
  await sender.close();
  await server.close();
});

/**
 * @param {string} path
 * @param {Parameters<typeof openPage>[1]} [options]
 */
async function visit(path, options) {
  const visited = await openPage(browser, options);
  opened.push(visited);
  await visited.page.goto(server.url + path);
  return visited;
}

/** @param {import('playwright-core').Page} page */
async function timelineOf(page) {
  const slider = page.getByRole('slider', { name: 'Time of the picture' });
  await slider.waitFor();
  const box = await slider.boundingBox();
  assert.ok(box);
  return { slider, box, at: (/** @type {number} */ share) => ({ x: box.x + share * box.width, y: box.y + box.height - 15 }) };
}

/** @param {string} stream */
function sessionOf(stream) {
  const session = [...dvr.sessions].find(({ streamId }) => streamId === stream);
  assert.ok(session, `a session of ${stream}`);
  return session;
}

/** Pages take their time. @param {Parameters<typeof becomesTrue>[0]} condition */
const until = (condition) => becomesTrue(condition, 10_000);

/** Browsers leave out seconds that are zero. @param {number} time */
const halfPastMinute = (time) => Math.floor(time / minute) * minute + 30_000;

/** As <input type="datetime-local"> takes it. @param {number} time */
const localTime = (time) => new Date(time - new Date(time).getTimezoneOffset() * minute).toISOString().slice(0, 19);

const commands = () => server.messages.filter(({ type }) => type !== 'candidate');

test('viewer: a click on the timeline rewinds, the buttons move, and live is a click away', async () => {
  const { page, errors } = await visit('front/', { width: 1280, height: 900 });
  await pictureMoves(page, '#video');
  const { at } = await timelineOf(page);
  const live = page.getByRole('button', { name: 'Live', exact: true });
  await assert.doesNotReject(live.waitFor());
  assert.equal(await live.getAttribute('aria-pressed'), 'true');

  // An hour is shown, now at 88 %: this is ten minutes ago.
  const place = at(0.88 - 10 / 60);
  await page.mouse.click(place.x, place.y);
  await page.locator('#status').getByText('Recorded').waitFor();
  const { type, time } = commands()[0];
  assert.equal(type, 'seek');
  assert.ok(Math.abs(Date.parse(time) - (Date.now() - 10 * minute)) < 15_000, time);
  await until(async () => (await live.getAttribute('aria-pressed')) === 'false');

  await page.getByLabel('Speed').selectOption({ label: '−4×' });
  await until(() => sessionOf('front').rate === -4);
  await page.getByRole('button', { name: 'Pause (K)' }).click();
  await until(() => sessionOf('front').rate === 0);
  const paused = sessionOf('front').time;
  await page.getByRole('button', { name: 'One picture on (.)' }).click();
  await until(() => sessionOf('front').time === paused + 40);
  await page.getByRole('button', { name: 'Play (K)' }).click();
  await until(() => sessionOf('front').rate === -4);
  await live.click();
  await page.locator('#status').getByText('Live').waitFor();
  assert.equal(sessionOf('front').mode, 'live');
  assert.equal(server.sockets.size, 1);
  assert.deepEqual(errors, []);
});

test('viewer: the timeline by keyboard, and what a screen reader says of it', async () => {
  const { page, errors } = await visit('front/');
  await pictureMoves(page, '#video');
  const { slider } = await timelineOf(page);
  await slider.focus();
  assert.match((await slider.getAttribute('aria-valuetext')) ?? '', /\d+:\d\d:\d\d.*, live$/);
  await page.keyboard.press('ArrowLeft');
  await until(() => sessionOf('front').mode === 'dvr');
  const near = sessionOf('front').time;
  assert.ok(Math.abs(near - (Date.now() - 5_000)) < 2_500, `${Date.now() - near} ms ago`);
  await page.keyboard.press('Shift+ArrowLeft');
  await until(() => sessionOf('front').time < near - 50_000);
  await page.keyboard.press('Home');
  await until(() => sessionOf('front').time < Date.now() - 29.9 * hour);
  await page.waitForFunction(() => !document.querySelector('[role=slider]')?.getAttribute('aria-valuetext')?.endsWith('live'));
  await page.keyboard.press(' ');
  await until(() => sessionOf('front').rate === 0);
  await page.keyboard.press(',');
  await page.keyboard.press('l');
  await until(() => sessionOf('front').mode === 'live');
  assert.deepEqual(errors, []);
});

test('viewer: a pointer that rests sees the picture, also when the server is late', async () => {
  const { page } = await visit('front/', { width: 1280, height: 900 });
  const late = [503, 504];
  await page.route('**/preview.jpg*', (route) => {
    const status = late.shift();
    return status ? route.fulfill({ status }) : route.continue();
  });
  await pictureMoves(page, '#video');
  const { at } = await timelineOf(page);
  await page.mouse.move(at(0.6).x, at(0.6).y);
  await page.locator('.bubble-picture img').waitFor();
  assert.deepEqual(late, []);
});

test('viewer: dragging shows pictures on the way and goes there once, Escape goes nowhere', async () => {
  const { page, errors } = await visit('front/', { width: 1280, height: 900 });
  await pictureMoves(page, '#video');
  const { at } = await timelineOf(page);
  const begin = at(0.8);
  await page.mouse.move(begin.x, begin.y);
  await page.mouse.down();
  for (let share = 0.8; share >= 0.5; share -= 0.02) await page.mouse.move(at(share).x, begin.y);
  await page.locator('.bubble-picture img').waitFor();
  await page.waitForFunction(() => /** @type {HTMLImageElement} */ (document.querySelector('.bubble img')).naturalWidth > 0);
  assert.deepEqual(commands(), []);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  assert.deepEqual(commands(), []);

  await page.mouse.move(begin.x, begin.y);
  await page.mouse.down();
  await page.mouse.move(at(0.5).x, begin.y, { steps: 5 });
  await page.mouse.up();
  await until(() => commands().length > 0);
  assert.equal(commands().length, 1);

  // The gap is from 50 to 40 minutes ago.
  const gap = at(0.88 - 45 / 60);
  await page.mouse.move(gap.x, gap.y);
  await page.getByText('Not recorded').waitFor();
  assert.deepEqual(errors, []);
});

test('viewer: the wheel zooms about the pointer and asks for what comes into view', async () => {
  const { page, errors } = await visit('front/');
  const { at } = await timelineOf(page);
  const longest = () => Math.max(0, ...dvr.asked.map(({ start, end }) => end - start));
  await until(() => longest() > 0);
  assert.ok(longest() <= 5 * hour, `${longest() / hour} h`);
  await page.mouse.move(at(0.5).x, at(0.5).y);
  for (let notch = 0; notch < 25; notch += 1) await page.mouse.wheel(0, 200);
  await until(() => longest() > 300 * hour);
  assert.deepEqual(errors, []);
});

test('viewer: to a date and time', async () => {
  const { page, errors } = await visit('front/');
  await pictureMoves(page, '#video');
  await page.getByTitle('Go to a date and time').click();
  const wanted = halfPastMinute(Date.now() - 20 * hour);
  await page.getByLabel('Go to', { exact: true }).fill(localTime(wanted));
  await page.getByRole('button', { name: 'Go', exact: true }).click();
  await until(() => Math.abs(sessionOf('front').time - wanted) < 5_000);
  await page.getByRole('button', { name: /^‹/ }).waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
});

test('viewer: a clip is selected, exported with its progress, cancelled, refused, and kept', async () => {
  const { page, errors } = await visit('front/');
  await pictureMoves(page, '#video');
  await timelineOf(page);
  /** @type {URL[]} */
  const asked = [];
  /** @type {import('node:http').ServerResponse | null} */
  let open = null;
  dvr.onClip = (response, url) => {
    asked.push(url);
    response.writeHead(200, { 'Content-Type': 'video/mp4', 'Content-Length': 4_000_000 });
    response.write(Buffer.alloc(1_000_000));
    open = response;
  };
  await page.keyboard.press('c');
  const panel = page.getByRole('group', { name: 'Clip' });
  await panel.getByText('1:00 min').waitFor();
  await panel.getByRole('button', { name: 'Export' }).click();
  await panel.getByText('1.0 MB of 4.0 MB').waitFor();
  const download = page.waitForEvent('download');
  /** @type {any} */ (open).end(Buffer.alloc(3_000_000));
  assert.match((await download).suggestedFilename(), /^front_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.mp4$/);
  await panel.getByText('Saved 4.0 MB').waitFor();
  assert.equal(asked[0].searchParams.get('path'), 'front');
  assert.equal(asked[0].searchParams.get('duration'), '60.000');
  assert.equal(asked[0].searchParams.get('format'), 'mp4');

  await panel.getByRole('button', { name: 'Export' }).click();
  await panel.getByText('1.0 MB of 4.0 MB').waitFor();
  await panel.getByRole('button', { name: 'Cancel' }).click();
  await panel.getByText('Cancelled').waitFor();
  dvr.onClip = (response) => response.writeHead(404).end('{"status":"error","error":"nothing is recorded there"}');
  await panel.getByRole('button', { name: 'Export' }).click();
  await panel.getByText('Nothing is recorded there').waitFor();

  await panel.getByRole('button', { name: 'Keep' }).click();
  await panel.getByRole('button', { name: 'Release' }).click();
  await panel.getByRole('button', { name: 'Keep' }).waitFor();
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'hidden' });
  assert.deepEqual(errors, []);
});

test('viewer: the handles of a clip are drawn with the pointer', async () => {
  const { page, errors } = await visit('front/');
  const { at, box } = await timelineOf(page);
  await page.getByTitle('Select a clip (C)').click();
  const panel = page.getByRole('group', { name: 'Clip' });
  await panel.getByText('1:00 min').waitFor();
  // A minute about the last half of one, of an hour in view: its left handle.
  const left = box.x + box.width * (0.88 - 1 / 60) - 5;
  await page.mouse.move(left, at(0).y);
  await page.mouse.down();
  await page.mouse.move(left - box.width / 6, at(0).y, { steps: 4 });
  await page.mouse.up();
  await panel.getByText(/^1[01]:\d\d min$/).waitFor();
  assert.deepEqual(commands(), [], 'a handle is no seek');
  assert.deepEqual(errors, []);
});

test('viewer: the bar fits at every width', async () => {
  const { page } = await visit('front/');
  await timelineOf(page);
  for (const width of [390, 600, 820, 1000, 1280, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    const bar = await page.locator('#controls').evaluate((element) => {
      const inside = element.getBoundingClientRect();
      const boxes = [...element.children].map((child) => child.getBoundingClientRect()).filter((box) => box.width > 0);
      return { inside: inside.right, most: Math.max(...boxes.map(({ right }) => right)) };
    });
    assert.ok(bar.most <= bar.inside, `${width}: ${JSON.stringify(bar)}`);
  }
});

test('viewer: HLS rewinds too, where there is no WebRTC', async () => {
  const hls = await startHlsSource({ keep: true });
  try {
    server.hls.set('front', hls.directory);
    server.onOffer = () => ({ status: 406, error: 'no common codec' });
    const { page, errors } = await visit('front/');
    await page.getByText('Playing over HLS').waitFor();
    await pictureMoves(page, '#video');
    assert.deepEqual(await page.locator('.speed option').allInnerTexts(), ['16×', '8×', '4×', '2×', '1×', '½×', '¼×']);
    await page.getByRole('slider').focus();
    const playlists = () => {
      const rewound = server.requests.filter(({ path }) => path === '/front/index.m3u8');
      return new Set(rewound.flatMap(({ query }) => query.get('start') ?? [])).size;
    };
    await until(() => readdirSync(hls.directory).filter((name) => name.endsWith('.m4s')).length > 12);
    await page.keyboard.press('ArrowLeft');
    await page.locator('#status').getByText('Recorded').waitFor();
    await page.evaluate(() => delete (/** @type {any} */ (document.querySelector('#video')).changes));
    await pictureMoves(page, '#video');
    const behind = Date.now() / 1000 - Number(await page.getByRole('slider').getAttribute('aria-valuenow'));
    assert.ok(behind > 4 && behind < 15, `${behind} s`);
    await page.keyboard.press('k');
    await page.getByRole('button', { name: 'Play (K)' }).waitFor();
    await page.keyboard.press('.');
    await page.keyboard.press('k');
    await page.getByRole('button', { name: 'Pause (K)' }).waitFor();
    assert.equal(playlists(), 1, 'all in one playlist');

    await page.getByRole('slider').focus();
    await page.keyboard.press('Home');
    await page.getByText('Nothing is recorded at this time').waitFor();
    await page.locator('#status').getByText('Live').waitFor();
    await page.evaluate(() => delete (/** @type {any} */ (document.querySelector('#video')).changes));
    await pictureMoves(page, '#video');
    assert.deepEqual(errors, []);
  } finally {
    await hls.stop();
  }
});

test('viewer: a camera that is away can be watched in its recordings, over HLS', async () => {
  const hls = await startHlsSource({ keep: true });
  try {
    server.hls.set('front', hls.directory);
    Object.assign(server.streams[0], { status: 'offline', reason: 'no route to host' });
    const answer = server.onOffer;
    server.onOffer = () => ({ status: 404, error: 'camera offline: no route to host' });
    await until(() => readdirSync(hls.directory).filter((name) => name.endsWith('.m4s')).length > 6);
    const { page, errors } = await visit('viewer.html?stream=front&time=5');
    await page.locator('#status').getByText('Recorded').waitFor();
    await pictureMoves(page, '#video');
    // Back to live: it is away, and tried again over WebRTC.
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await page.locator('#status').getByText('Offline').waitFor();
    Object.assign(server.streams[0], { status: 'online', reason: '' });
    server.onOffer = answer;
    await page.locator('#status').getByText('Live').waitFor();
    await page.getByText(/Protocol\s*WebRTC/).waitFor();
    assert.deepEqual(errors, []);
  } finally {
    await hls.stop();
  }
});

test('viewer: what the server refuses is said, and so are recordings that cannot be listed', async () => {
  const { page, errors } = await visit('front/');
  await pictureMoves(page, '#video');
  const { at } = await timelineOf(page);
  sessionOf('front').command = () => {
    sessionOf('front').send({ type: 'error', code: 400, message: 'the disk is gone' });
    return null;
  };
  await page.mouse.click(at(0.5).x, at(0.5).y);
  await page.getByText('The disk is gone').waitFor();
  dvr.trouble.set('front', 'the index is locked');
  await page.getByText('Recordings: the index is locked').waitFor();
  dvr.trouble.clear();
  await page.getByText('Recordings: the index is locked').waitFor({ state: 'hidden', timeout: 15_000 });
  await pictureMoves(page, '#video');
  assert.deepEqual(errors, []);
});

test('viewer: without recordings, or without a module that keeps them, there is no timeline', async () => {
  for (const available of [true, false]) {
    if (!available) server.dvr = null;
    server.requests = [];
    const { page, errors } = await visit('yard/');
    await pictureMoves(page, '#video');
    await until(() => server.requests.some(({ path }) => path === '/api/v1/recordings'));
    assert.equal(await page.getByRole('slider').count(), 0);
    assert.equal(await page.locator('.dvr:visible').count(), 0);
    await page.keyboard.press('k');
    await page.getByRole('button', { name: 'Continue live (K)' }).click();
    await pictureMoves(page, '#video');
    assert.deepEqual(errors, []);
  }
});

test('viewer: fingers scrub, pan and pinch', async () => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  opened.push({ page, errors: [], close: () => context.close() });
  await page.goto(`${server.url}front/`);
  await pictureMoves(page, '#video');
  const { box, at } = await timelineOf(page);
  const device = await context.newCDPSession(page);
  /** @param {'touchStart' | 'touchMove' | 'touchEnd'} type @param {{x: number, y: number}[]} touchPoints */
  const touch = (type, touchPoints) => device.send('Input.dispatchTouchEvent', { type, touchPoints });
  // Two fingers, drawn apart.
  await touch('touchStart', [at(0.4), at(0.6)]);
  for (let step = 1; step <= 5; step += 1) await touch('touchMove', [at(0.4 - step * 0.05), at(0.6 + step * 0.05)]);
  await touch('touchEnd', []);
  assert.deepEqual(commands(), [], 'a pinch is no seek');
  // One finger across the recordings.
  await touch('touchStart', [at(0.7)]);
  for (let step = 1; step <= 5; step += 1) await touch('touchMove', [at(0.7 - step * 0.1)]);
  await page.locator('.bubble-picture img').waitFor();
  await touch('touchEnd', []);
  await until(() => commands().length === 1);
  // 0.38 h ago is in the middle still, but what was a fifth of the hour is 70 % of what is in view.
  const expected = Date.now() - (0.38 + 0.3 / 3.5) * hour;
  assert.ok(Math.abs(Date.parse(commands()[0].time) - expected) < 3 * minute, commands()[0].time);
  // One finger on the scale above.
  const ruler = (/** @type {number} */ share) => ({ x: box.x + share * box.width, y: box.y + 10 });
  await touch('touchStart', [ruler(0.3)]);
  for (let step = 1; step <= 5; step += 1) await touch('touchMove', [ruler(0.3 + step * 0.1)]);
  await touch('touchEnd', []);
  assert.equal(commands().length, 1);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
});

test('dashboard: which cameras are recorded, and the way to several of them at once', async () => {
  dvr.recorded.set('yard', [{ start: Date.now() - 30 * hour, end: Date.now() - 20 * hour }]);
  const { page, errors } = await visit('');
  await page.locator('[data-stream-id=front] .recording-mark').getByText('Rec').waitFor();
  await page.locator('[data-stream-id=yard]').getByText('Recordings').waitFor();
  assert.equal(await page.locator('[data-stream-id=yard] .recording-mark').isVisible(), false);
  await page.getByRole('link', { name: 'Together' }).click();
  await page.waitForURL('**/sync.html*');
  await pictureMoves(page, '[data-stream-id=front] video');
  assert.deepEqual(errors, []);
});

test('dashboard: without recordings nothing speaks of them', async () => {
  server.dvr = null;
  const { page, errors } = await visit('');
  await pictureMoves(page, '[data-stream-id=front] video');
  assert.equal(await page.getByRole('link', { name: 'Together' }).isVisible(), false);
  assert.equal(await page.locator('.recording-mark:visible').count(), 0);
  assert.deepEqual(errors, []);
});

test('together: several cameras go to one time, and one in a gap waits for the others', async () => {
  const wanted = halfPastMinute(Date.now() - 20 * minute);
  dvr.recorded.set('yard', [
    { start: wanted - 30 * hour, end: wanted + 1_000 },
    { start: wanted + 13_000, end: Infinity },
  ]);
  const { page, errors } = await visit('sync.html', { width: 1280, height: 900 });
  await pictureMoves(page, '[data-stream-id=front] video');
  await pictureMoves(page, '[data-stream-id=yard] video');
  assert.match(page.url(), /\?stream=front&stream=yard$/);
  const { at } = await timelineOf(page);
  const place = at(0.88 - 10 / 60);
  await page.mouse.click(place.x, place.y);
  await until(() => sessionOf('front').mode === 'dvr' && sessionOf('yard').mode === 'dvr');
  assert.ok(Math.abs(sessionOf('front').time - sessionOf('yard').time) < 300);
  await page.getByLabel('Speed').selectOption({ label: '4×' });
  await until(() => sessionOf('front').rate === 4 && sessionOf('yard').rate === 4);
  await page.getByLabel('Speed').selectOption({ label: '1×' });

  await page.getByTitle('Go to a date and time').click();
  await page.getByLabel('Go to', { exact: true }).fill(localTime(wanted));
  await page.getByRole('button', { name: 'Go', exact: true }).click();
  const yard = page.locator('[data-stream-id=yard]');
  await yard.getByText('Not recorded at this time').waitFor();
  await yard.getByText('Not recorded at this time').waitFor({ state: 'hidden', timeout: 20_000 });
  await until(() => Math.abs(sessionOf('front').time - sessionOf('yard').time) < 300);
  await page.keyboard.press('l');
  await until(() => sessionOf('front').mode === 'live' && sessionOf('yard').mode === 'live');
  assert.deepEqual(errors, []);
});

test('together: recordings that cannot be listed are said until the last camera has recovered', async () => {
  dvr.recorded.set('yard', [{ start: Date.now() - hour, end: Infinity }]);
  dvr.trouble.set('yard', 'the index is locked');
  const { page, errors } = await visit('sync.html?stream=front&stream=yard');
  await page.getByText('Recordings: the index is locked').waitFor();
  dvr.trouble.set('front', 'the disk is gone');
  await page.getByText('Recordings: the disk is gone').waitFor();
  dvr.trouble.delete('front');
  await page.getByText('Recordings: the index is locked').waitFor();
  dvr.trouble.clear();
  await page.getByText('Recordings: ').waitFor({ state: 'hidden' });
  assert.deepEqual(errors, []);
});

test('together: cameras are chosen, and nothing recorded is said', async () => {
  const { page, errors } = await visit('sync.html');
  await pictureMoves(page, '[data-stream-id=front] video');
  await page.getByText('Cameras', { exact: true }).click();
  await page.getByLabel('yard').check();
  await pictureMoves(page, '[data-stream-id=yard] video');
  await page.getByLabel('front').uncheck();
  await page.locator('[data-stream-id=front]').waitFor({ state: 'detached' });
  assert.match(page.url(), /\?stream=yard$/);
  assert.deepEqual(errors, []);
  server.dvr = null;
  const without = await visit('sync.html');
  await without.page.getByText('No camera is chosen').waitFor();
  assert.deepEqual(without.errors, []);
});
