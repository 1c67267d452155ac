/// <reference path="rewind-page.d.ts" />
// The client of a DVR server rewinds: what its URLs do is seen by the clock that rill-camera paints into the picture. RILL_URL is the
// root of a running daemon that has recorded the stream 7.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launchBrowser } from './harness.mjs';

const root = process.env.RILL_URL;
if (!root)
  throw new Error('RILL_URL must be the root of a running daemon, for example http://127.0.0.1:8080/');

/** By how much the clock in the picture may be off, milliseconds. */
const tolerance = 200;

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {import('playwright-core').Page} */
let page;

before(async () => {
  browser = await launchBrowser();
  page = await browser.newPage();
  for (const script of ['../bench/in_page.js', 'rewind-page.js', 'dvr-page.js'])
    await page.addInitScript({ path: fileURLToPath(new URL(script, import.meta.url)) });
  await page.goto(new URL('/debug/webrtc-client', root).href);
  await page.evaluate(async () => {
    globalThis.viewer = await dvr.open(7);
    await rewind.until(() => viewer.pictures.length > 25, 'live pictures', 20_000);
  });
});

after(() => browser.close());

/**
 * What the server answers.
 *
 * @param {string} verb
 * @param {object} [body]
 * @returns {Promise<{mode: string, timestamp: string, speed: number}>}
 */
const steer = (verb, body) => page.evaluate(([verb, body]) => dvr.post(`${viewer.session}/${verb}`, body), /** @type {const} */ ([verb, body]));

/**
 * The pictures of the next seconds are where the server says, and time passes at the speed. Half of them count: see
 * webrtc-rewind.test.mjs.
 *
 * @param {{ mode: string, speed: number }} expected
 */
async function isShown({ mode, speed }) {
  const watched = await page.evaluate(async () => {
    await dvr.mode(viewer);
    return rewind.compare(viewer, 1500);
  });
  console.log(mode, speed, JSON.stringify(watched));
  const { report, pictures, off, passed } = watched;
  assert.equal(report.mode, mode);
  assert.equal(report.rate, speed);
  assert.ok(pictures > 5, `${pictures} pictures`);
  assert.ok(Math.abs(off.median) <= tolerance, `the clock is ${off.median} ms off`);
  assert.ok(Math.abs(passed - speed) < 0.2 * speed, `time passes at ${passed}, not ${speed}`);
  return { behind: report.at - report.time };
}

test('live', () => isShown({ mode: 'live', speed: 1 }));

// The same time as each of the ways in which these clients write it.
for (const [name, written] of /** @type {[string, (ms: number) => string | number][]} */ ([
  ['RFC 3339', (ms) => new Date(ms).toISOString()],
  ['seconds', (ms) => ms / 1000],
  ['milliseconds', (ms) => ms],
])) {
  test(`back to a time in ${name}`, async () => {
    const wanted = Date.now() - 15_000;
    const told = await steer('seek', { timestamp: written(wanted) });
    assert.equal(told.mode, 'dvr');
    assert.ok(Math.abs(Date.parse(told.timestamp) - wanted) <= tolerance, `${told.timestamp} for ${new Date(wanted).toISOString()}`);
    const { behind } = await isShown({ mode: 'dvr', speed: 1 });
    assert.ok(Math.abs(behind - 15_000) < 1_500, `${behind} ms behind`);
  });
}

test('twice as fast', async () => {
  assert.equal((await steer('speed', { speed: 2 })).speed, 2);
  await isShown({ mode: 'dvr', speed: 2 });
});

test('half as fast', async () => {
  await steer('speed', { speed: 0.5 });
  await isShown({ mode: 'dvr', speed: 0.5 });
});

test('live again', async () => {
  assert.equal((await steer('live')).mode, 'live');
  const { behind } = await isShown({ mode: 'live', speed: 1 });
  assert.ok(behind < 3_000, `${behind} ms behind`);
});

test('the session was one all the time', async () => {
  const { sessions } = await (await fetch(new URL('/streams/7/webrtc', root))).json();
  const session = await page.evaluate(() => viewer.session);
  assert.deepEqual(sessions.map((/** @type {{ session_id: string }} */ { session_id: id }) => `/streams/7/webrtc/${id}`), [session]);
});
