// Each picture's way through a viewer, by the clock in the picture: latency.mjs BASE-URL PATH webrtc|hls SETTLE SECONDS
import { inPage } from './page.mjs';

const [base, path, protocol, settle, seconds] = process.argv.slice(2);
await inPage(base, (page) =>
  page.evaluate(
    async ({ path, protocol, settle, seconds }) => {
      const pause = (/** @type {number} */ s) => new Promise((resolve) => setTimeout(resolve, s * 1000));
      const { engine, videoElement, stop } = await bench.play(protocol, path);
      let stats = { freezeCount: 0, framesDropped: 0, packetsLost: 0 };
      engine.on('stats', (latest) => (stats = latest));
      await pause(settle);
      // A browser that has just begun stumbles over its own beginning.
      const before = { ...stats };
      const dropped = videoElement.getVideoPlaybackQuality().droppedVideoFrames;
      const pictures = [];
      const watching = new AbortController();
      bench.watch(videoElement, watching.signal, (picture) => pictures.push(picture));
      await pause(seconds);
      watching.abort();
      const result = {
        pictures,
        freezes: stats.freezeCount - before.freezeCount,
        framesDropped: stats.framesDropped - before.framesDropped,
        packetsLost: stats.packetsLost - before.packetsLost,
        droppedByCompositor: videoElement.getVideoPlaybackQuality().droppedVideoFrames - dropped,
      };
      stop();
      return result;
    },
    { path, protocol, settle: Number(settle), seconds: Number(seconds) },
  ),
);
