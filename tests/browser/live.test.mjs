// The pages against a running daemon with the paths cam1 … cam4. RILL_URL is its root, RILL_CAMERA_CONTROL the port at which
// rill-camera takes commands.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage, pictureMoves, soundIsHeard } from './harness.mjs';
import { MockFrames } from './mock-frames.mjs';
import { until } from './until.mjs';

const root = process.env.RILL_URL;
if (!root)
  throw new Error('RILL_URL must be the root of a running daemon, for example http://127.0.0.1:8080/');

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('../../web/static/js/api.js').Stream[]} */
let streams;

before(async () => {
  browser = await launchBrowser();
  streams = (await (await fetch(new URL('api/v1/streams', root))).json()).streams;
});

after(() => browser.close());

/** @param {(tracks: import('../../web/static/js/api.js').Track[]) => boolean} wanted */
function streamWith(wanted) {
  const found = streams.find(({ status, tracks }) => status === 'online' && wanted(tracks));
  assert.ok(found, `no online stream is suitable: ${JSON.stringify(streams)}`);
  return found.id;
}

/** @param {string} codec */
const has = (codec) => (/** @type {import('../../web/static/js/api.js').Track[]} */ tracks) =>
  tracks.some((track) => track.codec === codec);

/**
 * @param {string} path
 * @param {(page: import('playwright-core').Page) => Promise<void>} check
 */
async function visiting(path, check) {
  const { page, errors, close } = await openPage(browser, { width: 1400, height: 1000 });
  try {
    await page.goto(new URL(path, root).href);
    await check(page);
    assert.deepEqual(errors, []);
  } finally {
    await close();
  }
}

test('the dashboard shows four cameras, and those that are online move', () =>
  visiting('', async (page) => {
    await page.locator('[data-stream-id=cam4]').waitFor();
    const ids = await page
      .locator('.tile')
      .evaluateAll((tiles) => tiles.map((tile) => tile.dataset.streamId));
    assert.deepEqual(ids, ['cam1', 'cam2', 'cam3', 'cam4']);
    const moving = streams.filter(({ status }) => status === 'online');
    assert.ok(moving.length >= 3);
    for (const { id } of moving) {
      await page.locator(`[data-stream-id="${id}"]`).scrollIntoViewIfNeeded();
      await pictureMoves(page, `[data-stream-id="${id}"] video`);
    }
  }));

test('the viewer moves over WebRTC and counts', () =>
  visiting(`viewer.html?stream=${streamWith(has('H264'))}&mode=webrtc`, async (page) => {
    await pictureMoves(page, '#video');
    await page.locator('#status').getByText('Live').waitFor();
    assert.match(await page.locator('#playback-stats').innerText(), /Protocol\s+WebRTC\s+Video\s+H\.264/);
  }));

