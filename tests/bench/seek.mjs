// Jumps of a viewer within what was recorded: seek.mjs BASE-URL PATH SECONDS COUNT. Prints milliseconds from each command to the
// first picture of where it leads: `seek` anywhere in the last SECONDS, `speed` from 1 to 2, `live` from 10 s behind.
import { fileURLToPath } from 'node:url';

import { inPage } from './page.mjs';

const [base, path, seconds, count] = process.argv.slice(2);

await inPage(base, async (page) => {
  await page.addScriptTag({ path: fileURLToPath(new URL('../browser/rewind-page.js', import.meta.url)) });
  return page.evaluate(
    async ({ path, seconds, count }) => {
      const viewer = await rewind.open(path);
      await rewind.until(() => viewer.pictures.length > 25, 'live pictures', 20_000);
      const times = { seek: [], speed: [], live: [] };
      for (let at = 0; at < count; at += 1) {
        // Every phase of the GOP, and never two in a row that are near each other.
        const behind = 2 + ((at * (seconds / 2 + 0.37)) % (seconds - 4));
        times.seek.push((await rewind.jump(viewer, { type: 'seek', time: behind })).took);
        await rewind.pause(300);
        if (at % 4 !== 0) continue;
        times.speed.push(await rewind.faster(viewer));
        await rewind.jump(viewer, { type: 'seek', time: 10 + (at % 5) });
        viewer.send({ type: 'speed', rate: 1 });
        await rewind.pause(300);
        times.live.push((await rewind.jump(viewer, { type: 'live' })).took);
        await rewind.pause(300);
      }
      return times;
    },
    { path, seconds: Number(seconds), count: Number(count) },
  );
});
