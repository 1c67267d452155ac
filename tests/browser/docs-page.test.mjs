// The API's document in Chromium, from what the build has put together for the daemon.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';

import { launchBrowser, openPage } from './harness.mjs';

const staged = join(/** @type {string} */ (process.env.RILL_BUILD_DIR), 'web');
/** @type {Record<string, string>} */
const contentTypes = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.yaml': 'application/yaml' };

/** @type {import('playwright-core').Browser} */
let browser;
/** @type {string[]} */
const asked = [];
/** @type {Awaited<ReturnType<typeof openPage>> | undefined} */
let opened;

const server = createServer(async (request, response) => {
  const path = new URL(request.url ?? '/', 'http://host').pathname.replace(/^\/below/, '');
  if (path.startsWith('/api/')) {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"id":"yard/back"}');
    return;
  }
  const file = path === '/docs' ? '/docs.html' : path;
  const content = await readFile(join(staged, file)).catch(() => null);
  response.writeHead(content ? 200 : 404, { 'Content-Type': contentTypes[extname(file)] ?? 'text/plain' }).end(content);
});
let root = '';

before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  root = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`;
  browser = await launchBrowser();
});
after(async () => {
  await browser.close();
  server.closeAllConnections();
  server.close();
});
afterEach(() => opened?.close());

/** @param {{ colorScheme?: 'light' | 'dark', url?: string }} how */
async function visit({ colorScheme, url = 'docs' } = {}) {
  opened = await openPage(browser, { colorScheme });
  const { page, errors } = opened;
  /** @type {string[]} */
  const urls = [];
  page.on('request', (request) => urls.push(request.url()));
  await page.goto(`${root}${url}`);
  await page.waitForSelector('.opblock-tag');
  return { page, errors, urls };
}

test('the document is shown, and nothing is loaded from elsewhere', async () => {
  const { page, errors, urls } = await visit();
  const tags = [...(await readFile(join(staged, 'openapi.yaml'), 'utf8')).matchAll(/^ {2}- name: (.+)$/gm)].map((match) => match[1]);
  assert.deepEqual(await page.locator('.opblock-tag').evaluateAll((all) => all.map((each) => each.getAttribute('data-tag'))), tags);
  assert.equal(await page.locator('.errors-wrapper').count(), 0);
  assert.deepEqual(urls.filter((url) => !url.startsWith(root) && !url.startsWith('data:')), []);
  assert.deepEqual(errors, []);
});

test('what is tried out asks for a name with its slashes, also below the path of a proxy', async () => {
  const { page } = await visit({ url: 'below/docs' });
  await page.locator('.opblock-tag[data-tag="Streams"]').click();
  await page.locator('#operations-Streams-getStream .opblock-summary-control').click();
  await page.locator('#operations-Streams-getStream .try-out__btn').click();
  await page.locator('#operations-Streams-getStream input[placeholder="path"]').fill('yard/back');
  await page.locator('#operations-Streams-getStream .execute').click();
  await page.waitForSelector('#operations-Streams-getStream .live-responses-table');
  assert.deepEqual(asked, ['GET /below/api/v1/streams/yard/back']);
});

test('it is as dark as the other pages', async () => {
  const { page } = await visit({ colorScheme: 'dark' });
  const isDark = () => page.evaluate(() => document.documentElement.classList.contains('dark-mode'));
  assert.equal(await isDark(), true);
  await page.locator('#theme').click();
  await page.waitForFunction(() => !document.documentElement.classList.contains('dark-mode'));
  await page.locator('#theme').click();
  await page.waitForFunction(() => document.documentElement.classList.contains('dark-mode'));
});
