// Plays streams in Chromium over WebRTC and over HLS: `node chromium.mjs ROOT FOLDER NAME[=sound]…`. Pictures that were shown are files of
// RGBA in the folder. A line of JSON for each stream and protocol: what was shown and heard, or why nothing was.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';

import { launchBrowser, openPage, pictureMoves, soundIsHeard } from '../browser/harness.mjs';

const [root, folder, ...streams] = argv.slice(2);
const pictures = 5;

/** What the page's engine says it plays, and why not. @param {import('playwright-core').Page} page @param {object} given */
const play = (page, given) =>
  page.evaluate(async ({ module, name, streamId }) => {
    const { [name]: Engine } = await import(`/static/js/${module}`);
    const videoElement = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
    document.body.append(videoElement);
    const seen = Object.assign(window, { reason: '', stats: {} });
    const playing = new Engine({ streamId, videoElement });
    playing.on('error', (/** @type {Error} */ error) => (seen.reason = error.message));
    playing.on('stats', (/** @type {object} */ stats) => (seen.stats = stats));
    await playing.connect();
  }, given);

/** The picture that is shown next, in base64. @param {import('playwright-core').Page} page */
const nextPicture = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const video = /** @type {HTMLVideoElement} */ (document.querySelector('video'));
        video.requestVideoFrameCallback(() => {
          const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
          const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
          context.drawImage(video, 0, 0);
          const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
          let bytes = '';
          for (let at = 0; at < data.length; at += 4096) bytes += String.fromCharCode(...data.subarray(at, at + 4096));
          resolve({ width, height, bytes: btoa(bytes) });
        });
      }),
  );

/** @param {import('playwright-core').Browser} browser @param {string} name @param {boolean} sound @param {'webrtc' | 'hls'} protocol */
async function cell(browser, name, sound, protocol) {
  const engine = protocol === 'webrtc' ? { module: 'webrtc-engine.js', name: 'WebRTCEngine' } : { module: 'hls-engine.js', name: 'HlsEngine' };
  const { page, close } = await openPage(browser);
  try {
    await page.goto(new URL('health', root).href);
    await play(page, { ...engine, streamId: name });
    await pictureMoves(page, 'video', 30_000);
    if (sound) await soundIsHeard(page, 'video', 20_000);
    const shown = [];
    for (let number = 0; number < pictures; number += 1) {
      const { width, height, bytes } = /** @type {{width: number, height: number, bytes: string}} */ (await nextPicture(page));
      const file = join(folder, `${name}-${protocol}-${number}.rgba`);
      writeFileSync(file, Buffer.from(bytes, 'base64'));
      shown.push({ file, width, height });
    }
    const stats = await page.evaluate(() => /** @type {any} */ (window).stats);
    return { name, protocol, shown, stats, error: '' };
  } catch (error) {
    const reason = await page.evaluate(() => /** @type {any} */ (window).reason).catch(() => '');
    return { name, protocol, shown: [], stats: {}, error: reason || String(error).split('\n')[0] };
  } finally {
    await close();
  }
}

const browser = await launchBrowser();
for (const stream of streams) {
  const [name, sound] = stream.split('=');
  const played = await Promise.all(['webrtc', 'hls'].map((protocol) => cell(browser, name, Boolean(sound), /** @type {any} */ (protocol))));
  for (const each of played) stdout.write(`${JSON.stringify(each)}\n`);
}
await browser.close();
