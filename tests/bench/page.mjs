// A page of the daemon in Chromium, with in_page.js in it.
import { fileURLToPath } from 'node:url';

import { launchBrowser } from '../browser/harness.mjs';

/**
 * Prints what `measure` returns, as JSON.
 *
 * @param {string} base root of the daemon
 * @param {(page: import('playwright-core').Page) => Promise<unknown>} measure
 */
export async function inPage(base, measure) {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.addInitScript({ path: fileURLToPath(new URL('in_page.js', import.meta.url)) });
    // Of the daemon, for its scripts, and without a player of its own.
    await page.goto(`${base}/health`);
    console.log(JSON.stringify(await measure(page)));
  } finally {
    await browser.close();
  }
}
