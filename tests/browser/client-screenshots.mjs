// The example page of clients/js in its states, themes and sizes, to be looked at: client-screenshots.mjs FOLDER
import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { launchBrowser, openPage } from './harness.mjs';
import { frameMessage, MockFrames } from './mock-frames.mjs';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('where to? client-screenshots.mjs FOLDER');
await mkdir(folder, { recursive: true });

/** @param {string} source of ffmpeg's lavfi @returns {Buffer[]} JPEG files */
function film(source) {
  const { stdout, stderr, status } = spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', `${source}=s=640x360:r=10`, '-t', '3', '-c:v', 'mjpeg',
    '-q:v', '4', '-f', 'image2pipe', '-'], { maxBuffer: 64 << 20 });
  if (status !== 0) throw new Error(String(stderr));
  const starts = /** @type {number[]} */ ([]);
  const mark = Buffer.from([0xff, 0xd8, 0xff]);
  for (let at = stdout.indexOf(mark); at >= 0; at = stdout.indexOf(mark, at + 3)) starts.push(at);
  return starts.map((start, index) => stdout.subarray(start, starts[index + 1]));
}

const server = await new MockFrames().start();
const films = new Map([['front-door', film('testsrc2')], ['yard', film('mandelbrot')]]);
for (const path of films.keys()) server.streams.set(path, { status: 'online', reason: '' });
let sequence = 0;
const sending = setInterval(() => {
  sequence += 1;
  for (const [path, pictures] of films)
    server.send(path, frameMessage({ format: 'jpeg', width: 640, height: 360, data: pictures[sequence % pictures.length], sequence }));
}, 100);

const browser = await launchBrowser();

/**
 * @param {string} name
 * @param {string} second
 * @param {string} state of the second viewer
 * @param {NonNullable<Parameters<typeof openPage>[1]>} options
 */
async function shoot(name, second, state, options) {
  const { page, errors, close } = await openPage(browser, options);
  const query = new URLSearchParams({ server: server.url ?? '', first: 'front-door', second });
  await page.goto(`${server.url}/clients/js/example/index.html?${query}`);
  await page.locator(`#second[state=${state}]`).waitFor();
  await page.locator('#react-root rtsp-stream-viewer[state=live]').waitFor();
  await page.getByText(/^\d+ fps$/).nth(1).waitFor();
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  console.log(name, errors.join(' '));
  await close();
}

await shoot('clients-light', 'yard', 'live', { width: 1280, height: 900 });
await shoot('clients-dark', 'yard', 'live', { width: 1280, height: 900, colorScheme: 'dark' });
await shoot('clients-failed', 'garage', 'failed', { width: 1280, height: 900 });
await shoot('clients-phone', 'yard', 'live', { width: 390, height: 844 });
await shoot('clients-phone-dark', 'garage', 'failed', { width: 390, height: 844, colorScheme: 'dark' });
server.streams.set('garage', { status: 'offline', reason: 'the camera at rtsp://***@192.0.2.12/1 does not answer' });
server.refused.set('garage', 4503);
await shoot('clients-reconnecting', 'garage', 'reconnecting', { width: 1280, height: 900, colorScheme: 'dark' });
clearInterval(sending);
await browser.close();
await server.close();