test('a camera whose WebRTC has no UDP moves over TCP', () =>
  visiting('viewer.html?stream=cam4&mode=webrtc', async (page) => {
    await pictureMoves(page, '#video');
    const { items } = await (await fetch(new URL('v3/webrtcsessions/list', root))).json();
    const session = items.find((/** @type {{ path: string }} */ { path }) => path === 'cam4');
    assert.match(session.localCandidate, /^host\/tcp\/127\.0\.0\.1\/\d+$/);
    assert.match(session.remoteCandidate, /^\w+\/tcp\//);
  }));

test('G.711 sound is heard over WebRTC', () =>
  visiting(`viewer.html?stream=${streamWith(has('G711'))}&mode=webrtc`, (page) =>
    soundIsHeard(page, '#video'),
  ));

test('AAC sound is heard over WebRTC, as Opus', () =>
  visiting(`viewer.html?stream=${streamWith((tracks) => has('H264')(tracks) && has('MPEG-4 Audio')(tracks))}&mode=webrtc`, async (page) => {
    await soundIsHeard(page, '#video');
    await page.getByText(/Audio\s*Opus/).waitFor();
  }));

test('H.265 moves over WebRTC, as H.264 where the browser does not decode it', () =>
  visiting(`viewer.html?stream=${streamWith(has('H265'))}&mode=webrtc`, async (page) => {
    await pictureMoves(page, '#video');
    const takesIt = await page.evaluate(() =>
      RTCRtpReceiver.getCapabilities('video')?.codecs.some(({ mimeType }) => mimeType === 'video/H265'),
    );
    await page.getByText(takesIt ? /Video\s*H\.265/ : /Video\s*H\.264/).waitFor();
  }));

test('the viewer moves over HLS', () =>
  visiting(`viewer.html?stream=${streamWith(has('H264'))}&mode=hls`, async (page) => {
    await pictureMoves(page, '#video');
    await page.getByText(/Protocol\s*HLS/).waitFor();
  }));

test('H.265 moves over HLS, as H.264 where the browser does not decode it', () =>
  visiting(`viewer.html?stream=${streamWith(has('H265'))}&mode=hls`, async (page) => {
    await pictureMoves(page, '#video');
    const takesIt = await page.evaluate(() => MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L93.B0"'));
    await page.getByText(takesIt ? /Video\s*H\.265/ : /Video\s*H\.264/).waitFor();
  }));

test('AAC sound is heard over HLS', () =>
  visiting(`viewer.html?stream=${streamWith(has('MPEG-4 Audio'))}&mode=hls`, (page) =>
    soundIsHeard(page, '#video'),
  ));

test('G.711 sound is heard over HLS, as AAC', () =>
  visiting(`viewer.html?stream=${streamWith(has('G711'))}&mode=hls`, (page) => soundIsHeard(page, '#video')));

test("the path's own page plays", () =>
  visiting(`${streamWith(has('H264'))}/`, (page) => pictureMoves(page, '#video')));

test('what is recorded lies on the timeline, and a clip of it is a film', () =>
  visiting('viewer.html?stream=cam1', async (page) => {
    await page.getByRole('slider', { name: 'Time of the picture' }).waitFor();
    await pictureMoves(page, '#video');
    await page.keyboard.press('c');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    const clip = await (await download).path();
    const probe = spawnSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_type:format=duration', '-of', 'csv=p=0', clip]);
    assert.equal(String(probe.stderr), '');
    assert.match(String(probe.stdout), /^video\n/);
    assert.ok(Number(String(probe.stdout).trim().split('\n').pop()) > 1, String(probe.stdout));
  }));

test('the dashboard marks the camera that is recorded', () =>
  visiting('', async (page) => {
    await page.locator('[data-stream-id=cam1] .recording-mark').getByText('Rec').waitFor();
    assert.equal(await page.locator('.recording-mark:visible').count(), 1);
    await page.getByRole('link', { name: 'Together' }).click();
    await page.waitForURL('**/sync.html?stream=cam1');
    await pictureMoves(page, '[data-stream-id=cam1] video');
  }));

for (const { path, shows, framed } of [
  { path: '', shows: '[data-stream-id=cam1]', framed: false },
  { path: 'viewer.html?stream=cam1', shows: '#camera-facts dt', framed: true },
  { path: 'cam1/', shows: '#camera-facts dt', framed: true },
  { path: 'sync.html?stream=cam1', shows: '[data-stream-id=cam1]', framed: false },
  { path: 'login', shows: '.card:visible', framed: false },
  { path: 'docs', shows: '.opblock-tag', framed: false },
]) {
  test(`/${path} does what its policy allows, and ${framed ? 'may' : 'may not'} be in a frame elsewhere`, async () => {
    await visiting(path, (page) => page.locator(shows).first().waitFor());
    const { page, errors, close } = await openPage(browser);
    try {
      await page.goto(new URL(path, root).href);
      await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'window.ran = true';
        document.head.append(script);
      });
      await until(() => errors.length > 0);
      assert.match(errors[0], /forbids inline/);
      assert.equal(await page.evaluate(() => 'ran' in window), false);

      // The same server by another name is another origin.
      await page.goto(new URL('health', root).href.replace('127.0.0.1', 'localhost'));
      const src = new URL(path, root).href;
      const decided = framed
        ? page.waitForEvent('framenavigated', (frame) => frame.url() === src)
        : page.waitForEvent('requestfailed', (request) => request.url() === src && request.failure()?.errorText === 'net::ERR_BLOCKED_BY_RESPONSE');
      await page.evaluate((src) => document.body.append(Object.assign(document.createElement('iframe'), { src })), src);
      await decided;
    } finally {
      await close();
    }
  });
}

