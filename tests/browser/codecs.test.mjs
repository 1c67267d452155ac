// Pictures in VP8 and VP9, on the paths of these names. RILL_URL is the daemon's root.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser, openPage, pictureMoves } from './harness.mjs';

/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  browser = await launchBrowser();
});

after(() => browser.close());

/** Watches a path in the page, in less than its height: so that it is a rendition in every browser. @param {string} path */
async function watch(path) {
  const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true });
  document.body.append(video);
  const peer = new RTCPeerConnection();
  peer.addTransceiver('video', { direction: 'recvonly' });
  peer.ontrack = ({ track }) => (video.srcObject = new MediaStream([track]));
  await peer.setLocalDescription();
  await new Promise((resolve) => {
    const check = () => peer.iceGatheringState === 'complete' && resolve(undefined);
    peer.addEventListener('icegatheringstatechange', check);
    check();
  });
  const answer = await fetch(`/${path}/whep?max-height=180`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: peer.localDescription?.sdp,
  });
  if (!answer.ok) throw new Error(await answer.text());
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  Object.assign(window, {
    received: async () => {
      const stats = [...(await peer.getStats()).values()];
      const inbound = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
      const codec = stats.find(({ id }) => id === inbound?.codecId);
      return { codec: codec?.mimeType, frames: inbound?.framesDecoded ?? 0, height: inbound?.frameHeight };
    },
  });
}

for (const codec of ['VP8', 'VP9'])
  test(`${codec} is shown`, async () => {
    const { page, errors, close } = await openPage(browser);
    const received = () => page.evaluate(() => /** @type {any} */ (window).received());
    try {
      await page.goto(new URL('health', process.env.RILL_URL).href);
      await page.evaluate(watch, codec.toLowerCase());
      await pictureMoves(page, 'video');
      const before = await received();
      assert.equal(before.codec, `video/${codec}`);
      assert.equal(before.height, 180);
      await page.waitForFunction(
        async (frames) => (await /** @type {any} */ (window).received()).frames >= frames + 25,
        before.frames,
      );
      assert.deepEqual(errors, []);
    } finally {
      await close();
    }
  });
