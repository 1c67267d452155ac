// Recordings as HLS in Chromium, with hls.js. RILL_URL is a running daemon's root; its path "size" has been recorded for a while,
// with a change of size in the midst, and may be rewound.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage } from './harness.mjs';

const root = process.env.RILL_URL;
if (!root) throw new Error('RILL_URL must be the root of a running daemon');
const begin = process.env.RILL_BEGIN ?? '';
const end = process.env.RILL_END ?? '';

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  browser = await launchBrowser();
});

after(() => browser.close());

/**
 * A page with `window.video` and `window.hls`, which plays `url`.
 *
 * @param {string} url
 * @param {(page: import('playwright-core').Page) => Promise<void>} check
 */
async function playing(url, check) {
  const { page, errors, close } = await openPage(browser);
  try {
    // Of the server, and without a page's script.
    await page.goto(new URL('health', root).href);
    await page.evaluate(async (source) => {
      const { default: Hls } = await import(new URL('static/vendor/hls.mjs', location.href).href);
      document.body.innerHTML = '';
      const video = document.body.appendChild(document.createElement('video'));
      video.muted = true;
      const hls = new Hls();
      /** @type {string[]} */
      const failures = [];
      hls.on(Hls.Events.ERROR, (/** @type {any} */ _, /** @type {any} */ data) => {
        if (data.fatal) failures.push(`${data.type} ${data.details}`);
      });
      Object.assign(globalThis, { video, hls, failures });
      hls.loadSource(new URL(source, location.href).href);
      hls.attachMedia(video);
      await video.play();
    }, url);
    await moves(page);
    await check(page);
    assert.deepEqual(await page.evaluate('failures'), []);
    assert.deepEqual(errors, []);
  } finally {
    await close();
  }
}

/** Until pictures are shown at other times than now. @param {import('playwright-core').Page} page */
async function moves(page) {
  await page.evaluate(async () => {
    const { video } = /** @type {any} */ (globalThis);
    const from = video.currentTime;
    const end = performance.now() + 15_000;
    while (video.seeking || video.readyState < 3 || Math.abs(video.currentTime - from) < 0.3) {
      if (performance.now() > end) {
        const ranges = [...Array(video.buffered.length).keys()].map((at) => [video.buffered.start(at), video.buffered.end(at)]);
        const { currentTime, seeking, paused, readyState } = video;
        throw new Error(JSON.stringify({ from, currentTime, seeking, paused, readyState, ranges }));
      }
      await new Promise(requestAnimationFrame);
    }
  });
}

/** @param {import('playwright-core').Page} page @param {string} position an expression */
async function seek(page, position) {
  await page.evaluate(`video.currentTime = ${position}`);
  await page.evaluate('video.play()');
  await moves(page);
}

test('a recording plays and is sought in, across a change of size', async () => {
  const query = new URLSearchParams({ start: begin, end });
  await playing(`size/index.m3u8?${query}`, async (page) => {
    const first = await page.evaluate('video.videoWidth');
    await seek(page, 'video.duration - 3');
    assert.notEqual(await page.evaluate('video.videoWidth'), first);
    await seek(page, '1');
    assert.equal(await page.evaluate('video.videoWidth'), first);
    const date = await page.evaluate('hls.playingDate.getTime() - video.currentTime * 1000');
    assert.ok(Math.abs(date - Date.parse(begin)) < 8000, `${new Date(Number(date)).toISOString()} ${begin}`);
  });
});

test('a recording that goes on is played from its start', async () => {
  await playing(`size/index.m3u8?${new URLSearchParams({ start: begin })}`, async (page) => {
    assert.ok(Number(await page.evaluate('video.currentTime')) < 10);
  });
});

test('the live picture is rewound, and is live again', async () => {
  await playing('size/index.m3u8', async (page) => {
    assert.ok(Number(await page.evaluate('hls.latency')) < 10, `${await page.evaluate('hls.latency')}`);
    const live = Number(await page.evaluate('hls.playingDate.getTime()'));
    await seek(page, 'video.currentTime - 10');
    const rewound = Number(await page.evaluate('hls.playingDate.getTime()'));
    assert.ok(rewound < live - 5000, `${live} ${rewound}`);
    await seek(page, 'hls.liveSyncPosition');
    assert.ok(Number(await page.evaluate('hls.latency')) < 10);
  });
});