test("the JavaScript client's elements and its React component show two of the daemon's cameras", async () => {
  // It serves the client's files here; the pictures are the daemon's, from another origin.
  const files = await new MockFrames().start();
  const [first, second] = [streamWith(has('H264')), streamWith(has('H265'))];
  try {
    await visiting(`${files.url}/clients/js/example/index.html?server=${new URL(root).origin}&first=${first}&second=${second}`, async (page) => {
      for (const viewer of ['#first', '#second', '#react-root rtsp-stream-viewer']) {
        await page.locator(`${viewer}[state=live]`).waitFor();
        const sequences = await page.locator(viewer).evaluate(
          (element) =>
            new Promise((resolve) => {
              const seen = /** @type {number[]} */ ([]);
              element.addEventListener('frame', (event) => {
                const { sequence } = /** @type {CustomEvent} */ (event).detail;
                if (seen.push(sequence) === 10) resolve(seen);
              });
            }),
        );
        assert.ok(sequences.every((/** @type {number} */ number, /** @type {number} */ at) => at === 0 || number > sequences[at - 1]), String(sequences));
      }
    });
  } finally {
    await files.close();
  }
});

/** @param {string} line for rill-camera */
async function command(line) {
  const connection = createConnection({ host: '127.0.0.1', port: Number(process.env.RILL_CAMERA_CONTROL) });
  connection.write(`${line}\n`);
  for await (const answer of createInterface(connection)) {
    connection.destroy();
    assert.match(answer, /^ok/);
    return;
  }
}

/** Mean brightness of the picture, 0 to 255. Runs in the page. */
function brightness() {
  const video = /** @type {HTMLVideoElement} */ (document.querySelector('video'));
  const canvas = new OffscreenCanvas(64, 36);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.drawImage(video, 0, 0, 64, 36);
  const pixels = context.getImageData(0, 0, 64, 36).data;
  return pixels.reduce((sum, value, at) => sum + (at % 4 === 3 ? 0 : value), 0) / (64 * 36 * 3);
}

const players = [
  { protocol: 'WebRTC', module: 'webrtc-engine.js', name: 'WebRTCEngine' },
  { protocol: 'HLS', module: 'hls-engine.js', name: 'HlsEngine' },
];

/**
 * Plays in a page without a player of its own, which gets `state` and counts `disconnections`.
 * @param {import('playwright-core').Page} page
 * @param {{module: string, name: string}} player
 * @param {string} streamId
 */
async function play(page, { module, name }, streamId) {
  await page.evaluate(
    async ({ module, name, streamId }) => {
      const { [name]: Engine } = await import(`/static/js/${module}`);
      const videoElement = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
      document.body.append(videoElement);
      const playing = new Engine({ streamId, videoElement });
      const seen = Object.assign(window, { state: '', disconnections: 0 });
      playing.on('state', (/** @type {{state: string}} */ { state }) => (seen.state = state));
      playing.on('disconnected', () => (seen.disconnections += 1));
      await playing.connect();
    },
    { module, name, streamId },
  );
  await pictureMoves(page, 'video');
}

/** @param {import('playwright-core').Page} page */
async function pictureMovesAgain(page) {
  await page.evaluate(() => delete (/** @type {any} */ (document.querySelector('video')).changes));
  await pictureMoves(page, 'video');
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).disconnections), 0);
}

for (const player of players) {
  test(`pictures return in the same ${player.protocol} session after the camera was gone`, () =>
    visiting('health', async (page) => {
      await play(page, player, 'cam1');
      const state = (/** @type {string} */ wanted) =>
        page.waitForFunction((name) => /** @type {any} */ (window).state === name, wanted);
      await command('refuse *');
      try {
        await state('stalled');
      } finally {
        await command('accept *');
      }
      await state('live');
      await pictureMovesAgain(page);
    }));

  test(`with alwaysAvailable ${player.protocol} shows that the camera is gone, in the same session`, () =>
    visiting('health', async (page) => {
      await play(page, player, 'cam2');
      assert.ok((await page.evaluate(brightness)) > 60);
      await command('refuse *');
      try {
        await page.waitForFunction(`(${brightness})() < 40 && document.querySelector('video').videoWidth === 1280`);
      } finally {
        await command('accept *');
      }
      await page.waitForFunction(`(${brightness})() > 60`);
      await pictureMovesAgain(page);
    }));
}
