// Milliseconds to the first picture over HLS, of each path's first client and of later ones: hls_start.mjs BASE-URL PATH…
import { inPage } from './page.mjs';

const [base, ...paths] = process.argv.slice(2);
await inPage(base, (page) =>
  page.evaluate(async (paths) => {
    const start = async (/** @type {string} */ path) => {
      const { firstPicture, stop } = await bench.play('hls', path, { autoReconnect: false });
      stop();
      return firstPicture;
    };
    const first = [];
    for (const path of paths) first.push(await start(path));
    // The muxers run on for a minute.
    const later = [];
    for (let round = 0; round < 2; round += 1) for (const path of paths) later.push(await start(path));
    return { first, later };
  }, paths),
);
