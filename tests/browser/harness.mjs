// Chromium for tests, and what a person would check by looking and listening.
import { createRequire } from 'node:module';

const load = createRequire(new URL('../../web/package.json', import.meta.url));
/** @type {typeof import('playwright-core')} */
const { chromium } = load('playwright-core');

/** A machine that is busy with other things makes everything slower; this stretches the time limits, never an expectation. */
const patience = Number(process.env.RILL_PATIENCE ?? 1);

const flags = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  // Two pages of one browser must reach each other where there is no multicast DNS.
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** Chromium with a profile of its own. @returns {Promise<import('playwright-core').Browser>} */
export function launchBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags, timeout: 30_000 * patience });
}

/**
 * A page in a context of its own. Errors of its scripts are collected, for the test to check, and so is what its Content
 * Security Policy forbids.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {{width?: number, height?: number, colorScheme?: 'light' | 'dark'}} [options]
 */
export async function openPage(browser, { width = 1280, height = 800, colorScheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000 * patience);
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error.stack ?? error)));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
      throw new Error(`the page's policy forbids ${blockedURI} (${effectiveDirective})`);
    }),
  );
  return { page, errors, close: () => context.close() };
}

/**
 * Resolves when the video shows different, not uniform pictures; rejects after the time-out.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} selector of one <video>
 * @param {number} [timeout] milliseconds
 */
export async function pictureMoves(page, selector, timeout = 20_000) {
  await page.waitForFunction(
    (/** @type {string} */ wanted) => {
      const video = /** @type {any} */ (document.querySelector(wanted));
      if (!video?.videoWidth) return false;
      const canvas = new OffscreenCanvas(64, 36);
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
      context.drawImage(video, 0, 0, 64, 36);
      const pixels = context.getImageData(0, 0, 64, 36).data;
      const luma = [];
      for (let at = 0; at < pixels.length; at += 4)
        luma.push((pixels[at] + 2 * pixels[at + 1] + pixels[at + 2]) / 4);
      const uniform = Math.max(...luma) - Math.min(...luma) < 8;
      const previous = video.previousLuma;
      video.previousLuma = luma;
      if (uniform || !previous) return false;
      const changed = luma.filter((value, index) => Math.abs(value - previous[index]) > 12).length;
      video.changes = (video.changes ?? 0) + (changed > 3 ? 1 : 0);
      return video.changes >= 3;
    },
    selector,
    { timeout: timeout * patience, polling: 250 },
  );
}

/**
 * Resolves when there is sound in what the video plays, be it muted or not.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} selector of one <video>
 * @param {number} [timeout] milliseconds
 */
export async function soundIsHeard(page, selector, timeout = 15_000) {
  await page.waitForFunction(
    (/** @type {string} */ wanted) => {
      const video = /** @type {any} */ (document.querySelector(wanted));
      if (!video) return false;
      if (!video.analyser) {
        const stream = video.srcObject ?? video.captureStream();
        if (stream.getAudioTracks().length === 0) return false;
        const context = new AudioContext();
        video.analyser = context.createAnalyser();
        context.createMediaStreamSource(stream).connect(video.analyser);
      }
      const samples = new Float32Array(video.analyser.fftSize);
      video.analyser.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length) > 0.001;
    },
    selector,
    { timeout: timeout * patience, polling: 250 },
  );
}
