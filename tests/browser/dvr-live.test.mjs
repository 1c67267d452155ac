// The timelines of the pages against a running daemon whose paths a and b have been recorded for a while. RILL_URL is its root.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage, pictureMoves } from './harness.mjs';
import { until } from './until.mjs';

/** How far an arrow key goes. */
const keyMs = 5_000;

const root = process.env.RILL_URL;
if (!root) throw new Error('RILL_URL must be the root of a running daemon');

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  browser = await launchBrowser();
});

after(() => browser.close());

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

/** @param {string} id */
async function sessions(id) {
  return (await (await fetch(new URL(`api/v1/streams/${id}/sessions`, root))).json()).sessions;
}

/** @param {string} id @param {(session: any) => boolean} wanted of the one session */
async function sessionBecomes(id, wanted) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const all = await sessions(id);
    if (all.length === 1 && wanted(all[0])) return all[0];
    assert.ok(Date.now() < deadline, `${wanted}: ${JSON.stringify(all)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** @param {string} time */
function msBehind(time) {
  return Date.now() - Date.parse(time);
}

/** By the keyboard: each key counts, however fast they come. @param {import('playwright-core').Page} page @param {string} id @param {number} keys */
async function rewind(page, id, keys) {
  for (let press = 0; press < keys; press += 1) await page.keyboard.press('ArrowLeft');
  const { time } = await sessionBecomes(id, (session) => session.mode === 'dvr' && msBehind(session.time) > (keys - 0.5) * keyMs);
  const behind = msBehind(time);
  assert.ok(behind < keys * keyMs + 10_000, `${behind} ms`);
}

/** @param {import('playwright-core').Page} page @param {string} selector */
async function movesAgain(page, selector) {
  await page.evaluate((wanted) => delete (/** @type {any} */ (document.querySelector(wanted)).changes), selector);
  await pictureMoves(page, selector);
}

test('the viewer rewinds in one session, at every speed, and returns', () =>
  visiting('viewer.html?stream=a&mode=webrtc', async (page) => {
    await pictureMoves(page, '#video');
    const { id } = await sessionBecomes('a', ({ mode }) => mode === 'live');
    await page.getByRole('slider').waitFor();
    await rewind(page, 'a', 4);
    await page.locator('#status').getByText('Recorded').waitFor();
    await movesAgain(page, '#video');
    await page.getByLabel('Speed').selectOption({ label: '½×' });
    await sessionBecomes('a', ({ rate }) => rate === 0.5);
    await movesAgain(page, '#video');
    await page.getByLabel('Speed').selectOption({ label: '−2×' });
    await sessionBecomes('a', ({ rate }) => rate === -2);
    await page.locator('body').press('k');
    const paused = await sessionBecomes('a', ({ rate }) => rate === 0);
    await page.getByRole('button', { name: 'Play (K)' }).waitFor();
    await page.getByTitle('One picture on (.)').click();
    const stepped = await sessionBecomes('a', ({ time }) => time !== paused.time);
    const step = Date.parse(stepped.time) - Date.parse(paused.time);
    assert.ok(step > 0 && step < 200, `${step} ms`);
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    const live = await sessionBecomes('a', ({ mode }) => mode === 'live');
    assert.equal(live.id, id);
    await page.locator('#status').getByText('Live').waitFor();
    await movesAgain(page, '#video');
  }));

test('the timeline shows pictures of what it goes to', () =>
  visiting('viewer.html?stream=a', async (page) => {
    await page.getByRole('slider').focus();
    // Half a minute fills the view.
    for (let press = 0; press < 7; press += 1) await page.keyboard.press('+');
    const box = await page.getByRole('slider').boundingBox();
    assert.ok(box);
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height - 15);
    await page.waitForFunction(() => /** @type {HTMLImageElement} */ (document.querySelector('.bubble img'))?.naturalWidth > 100);
  }));

test('two cameras rewind together, and stay together', () =>
  visiting('sync.html', async (page) => {
    for (const id of ['a', 'b']) await pictureMoves(page, `[data-stream-id=${id}] video`);
    await rewind(page, 'a', 5);
    await sessionBecomes('b', ({ mode, time }) => mode === 'dvr' && msBehind(time) > 4.5 * keyMs);
    for (const id of ['a', 'b']) await movesAgain(page, `[data-stream-id=${id}] video`);
    await until(async () => {
      const [[a], [b]] = await Promise.all([sessions('a'), sessions('b')]);
      return Math.abs(Date.parse(a.time) - Date.parse(b.time)) <= 300;
    });
    await page.keyboard.press('l');
    for (const id of ['a', 'b']) await sessionBecomes(id, ({ mode }) => mode === 'live');
  }));
