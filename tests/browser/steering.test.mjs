// Rewinding without a browser: the engines' commands, what becomes of them, and a synchronous group.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { Api } from '../../web/static/js/api.js';
import { Backoff } from '../../web/static/js/backoff.js';
import { HlsEngine } from '../../web/static/js/hls-engine.js';
import { mediaTimeOf } from '../../web/static/js/hls-media.js';
import { Player } from '../../web/static/js/player.js';
import { PositionClock } from '../../web/static/js/position-clock.js';
import { ServerClock } from '../../web/static/js/server-clock.js';
import { WebRTCEngine } from '../../web/static/js/webrtc-engine.js';
import { FakePeer, fakeVideo, next } from './fake-peer.mjs';
import { MockDvr } from './mock-dvr.mjs';
import { MockServer, mockStream } from './mock-server.mjs';
import { nativeVideo } from './native-video.mjs';
import { until } from './until.mjs';

const hour = 3_600_000;

/** @type {MockServer} */
let server;
/** @type {MockDvr} */
let dvr;
/** @type {(WebRTCEngine | HlsEngine)[]} */
let engines = [];

beforeEach(async () => {
  server = await new MockServer().start();
  server.streams = [mockStream({ id: 'cam1' })];
  server.onOffer = () => ({ answer: 'v=0\r\n' });
  dvr = server.dvr = new MockDvr();
  dvr.recorded.set('cam1', [{ start: Date.now() - hour, end: Infinity }]);
  FakePeer.all = [];
});

afterEach(async () => {
  for (const engine of engines.splice(0)) engine.disconnect();
  for (const session of dvr.sessions) session.close();
  await server.close();
});

/** @param {Partial<ConstructorParameters<typeof WebRTCEngine>[0]>} [options] */
function makeEngine(options = {}) {
  const engine = new WebRTCEngine({
    streamId: 'cam1',
    videoElement: fakeVideo(),
    baseUrl: server.url,
    backoff: new Backoff({ firstMs: 1, maxMs: 4 }),
    tickMs: 5,
    watchdog: { silenceMs: 30, graceMs: 30 },
    ...options,
  });
  engines.push(engine);
  return engine;
}

/**
 * @param {string} name
 * @param {(context: import('node:test').TestContext) => void | Promise<void>} check
 */
function rewindTest(name, check) {
  test(name, { timeout: 10_000 }, check);
}

/** @param {any} position @param {number} time */
const isAbout = (position, time) => Math.abs(position.time.getTime() - time) < 2_000;

for (const signalling of /** @type {const} */ (['ws', 'whep'])) {
  rewindTest(`${signalling}: into the recordings, faster, paused, a step on, and back to live`, async () => {
    const engine = makeEngine({ signalling });
    await engine.connect();
    const modes = /** @type {string[]} */ ([]);
    engine.on('mode', ({ mode }) => modes.push(mode));
    const target = new Date(Date.now() - hour / 2);
    const sought = next(engine, 'position', ({ mode }) => mode === 'dvr');
    engine.seek(target);
    assert.ok(isAbout(await sought, target.getTime()));
    const faster = next(engine, 'position', ({ rate }) => rate === 4);
    engine.speed(4);
    await faster;
    assert.equal(engine.position?.rate, 4);
    const paused = next(engine, 'position', ({ rate }) => rate === 0);
    engine.speed(0);
    const { time } = await paused;
    const stepped = next(engine, 'position', (position) => position.time > time);
    engine.step(1);
    assert.equal((await stepped).rate, 0);
    assert.equal(engine.position?.time.getTime(), (await stepped).time.getTime(), 'a paused picture stands');
    const live = next(engine, 'position', ({ mode }) => mode === 'live');
    engine.live();
    await live;
    assert.deepEqual(modes, ['dvr', 'live']);
    assert.equal(FakePeer.all.length, 1, 'all in one session');
  });

  rewindTest(`${signalling}: a seek behind the last recording leads to live`, async () => {
    dvr.recorded.set('cam1', [{ start: Date.now() - hour, end: Date.now() - hour / 4 }]);
    const engine = makeEngine({ signalling });
    await engine.connect();
    const rewound = next(engine, 'mode', ({ mode }) => mode === 'dvr');
    engine.seek(new Date(Date.now() - hour / 2));
    await rewound;
    const live = next(engine, 'mode', ({ mode }) => mode === 'live');
    engine.seek(60);
    await live;
    assert.equal(engine.position?.mode, 'live');
  });

  rewindTest(`${signalling}: what the server refuses is said, and the session goes on`, async () => {
    const engine = makeEngine({ signalling });
    await engine.connect();
    // One that is steered by HTTP begins with its first command.
    if (signalling === 'whep') dvr.session('cam1', () => {});
    for (const session of dvr.sessions) session.command = refusing(session);
    const refused = next(engine, 'refused');
    engine.speed(2);
    assert.deepEqual([(await refused).status, (await refused).message], [400, 'not today']);
    assert.notEqual(engine.state, 'reconnecting');
    assert.equal(FakePeer.all.length, 1);
  });
}

