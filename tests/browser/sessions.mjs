// Opens and closes WebRTC sessions until each showed a picture: sessions.mjs BASE-URL PATH COUNT
import { launchBrowser } from './harness.mjs';

const [base, path, count] = process.argv.slice(2);
const parallel = 5;
const browser = await launchBrowser();
try {
  const page = await browser.newPage();
  await page.goto(`${base}/viewer.html?stream=none`);
  for (let done = 0; done < Number(count); done += parallel) {
    await page.evaluate(async ({ stream, sessions }) => {
      const { WebRTCEngine } = await import('/static/js/webrtc-engine.js');
      await Promise.all(Array.from({ length: sessions }, async () => {
        const video = document.createElement('video');
        video.muted = true;
        video.autoplay = true;
        document.body.append(video);
        const shown = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
        const engine = new WebRTCEngine({ streamId: stream, videoElement: video, autoReconnect: false });
        await engine.connect();
        await shown;
        engine.disconnect();
        video.remove();
      }));
    }, { stream: path, sessions: parallel });
  }
} finally {
  await browser.close();
}
