// Milliseconds from connect() to the first picture shown, at many phases of the GOP: first_picture.mjs BASE-URL PATH
import { launchBrowser } from '../browser/harness.mjs';

const [base, path] = process.argv.slice(2);
const browser = await launchBrowser();
try {
  const page = await browser.newPage();
  await page.goto(`${base}/viewer.html?stream=none`);
  const times = [];
  for (let round = 0; round < 16; round += 1) {
    times.push(await page.evaluate(async (stream) => {
      const { WebRTCEngine } = await import('/static/js/webrtc-engine.js');
      const video = document.createElement('video');
      video.muted = true;
      video.autoplay = true;
      document.body.append(video);
      const start = performance.now();
      const shown = new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now() - start)));
      const engine = new WebRTCEngine({ streamId: stream, videoElement: video, autoReconnect: false, signalling: 'whep' });
      await engine.connect();
      const elapsed = await shown;
      engine.disconnect();
      video.remove();
      return elapsed;
    }, path));
    // Another phase of the GOP each time.
    await page.waitForTimeout(270);
  }
  console.log(JSON.stringify(times));
} finally {
  await browser.close();
}