/** @param {import('./mock-dvr.mjs').MockSession} session */
function refusing(session) {
  return () => {
    session.send({ type: 'error', code: 400, message: 'not today' });
    return 'not today';
  };
}

rewindTest('a time is a date, a text, or seconds ago; what is none is refused at once', async () => {
  const engine = makeEngine();
  await engine.connect();
  const seeks = () => server.messages.filter(({ type }) => type === 'seek').map(({ time }) => time);
  engine.seek(new Date('2026-11-21T10:00:00Z'));
  engine.seek('2026-11-21T11:00:00+01:00');
  engine.seek(30);
  await until(() => seeks().length === 3);
  assert.deepEqual(seeks(), ['2026-11-21T10:00:00.000Z', '2026-11-21T11:00:00+01:00', 30]);
  for (const wrong of [-1, NaN, Infinity, 'yesterday', new Date(NaN)]) assert.throws(() => engine.seek(wrong), RangeError);
  for (const wrong of [0.1, 65, -0.1, -65, NaN]) assert.throws(() => engine.speed(wrong), RangeError);
});

rewindTest('a seek before the connection is done after it', async () => {
  const engine = makeEngine();
  const target = Date.now() - hour / 2;
  const sought = next(engine, 'position', ({ mode }) => mode === 'dvr');
  engine.seek(new Date(target));
  await engine.connect();
  assert.ok(isAbout(await sought, target));
});

rewindTest('a new session goes on where the lost one was, at its speed', async () => {
  const engine = makeEngine();
  await engine.connect();
  const target = Date.now() - hour / 2;
  const sought = next(engine, 'position', ({ rate }) => rate === 0.5);
  engine.seek(new Date(target));
  engine.speed(0.5);
  await sought;
  const again = next(engine, 'connected');
  FakePeer.all[0].become('failed');
  await again;
  const resumed = await next(engine, 'position', ({ mode, rate }) => mode === 'dvr' && rate === 0.5);
  assert.ok(isAbout(resumed, target));
});

rewindTest('a player that is closed and opened again is where it was', async () => {
  const player = new Player({ streamId: 'cam1', videoElement: fakeVideo(), mode: 'webrtc', baseUrl: server.url });
  try {
    const target = Date.now() - hour / 2;
    const sought = next(player, 'position', ({ mode, rate }) => mode === 'dvr' && rate === 0);
    player.seek(new Date(target));
    player.speed(0);
    player.connect();
    assert.ok(isAbout(await sought, target), 'also what was asked for before the first connection');
    player.disconnect();
    const again = next(player, 'position', ({ mode, rate }) => mode === 'dvr' && rate === 0);
    player.connect();
    assert.ok(isAbout(await again, target));
    assert.equal(FakePeer.open.length, 1);
  } finally {
    player.disconnect();
  }
});

rewindTest('a player whose session is lost while the camera is away goes on in the recordings at the speed it had', async () => {
  const videoElement = nativeVideo();
  const player = new Player({ streamId: 'cam1', videoElement, baseUrl: server.url });
  try {
    const target = Date.now() - hour / 2;
    const sought = next(player, 'position', ({ mode }) => mode === 'dvr');
    player.seek(new Date(target));
    player.connect();
    await sought;
    server.onOffer = () => ({ status: 404, error: 'camera offline: no route to host' });
    FakePeer.all[0].become('failed');
    await until(() => !Number.isNaN(videoElement.start));
    assert.equal(player.protocol, 'hls');
    assert.ok(Math.abs(videoElement.start - target) < 2_000);
    assert.equal(videoElement.paused, false);
  } finally {
    player.disconnect();
  }
});

rewindTest('the end of the recording leads to live, and a later session begins live', async () => {
  const engine = makeEngine();
  await engine.connect();
  const rewound = next(engine, 'position', ({ mode }) => mode === 'dvr');
  engine.seek(60);
  await rewound;
  const live = next(engine, 'mode', ({ mode }) => mode === 'live');
  dvr.recorded.set('cam1', [{ start: Date.now() - hour, end: Date.now() - 2 * 60_000 }]);
  await live;
  const again = next(engine, 'connected');
  FakePeer.all[0].become('failed');
  await again;
  await next(engine, 'position');
  assert.equal(engine.position?.mode, 'live');
  assert.equal(server.messages.filter(({ type }) => type === 'seek').length, 1);
});

