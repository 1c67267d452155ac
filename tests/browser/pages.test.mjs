// The pages in Chromium, against a server whose states the test chooses. Pictures and sound are real.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser, openPage, pictureMoves, soundIsHeard } from './harness.mjs';
import { startHlsSource } from './hls-source.mjs';
import { MockServer, mockStream } from './mock-server.mjs';

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {MockServer} */
let server;
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
  sender = await openPage(browser);
  await sender.page.goto(`${server.url}mock/sender.html`);
  await server.senderReady();
});

afterEach(async () => {
  for (const { close } of opened.splice(0)) await close();
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

const h264 = /** @type {const} */ ({
  kind: 'video',
  codec: 'H264',
  profile: 'High',
  width: 1280,
  height: 720,
  frameRate: 25,
});
const aac = /** @type {const} */ ({ kind: 'audio', codec: 'MPEG-4 Audio', sampleRate: 48_000, channels: 2 });

test('dashboard: every camera is live or says why it is not', async () => {
  server.streams = [
    mockStream({ id: 'front', tracks: [h264, aac], readerCount: 3 }),
    mockStream({ id: 'garage', status: 'offline', reason: 'the camera refused the credentials' }),
    mockStream({ id: 'attic', status: 'stopped' }),
    mockStream({ id: 'yard', status: 'stopped', onDemand: true }),
  ];
  const { page, errors } = await visit('');
  await pictureMoves(page, '[data-stream-id=front] video');
  await pictureMoves(page, '[data-stream-id=yard] video');
  await page
    .getByText(/^WebRTC · \d+ ms$/)
    .first()
    .waitFor();
  const garage = page.locator('[data-stream-id=garage]');
  assert.match(await garage.innerText(), /Offline for 1\d min\s+The camera refused the credentials/);
  assert.deepEqual(await page.locator('[data-stream-id=front] .chip').allInnerTexts(), [
    'H.264',
    '720p25',
    'AAC',
  ]);
  const starts = () => server.requests.filter(({ path }) => path.endsWith('/start')).map(({ path }) => path);
  assert.deepEqual(starts(), ['/api/v1/streams/yard/start']);

  await page.getByRole('button', { name: 'Start camera' }).click();
  await pictureMoves(page, '[data-stream-id=attic] video');
  assert.equal(starts().length, 2);
  await page.getByText('3 of 4 cameras online').waitFor({ state: 'attached' });
  assert.match(
    await page.locator('#totals').innerText(),
    /3\s+Online\s+1\s+Offline\s+3\s+Readers|Online\s+3\s+Offline\s+1\s+Readers\s+3/,
  );
  await page.getByText('Rill 0.1.0').waitFor();
  assert.deepEqual(errors, []);
});

test('viewer: what alwaysAvailable shows is not taken for the camera', async () => {
  server.streams = [mockStream({ id: 'front', status: 'offline', available: true, reason: 'nobody there' })];
  const { page, errors } = await visit('viewer.html?stream=front');
  await pictureMoves(page, '#video');
  await page.locator('#overlay.opaque').waitFor();
  assert.match(await page.locator('#overlay').innerText(), /Offline for 1\d min\s+Nobody there/);
  await page.locator('#status').getByText('Offline').waitFor();
  assert.deepEqual(errors, []);
});

test('dashboard: search, filter, and the way to the viewer by keyboard', async () => {
  server.streams = [mockStream({ id: 'front/door' }), mockStream({ id: 'garage', status: 'offline' })];
  const { page, errors } = await visit('');
  await page.locator('.tile').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('GAR');
  assert.deepEqual(await page.locator('.tile:visible .tile-name').allInnerTexts(), ['garage']);
  await page.keyboard.type('x');
  await page.getByText('No camera fits').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Online', exact: true }).click();
  assert.deepEqual(await page.locator('.tile:visible .tile-name').allInnerTexts(), ['front/door']);
  await page.getByRole('link', { name: /^front\/door/ }).press('Enter');
  await page.waitForURL('**/viewer.html?stream=front%2Fdoor');
  await pictureMoves(page, '#video');
  assert.deepEqual(errors, []);
});

test('dashboard: tiles out of sight hold no session', async () => {
  server.streams = Array.from({ length: 12 }, (_, index) => mockStream({ id: `cam${index}` }));
  const { page } = await visit('', { width: 390, height: 700 });
  await pictureMoves(page, '[data-stream-id=cam0] video');
  assert.ok(server.sockets.size < 6, `${server.sockets.size} sessions`);
  await page.locator('[data-stream-id=cam11]').scrollIntoViewIfNeeded();
  await pictureMoves(page, '[data-stream-id=cam11] video');
  await page.waitForFunction(
    () => !(/** @type {any} */ (document.querySelector('[data-stream-id=cam0] video')).srcObject),
  );
  assert.ok(server.sockets.size < 6, `${server.sockets.size} sessions`);
});

test('dashboard: a camera with a smaller stream has one tile, which plays that', async () => {
  server.streams = [
    mockStream({ id: 'door', tracks: [h264], substream: 'door/small' }),
    mockStream({ id: 'door/small', tracks: [h264] }),
  ];
  const offered = new Set();
  const answer = server.onOffer;
  server.onOffer = (streamId, offer) => {
    offered.add(streamId);
    return answer(streamId, offer);
  };
  const { page } = await visit('');
  await pictureMoves(page, '[data-stream-id=door] video');
  assert.equal(await page.locator('.tile').count(), 1);
  assert.deepEqual([...offered], ['door/small']);
  assert.match(String(await page.locator('.tile-link').getAttribute('href')), /stream=door$/);
});

test('dashboard: no cameras, no server, and the server returns', async () => {
  const { page, errors } = await visit('');
  await page.getByRole('heading', { name: 'No cameras yet' }).waitFor();
  server.silent = true;
  await page.reload();
  await page.getByRole('heading', { name: 'The server does not answer' }).waitFor();
  server.silent = false;
  server.streams = [mockStream({ id: 'front' })];
  await page.getByRole('button', { name: 'Try now' }).click();
  await pictureMoves(page, '[data-stream-id=front] video');
  server.silent = true;
  await page.getByText('What you see may be out of date').waitFor();
  await pictureMoves(page, '[data-stream-id=front] video');
  assert.deepEqual(errors, []);
});

test('dashboard and viewer fit a phone', async () => {
  server.streams = [
    mockStream({
      id: 'a-camera-with-a-very-long-name/that-does-not-fit/in-any-line',
      tracks: [h264, aac],
      readerCount: 12,
    }),
  ];
  for (const path of ['', `viewer.html?stream=${encodeURIComponent(server.streams[0].id)}`]) {
    const { page } = await visit(path, { width: 390, height: 844 });
    await pictureMoves(page, 'video');
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 390, path);
  }
});

test('the theme is chosen, kept, and follows the system by default', async () => {
  const { page } = await visit('', { colorScheme: 'dark' });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.getByRole('button', { name: 'Theme: automatic' }).click();
  const light = await background();
  assert.notEqual(light, dark);
  await page.reload();
  assert.equal(await background(), light);
});

test('viewer: picture, sound, statistics, snapshot', async () => {
  server.streams = [mockStream({ id: 'front', tracks: [h264, aac] })];
  const { page, errors } = await visit('front/');
  await pictureMoves(page, '#video');
  await soundIsHeard(page, '#video');
  await page.getByRole('button', { name: /Sound is off/ }).click();
  assert.equal(
    await page.evaluate(() => /** @type {HTMLVideoElement} */ (document.querySelector('#video')).muted),
    false,
  );
  await page.getByText(/^\d+ ms behind$/).waitFor();
  const facts = await page.locator('#playback-stats').innerText();
  for (const wanted of [
    /Protocol\s+WebRTC/,
    /Resolution\s+\d+ × \d+/,
    /Bitrate\s+\S+ [km]bit\/s/i,
    /Round trip\s+\d+ ms/,
  ]) {
    assert.match(facts, wanted);
  }
  assert.match(await page.locator('#camera-facts').innerText(), /Video\s+H\.264, High, 1280 × 720, 25 fps/);
  const download = page.waitForEvent('download');
  await page.keyboard.press('s');
  assert.match((await download).suggestedFilename(), /^front_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.jpg$/);
  await page.keyboard.press('k');
  await page.getByRole('button', { name: 'Continue live (K)' }).click();
  await pictureMoves(page, '#video');
  assert.deepEqual(errors, []);
});

test('viewer: what is made of the camera for viewers, and what that costs', async () => {
  const made = { name: 'H264 480p', of: 'H265', running: true, reason: '', cpuSeconds: 1 };
  const broken = { name: 'Opus', of: 'MPEG-4 Audio', running: false, reason: 'no encoder is installed', cpuSeconds: 0 };
  server.streams = [mockStream({ id: 'yard', tracks: [h264, aac], renditions: [made, broken] })];
  const { page } = await visit('viewer.html?stream=yard');
  const facts = page.locator('#camera-facts');
  await facts.getByText('Opus: no encoder is installed').waitFor();
  await facts.getByText('H.264 480p', { exact: true }).waitFor();
  // The page asks again every two seconds.
  made.cpuSeconds = 2;
  await facts.getByText(/H\.264 480p, \d+ % of a core/).waitFor();
});

test('viewer: the session outlives its camera, and a hang-up is followed by a new session', async () => {
  server.streams = [mockStream({ id: 'front', tracks: [h264] })];
  let offers = 0;
  const answer = server.onOffer;
  server.onOffer = (...offer) => {
    offers += 1;
    return answer(...offer);
  };
  const { page, errors } = await visit('viewer.html?stream=front');
  await pictureMoves(page, '#video');

  await sender.page.evaluate(() => /** @type {any} */ (window).hush(true));
  Object.assign(server.streams[0], { status: 'offline', reason: 'no data for 5 s' });
  await page.getByText('No data for 5 s').waitFor();
  await sender.page.evaluate(() => /** @type {any} */ (window).hush(false));
  Object.assign(server.streams[0], { status: 'online', reason: '' });
  await page.locator('#status').getByText('Live').waitFor();
  assert.equal(offers, 1);

  await sender.page.evaluate(() => /** @type {any} */ (window).hangUp());
  await page.locator('#status').getByText('Reconnecting').waitFor();
  await page.locator('#status').getByText('Live').waitFor();
  assert.equal(offers, 2);
  assert.deepEqual(errors, []);
});

test('viewer: HLS where WebRTC lacks the codec, and by choice', async () => {
  const hls = await startHlsSource();
  try {
    server.streams = [mockStream({ id: 'front', tracks: [h264, aac] })];
    server.hls.set('front', hls.directory);
    const answer = server.onOffer;
    server.onOffer = () => ({ status: 406, error: 'no common codec' });
    const { page, errors } = await visit('viewer.html?stream=front');
    await page.getByText('Playing over HLS, because over WebRTC: no common codec').waitFor();
    await pictureMoves(page, '#video');
    await soundIsHeard(page, '#video');
    assert.match(await page.locator('#playback-stats').innerText(), /Protocol\s+HLS\s+Video\s+H\.264/);

    server.onOffer = answer;
    await page.getByRole('button', { name: 'WebRTC' }).click();
    await page.getByText(/Protocol\s*WebRTC/).waitFor();
    await pictureMoves(page, '#video');
    await page.getByRole('button', { name: 'HLS' }).click();
    await page.getByText(/Protocol\s*HLS/).waitFor();
    await pictureMoves(page, '#video');
    assert.equal(server.sockets.size, 0);
    assert.deepEqual(errors, []);
  } finally {
    await hls.stop();
  }
});

test('viewer: seconds ago are the server\'s, also where the viewer\'s clock is wrong', async () => {
  server.streams = [mockStream({ id: 'front', tracks: [h264] })];
  const { page } = await visit('');
  await page.addInitScript(() => {
    const { now } = Date;
    Date.now = () => now() - 3_600_000;
  });
  const [asked] = await Promise.all([
    page.waitForRequest((request) => request.url().includes('index.m3u8?start=')),
    page.goto(`${server.url}viewer.html?stream=front&mode=hls&time=30`),
  ]);
  const start = Date.parse(new URL(asked.url()).searchParams.get('start') ?? '');
  assert.ok(Math.abs(start - (Date.now() - 30_000)) < 10_000, new Date(start).toISOString());
});

test('together: a page that is left and come back to plays again', async () => {
  server.streams = [mockStream({ id: 'front', tracks: [h264] })];
  const { page, errors } = await visit('sync.html?stream=front');
  await pictureMoves(page, '[data-stream-id=front] video');
  // Chromium keeps no page that a test drives: these are the events of one that is kept.
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  await page.locator('[data-stream-id=front]').waitFor({ state: 'detached' });
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
  await pictureMoves(page, '[data-stream-id=front] video');
  assert.deepEqual(errors, []);
});

test('a path that does not exist says so', async () => {
  server.onOffer = () => ({ status: 404, error: "no path is called 'nowhere'" });
  const { page } = await visit('nowhere/');
  await page.getByText("No path is called 'nowhere'").waitFor();
});
