// Milliseconds from connect() to the first picture, at phases spread evenly over the GOP:
//   first_picture.mjs BASE-URL PATH GOP-MILLISECONDS PHASES
import { inPage } from './page.mjs';

const [base, path, gop, phases] = process.argv.slice(2);
await inPage(base, (page) =>
  page.evaluate(
    async ({ path, gop, phases }) => {
      const times = [];
      const begun = performance.now();
      for (let phase = 0; phase < phases; phase += 1) {
        // The camera's keyframes are a GOP apart, so the phases are as far from each other as they are here.
        const offset = (gop * phase) / phases;
        const sinceStart = performance.now() - begun;
        const due = Math.ceil((sinceStart - offset) / gop) * gop + offset;
        await new Promise((resolve) => setTimeout(resolve, due - sinceStart));
        const { firstPicture, stop } = await bench.play('webrtc', path, { autoReconnect: false });
        times.push(firstPicture);
        stop();
      }
      return times;
    },
    { path, gop: Number(gop), phases: Number(phases) },
  ),
);
