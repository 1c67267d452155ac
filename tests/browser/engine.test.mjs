// The engine's logic without a browser: the peer connection is a stand-in, the signalling is real.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { Backoff } from '../../web/static/js/backoff.js';
import { WebRTCEngine } from '../../web/static/js/webrtc-engine.js';
import { FakePeer, fakeVideo, next } from './fake-peer.mjs';
import { MockServer, mockStream } from './mock-server.mjs';
import { until } from './until.mjs';

/** @type {MockServer} */
let server;
/** @type {WebRTCEngine[]} */
let engines = [];

beforeEach(async () => {
  server = await new MockServer().start();
  server.streams = [mockStream({ id: 'cam1' })];
  server.onOffer = () => ({ answer: 'v=0\r\n' });
  FakePeer.all = [];
  FakePeer.reachable = true;
});

afterEach(async () => {
  for (const engine of engines.splice(0)) engine.disconnect();
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
 * A test that fails, instead of waiting for ever, when what it awaits does not come.
 *
 * @param {string} name
 * @param {(context: import('node:test').TestContext) => void | Promise<void>} check
 */
function engineTest(name, check) {
  test(name, { timeout: 10_000 }, check);
}

engineTest('connects, chains, reports statistics', async () => {
  const engine = makeEngine();
  assert.equal(
    engine.on('connected', () => {}).on('error', () => {}),
    engine,
  );
  const stats = next(engine, 'stats', ({ state }) => state === 'live');
  await engine.connect();
  const { codec, width, height } = await stats;
  assert.deepEqual([codec, width, height], ['H264', 640, 360]);
});

engineTest('a second connect() joins the first and a connected engine does not connect again', async () => {
  const engine = makeEngine();
  await Promise.all([engine.connect(), engine.connect()]);
  await engine.connect();
  assert.equal(FakePeer.all.length, 1);
});

engineTest('engines are independent', async () => {
  const [first, second] = [makeEngine(), makeEngine()];
  await Promise.all([first.connect(), second.connect()]);
  first.disconnect();
  assert.equal(first.state, 'idle');
  assert.equal(FakePeer.open.length, 1);
  await next(second, 'stats');
});

engineTest('disconnect() leaves nothing behind, and connecting again works', async () => {
  const videoElement = fakeVideo();
  const engine = makeEngine({ videoElement });
  for (let round = 0; round < 3; round += 1) {
    await engine.connect();
    assert.ok(videoElement.srcObject);
    const disconnected = next(engine, 'disconnected');
    engine.disconnect();
    await disconnected;
    assert.equal(videoElement.srcObject, null);
    assert.equal(FakePeer.open.length, 0);
    assert.ok(
      FakePeer.all.every(({ track, onconnectionstatechange }) => track.stopped && !onconnectionstatechange),
    );
    await until(() => server.sockets.size === 0);
  }
});

engineTest('disconnect() during an attempt rejects it and nothing follows', async () => {
  let offered = () => {};
  const offer = new Promise((/** @type {(value: void) => void} */ resolve) => (offered = resolve));
  server.onOffer = () => {
    offered();
    return new Promise(() => {});
  };
  const engine = makeEngine();
  const states = /** @type {string[]} */ ([]);
  engine.on('state', ({ state }) => states.push(state));
  const attempt = engine.connect();
  await offer;
  engine.disconnect();
  await assert.rejects(attempt, { name: 'PlaybackError', code: 'closed' });
  await until(() => server.sockets.size === 0);
  assert.deepEqual(states, ['connecting', 'idle']);
  assert.equal(FakePeer.open.length, 0);
});

for (const signalling of /** @type {const} */ (['ws', 'whep'])) {
  engineTest(
    `${signalling}: an offline camera is tried again until it is there, with the server's reason`,
    async () => {
      let offers = 0;
      server.onOffer = () =>
        ++offers < 4 ? { status: 404, error: 'camera offline: no route to host' } : { answer: 'v=0\r\n' };
      const engine = makeEngine({ signalling });
      const connected = next(engine, 'connected');
      await assert.rejects(engine.connect(), (/** @type {any} */ error) => {
        assert.ok(error instanceof Error);
        assert.deepEqual(
          [/** @type {any} */ (error).code, error.message],
          ['offline', 'camera offline: no route to host'],
        );
        return true;
      });
      await connected;
      assert.equal(offers, 4);
    },
  );

  engineTest(`${signalling}: a codec that the browser lacks is not tried again`, async () => {
    server.onOffer = () => ({ status: 406, error: 'no common codec' });
    const engine = makeEngine({ signalling });
    await assert.rejects(engine.connect(), { code: 'no_common_codec', status: 406, permanent: true });
    assert.equal(engine.state, 'failed');
    assert.equal(FakePeer.all.length, 1);
  });
}

engineTest('without autoReconnect one failure is the end', async () => {
  server.onOffer = () => ({ status: 404, error: 'camera offline' });
  const engine = makeEngine({ autoReconnect: false });
  await assert.rejects(engine.connect(), { code: 'offline' });
  assert.equal(engine.state, 'failed');
});

engineTest('a failed transport is replaced by a new session', async () => {
  const engine = makeEngine();
  await engine.connect();
  const again = next(engine, 'connected');
  const error = next(engine, 'error');
  FakePeer.all[0].become('failed');
  assert.equal((await error).code, 'closed');
  await again;
  assert.equal(FakePeer.all.length, 2);
  assert.equal(FakePeer.open.length, 1);
});

engineTest("the server's 'closed' ends the session with its reason and the engine returns", async () => {
  const engine = makeEngine();
  await engine.connect();
  const again = next(engine, 'connected');
  const gone = next(engine, 'disconnected');
  server.broadcast({ type: 'closed', reason: 'the path was removed' });
  assert.equal((await gone).reason, 'the path was removed');
  await again;
});

engineTest('a silent session is kept while the camera is away', async () => {
  server.streams[0].status = 'offline';
  server.streams[0].reason = 'no data for 10 s';
  const engine = makeEngine();
  const live = next(engine, 'state', ({ state }) => state === 'live');
  await engine.connect();
  await live;
  const [peer] = FakePeer.all;
  peer.flowing = false;
  const stalled = await next(engine, 'state', ({ state }) => state === 'stalled');
  assert.equal(stalled.reason, 'no data for 10 s');
  // Several times as long as an online camera may be silent.
  for (let ask = 0; ask < 20; ask += 1) await next(engine, 'state', ({ state }) => state === 'stalled');
  const back = next(engine, 'state', ({ state }) => state === 'live');
  peer.flowing = true;
  await back;
  assert.equal(FakePeer.all.length, 1);
});

engineTest('a silent session of an online camera is dead', async () => {
  const engine = makeEngine();
  const live = next(engine, 'state', ({ state }) => state === 'live');
  await engine.connect();
  await live;
  FakePeer.all[0].flowing = false;
  assert.equal((await next(engine, 'error')).code, 'stalled');
  await next(engine, 'connected');
  assert.equal(FakePeer.all.length, 2);
});

engineTest('no server: unreachable, and tried again', async () => {
  const gone = await new MockServer().start();
  const baseUrl = gone.url;
  await gone.close();
  const engine = makeEngine({ baseUrl });
  await assert.rejects(engine.connect(), { code: 'unreachable' });
  await next(engine, 'error');
  assert.equal(engine.state, 'reconnecting');
});

engineTest(
  'WHEP: Opus in stereo, ICE servers from the Link header, candidates by PATCH, DELETE at the end',
  async () => {
    server.iceLink =
      '<stun:stun.example.net>; rel="ice-server", <turn:turn.example.net>; rel="ice-server"; username="u\\"1"; credential="c"';
    const engine = makeEngine({ signalling: 'whep' });
    await engine.connect();
    assert.deepEqual(FakePeer.all[0].configuration.iceServers, [
      { urls: 'stun:stun.example.net' },
      { urls: 'turn:turn.example.net', username: 'u"1', credential: 'c' },
    ]);
    await until(() => server.requests.some(({ method }) => method === 'PATCH'));
    engine.disconnect();
    await until(() => server.requests.some(({ method }) => method === 'DELETE'));
    const whep = server.requests.filter(({ path }) => path.startsWith('/cam1/whep'));
    assert.deepEqual(
      whep.map(({ method }) => method),
      ['OPTIONS', 'POST', 'PATCH', 'DELETE'],
    );
    assert.match(whep[1].body, /a=fmtp:111 stereo=1;minptime=10/);
    assert.equal(whep[2].headers['content-type'], 'application/trickle-ice-sdpfrag');
    assert.equal(
      whep[2].body,
      'a=ice-ufrag:uuuu\r\na=ice-pwd:pppp\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n' +
        'a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n',
    );
    assert.equal(whep[3].path, '/cam1/whep/s1');
  },
);

engineTest('WebSocket: candidates go both ways, those before the answer too', async () => {
  const early = {
    type: 'candidate',
    candidate: 'candidate:9 1 udp 1 192.0.2.9 9 typ host',
    sdpMid: '0',
    sdpMLineIndex: 0,
  };
  server.onOffer = async () => {
    server.broadcast(early);
    return { answer: 'v=0\r\n' };
  };
  const engine = makeEngine();
  await engine.connect();
  await until(() => FakePeer.all[0].candidates.length === 1);
  assert.equal(FakePeer.all[0].candidates[0].candidate, early.candidate);
  await until(() => server.messages.length === 1);
  assert.equal(server.messages[0].type, 'candidate');
});

engineTest('a listener that throws disturbs nobody', async (context) => {
  const report = context.mock.method(console, 'error', () => {});
  const engine = makeEngine();
  engine.on('connected', () => {
    throw new Error('a mistake in the page');
  });
  const second = next(engine, 'connected');
  await engine.connect();
  await second;
  assert.equal(report.mock.callCount(), 1);
});

engineTest(
  'the back-off doubles up to its limit, shortened at random, and starts again after a success',
  () => {
    const longest = new Backoff({ firstMs: 500, maxMs: 3_000, random: () => 1 });
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(() => longest.next()),
      [500, 1_000, 2_000, 3_000, 3_000],
    );
    longest.reset();
    assert.equal(longest.next(), 500);
    assert.equal(new Backoff({ firstMs: 500, random: () => 0 }).next(), 250);
  },
);
