// The pages in their states, themes and sizes, to be looked at: screenshots.mjs FOLDER [NAMES]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { launchBrowser, openPage, pictureMoves } from './harness.mjs';
import { MockDvr } from './mock-dvr.mjs';
import { MockServer, mockStream } from './mock-server.mjs';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const [folder, only = ''] = process.argv.slice(2);
if (!folder) throw new Error('where to? screenshots.mjs FOLDER [NAMES]');
await mkdir(folder, { recursive: true });

const tracks = /** @type {any} */ ([
  { kind: 'video', codec: 'H264', profile: 'High', width: 1280, height: 720, frameRate: 25 },
  { kind: 'audio', codec: 'MPEG-4 Audio', sampleRate: 48_000, channels: 2 },
]);
const server = await new MockServer().start();
const dvr = (server.dvr = new MockDvr((streamId, clock) => server.showTime(streamId, clock)));
const names = ['front-door', 'yard', 'garage', 'site/warehouse'];
server.streams = names.map((id) => mockStream({ id, tracks, readerCount: 2, inboundBitrate: 2_100_000 }));
const now = Date.now();
names.forEach((name, index) => {
  const spans = [];
  for (let at = now - (28 - index) * day; at < now - 9 * hour; at += day + index * hour)
    spans.push({ start: at, end: at + (20 - index) * hour });
  for (let at = now - 8 * hour; at < now - hour; at += (23 + index * 7) * minute)
    spans.push({ start: at, end: at + (11 + index * 3) * minute });
  dvr.recorded.set(name, [
    ...spans,
    { start: now - 58 * minute, end: now - (31 + index) * minute },
    { start: now - 26 * minute, end: Infinity },
  ]);
  dvr.locked.set(name, [{ start: now - 45 * minute, end: now - 38 * minute }]);
});

const browser = await launchBrowser();
const sender = await openPage(browser);
await sender.page.goto(`${server.url}mock/sender.html`);
await server.senderReady();

/**
 * @param {string} name
 * @param {string} path
 * @param {NonNullable<Parameters<typeof openPage>[1]>} options
 * @param {(page: import('playwright-core').Page) => Promise<void>} [act]
 */
async function shoot(name, path, options, act = async () => {}) {
  if (!new RegExp(only).test(name)) return;
  const { page, errors, close } = await openPage(browser, options);
  try {
    await page.goto(server.url + path);
    await pictureMoves(page, 'video');
    await act(page);
    await page.waitForTimeout(700);
    await page.screenshot({ path: join(folder, `${name}.png`) });
    console.log(name, errors.join(' '));
  } catch (error) {
    console.log(name, String(error));
    await page.screenshot({ path: join(folder, `${name}.png`) }).catch(() => {});
  }
  await close();
}

/** @param {import('playwright-core').Page} page @param {number} share */
async function timelinePoint(page, share) {
  const box = await page.getByRole('slider').boundingBox();
  if (!box) throw new Error('no timeline');
  return { x: box.x + box.width * share, y: box.y + box.height - 16 };
}

/** @param {number} notches */
const zoomed = (notches) => async (/** @type {import('playwright-core').Page} */ page) => {
  const { x, y } = await timelinePoint(page, 0.6);
  await page.mouse.move(x, y);
  for (let notch = 0; notch < Math.abs(notches); notch += 1) await page.mouse.wheel(0, notches > 0 ? -200 : 200);
  await page.mouse.move(5, 5);
};

const wide = { width: 1440, height: 900 };
const phone = { width: 390, height: 844 };
for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  await shoot(`viewer-live-${colorScheme}`, 'front-door/', { ...wide, colorScheme });
  await shoot(`viewer-scrub-${colorScheme}`, 'front-door/', { ...wide, colorScheme }, async (page) => {
    const from = await timelinePoint(page, 0.6);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    const to = await timelinePoint(page, 0.3);
    await page.mouse.move(to.x, to.y, { steps: 8 });
    await page.locator('.bubble-picture img').waitFor();
  });
  await shoot(`viewer-clip-${colorScheme}`, 'front-door/', { ...wide, colorScheme }, async (page) => {
    const at = await timelinePoint(page, 0.7);
    await page.mouse.click(at.x, at.y);
    await page.keyboard.press('c');
    await page.getByRole('button', { name: 'Keep' }).click();
  });
  await shoot(`viewer-jump-${colorScheme}`, 'front-door/', { ...wide, colorScheme }, async (page) => {
    const at = await timelinePoint(page, 0.7);
    await page.mouse.click(at.x, at.y);
    await page.getByLabel('Speed').selectOption('-4');
    await page.getByTitle('Go to a date and time').click();
  });
  await shoot(`viewer-phone-${colorScheme}`, 'front-door/', { ...phone, colorScheme });
  await shoot(`viewer-phone-clip-${colorScheme}`, 'front-door/', { ...phone, colorScheme }, async (page) => {
    await page.getByTitle('Select a clip (C)').click();
  });
  await shoot(`sync-${colorScheme}`, 'sync.html', { ...wide, colorScheme }, async (page) => {
    await pictureMoves(page, '[data-stream-id=garage] video');
    const at = await timelinePoint(page, 0.8);
    await page.mouse.click(at.x, at.y);
  });
  await shoot(`dashboard-${colorScheme}`, '', { ...wide, colorScheme }, async (page) => {
    await page.locator('.recording-mark').first().waitFor();
    await pictureMoves(page, '[data-stream-id=garage] video');
  });
}
await shoot('viewer-month', 'front-door/', wide, zoomed(-25));
await shoot('viewer-day', 'front-door/', wide, zoomed(-9));
await shoot('viewer-seconds', 'front-door/', wide, zoomed(18));
await shoot('viewer-laptop', 'front-door/', { width: 1280, height: 800 }, zoomed(3));
await shoot('viewer-tablet', 'front-door/', { width: 820, height: 1100 }, async (page) => {
  const at = await timelinePoint(page, 0.7);
  await page.mouse.click(at.x, at.y);
});
await shoot('viewer-phone-jump', 'front-door/', phone, (page) => page.getByTitle('Go to a date and time').click());
await shoot('sync-phone', 'sync.html', phone);
await shoot('sync-chooser', 'sync.html', wide, (page) => page.getByText('Cameras', { exact: true }).click());
await shoot('dashboard-phone', '', phone);
await browser.close();
for (const session of dvr.sessions) session.close();
await server.close();
