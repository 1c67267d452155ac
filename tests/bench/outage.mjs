// A camera that goes and comes back, as a viewer sees it: outage.mjs BASE-URL PATH webrtc|hls CONTROL-PORT gone|silent
//
// gone: refuses connections for 5 s. silent: sends nothing over a living connection until the daemon notices. Prints
// milliseconds from the camera's return to pictures painted after it.
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

import { inPage } from './page.mjs';

const [base, path, protocol, control, fault] = process.argv.slice(2);

/** @param {string} line for rill-camera */
async function command(line) {
  const connection = createConnection({ host: '127.0.0.1', port: Number(control) });
  connection.write(`${line}\n`);
  for await (const answer of createInterface(connection)) {
    connection.destroy();
    if (answer.startsWith('error')) throw new Error(`rill-camera: ${line}: ${answer}`);
    return;
  }
}

const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(/** @type {string} */ status) {
  for (;;) {
    const stream = await (await fetch(`${base}/api/v1/streams/${path}`)).json();
    if (stream.status === status) return;
    await pause(20);
  }
}

await inPage(base, async (page) => {
  await page.evaluate(
    async ({ path, protocol }) => {
      const { engine, videoElement } = await bench.play(protocol, path);
      bench.states = [];
      bench.disconnections = 0;
      engine.on('state', ({ state }) => bench.states.push(state));
      engine.on('disconnected', () => (bench.disconnections += 1));
      bench.pictures = [];
      bench.watch(videoElement, new AbortController().signal, (picture) => bench.pictures.push(picture));
    },
    { path, protocol },
  );
  await page.waitForFunction(() => bench.pictures.length > 25);

  const gone = Date.now();
  await command(fault === 'gone' ? 'refuse *' : `freeze ${path}`);
  await until('offline');
  const noticed = Date.now() - gone;
  if (fault === 'gone') await pause(5_000 - noticed);
  await command(fault === 'gone' ? 'accept *' : `thaw ${path}`);
  const returned = Date.now();
  const online = until('online').then(() => Date.now() - returned);
  await page.waitForFunction((since) => bench.pictures.some(({ painted }) => painted > since), returned, {
    timeout: 60_000,
  });
  return page.evaluate(
    ({ returned, noticed, online }) => ({
      noticed,
      online,
      pictures: bench.pictures.find(({ painted }) => painted > returned).seen - returned,
      sameSession: bench.disconnections === 0,
      states: bench.states,
    }),
    { returned, noticed, online: await online },
  );
});