rewindTest('a paused session without media is alive as long as it tells where it is', async () => {
  // Long against what a busy machine does to timers.
  const engine = makeEngine({ watchdog: { silenceMs: 300, graceMs: 300 } });
  const live = next(engine, 'state', ({ state }) => state === 'live');
  await engine.connect();
  await live;
  const paused = next(engine, 'position', ({ rate }) => rate === 0);
  engine.speed(0);
  await paused;
  const timer = setInterval(() => [...dvr.sessions].forEach((session) => session.report()), 5);
  FakePeer.all[0].flowing = false;
  const states = /** @type {string[]} */ ([]);
  engine.on('state', ({ state }) => states.push(state));
  // Several times as long as an online camera may be silent.
  for (let tick = 0; tick < 200; tick += 1) await next(engine, 'stats');
  clearInterval(timer);
  assert.deepEqual(states, []);
});

/** An engine of an iPhone that is to play what is recorded, and has opened that. @param {Date} time */
async function rewoundIPhone(time) {
  const videoElement = nativeVideo();
  const engine = new HlsEngine({ streamId: 'cam1', videoElement, baseUrl: server.url });
  engines.push(engine);
  engine.seek(time);
  engine.connect().catch(() => {});
  await until(() => videoElement.start === time.getTime());
  return { engine, videoElement };
}

rewindTest('the end of a recording leads to live, also where the browser plays HLS by itself', async () => {
  const { engine, videoElement } = await rewoundIPhone(new Date(Date.now() - hour / 2));
  const connected = next(engine, 'connected');
  videoElement.dispatchEvent(new Event('loadeddata'));
  await connected;
  const live = next(engine, 'mode', ({ mode }) => mode === 'live');
  videoElement.dispatchEvent(new Event('ended'));
  await live;
  await until(() => videoElement.src === `${server.url}cam1/index.m3u8`);
});

rewindTest('a time of which nothing is recorded is refused, also where the browser plays HLS by itself', async () => {
  const { engine, videoElement } = await rewoundIPhone(new Date(Date.now() - hour / 2));
  const refused = next(engine, 'refused');
  videoElement.dispatchEvent(new Event('error'));
  assert.deepEqual([(await refused).status, (await refused).message], [404, 'Nothing is recorded at this time']);
  await until(() => videoElement.src === `${server.url}cam1/index.m3u8`);
});

rewindTest('over HLS, too, seconds before now are the server\'s', async () => {
  const api = new Api(server.url);
  api.clock.observe(new Date(Date.now() + hour).toUTCString(), Date.now());
  const videoElement = nativeVideo();
  const player = new Player({ streamId: 'cam1', videoElement, mode: 'hls', baseUrl: server.url, api });
  try {
    player.seek(30);
    player.connect();
    await until(() => !Number.isNaN(videoElement.start));
    assert.ok(Math.abs(videoElement.start - (api.clock.now() - 30_000)) < 2_000);
  } finally {
    player.disconnect();
  }
});

test('the position goes on between its reports', () => {
  const clock = new PositionClock();
  assert.equal(clock.time(0), null);
  clock.set({ time: new Date(50_000), mode: 'dvr', rate: -4 }, 1_000);
  assert.equal(clock.time(1_500), 48_000);
  clock.hold(2_000);
  assert.equal(clock.time(9_000), 46_000);
});

test('the server\'s clock counts, but not the rounding of its Date header', () => {
  const clock = new ServerClock();
  const offset = () => clock.now() - Date.now();
  clock.observe(new Date(Date.now() - 800).toUTCString(), Date.now());
  assert.ok(Math.abs(offset()) < 100);
  clock.observe(new Date(Date.now() + hour).toUTCString(), Date.now());
  assert.ok(Math.abs(offset() - hour) < 1_500);
  clock.observe(null, Date.now());
  assert.ok(Math.abs(offset() - hour) < 1_500);
});

test('HLS: a moment is found by PROGRAM-DATE-TIME; one in a gap is the next recording', () => {
  const playlist = {
    fragments: [
      { start: 0, duration: 4, programDateTime: 100_000 },
      { start: 4, duration: 4, programDateTime: 104_000 },
      { start: 8, duration: 4, programDateTime: 200_000 },
    ],
  };
  assert.equal(mediaTimeOf(playlist, 105_500), 5.5);
  assert.equal(mediaTimeOf(playlist, 150_000), 8);
  assert.equal(mediaTimeOf(playlist, 99_000), null);
  assert.equal(mediaTimeOf(playlist, 204_000), null);
  assert.equal(mediaTimeOf(null, 0), null);
});
