// Several cameras on one clock, and downloads of clips, without a browser.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';

import { downloadClip, TooLarge } from '../../web/static/js/clip-download.js';
import { SyncGroup } from '../../web/static/js/sync-group.js';

const start = Date.UTC(2026, 10, 21, 10);

/** A player that is where it was told to be, but for `late`, and jumps over gaps as the server does. */
class ScriptedPlayer {
  /** @type {string[]} */
  commands = [];
  rate = 1;
  mode = /** @type {'live' | 'dvr'} */ ('live');
  late = 0;
  #anchor = { time: 0, at: 0 };

  /**
   * @param {{now: () => number}} time monotonic milliseconds
   * @param {{start: number, end: number}[]} spans
   */
  constructor(time, spans) {
    this.clock = time;
    this.spans = spans;
  }

  get time() {
    return this.#anchor.time + (this.clock.now() - this.#anchor.at) * this.rate;
  }

  get position() {
    if (this.mode === 'dvr') this.#jump();
    const time = this.mode === 'live' ? start + this.clock.now() : this.time;
    return { time: new Date(time), mode: this.mode, rate: this.rate };
  }

  #jump() {
    const { time } = this;
    if (this.rate <= 0 || this.spans.some((span) => span.start <= time && time < span.end)) return;
    const next = this.spans.find((span) => span.start > time);
    if (next) {
      this.#anchor = { time: next.start, at: this.clock.now() };
      return;
    }
    this.mode = 'live';
    this.rate = 1;
  }

  /** @param {Date} time */
  seek(time) {
    this.commands.push(`seek ${(time.getTime() - start) / 1000}`);
    this.mode = 'dvr';
    this.#anchor = { time: time.getTime() - this.late * this.rate, at: this.clock.now() };
    this.#jump();
  }
  live() {
    this.commands.push('live');
    this.mode = 'live';
    this.rate = 1;
  }
  /** @param {number} rate */
  speed(rate) {
    this.commands.push(`speed ${rate}`);
    if (this.mode === 'dvr') this.#anchor = { time: this.time, at: this.clock.now() };
    else this.#anchor = { time: start + this.clock.now(), at: this.clock.now() };
    this.mode = 'dvr';
    this.rate = rate;
  }
  /** @param {1 | -1} frames */
  step(frames) {
    this.commands.push(`step ${frames}`);
    this.speed(0);
    this.#anchor.time += frames * 40;
  }
  /** @param {number} by milliseconds */
  drift(by) {
    this.#anchor = { time: this.time + by, at: this.clock.now() };
  }
}

/** @param {{start: number, end: number}[][]} recorded of each camera, seconds */
function makeGroup(...recorded) {
  const time = { at: 3_600_000, now: () => time.at };
  const group = new SyncGroup({ serverNow: () => start + time.at, now: time.now });
  group.close(); // The test turns the clock.
  const players = recorded.map((spans) => {
    const inMs = spans.map((span) => ({ start: start + span.start * 1000, end: start + span.end * 1000 }));
    return new ScriptedPlayer(time, inMs);
  });
  players.forEach((player, index) => group.add(`cam${index}`, player));
  /** @param {number} seconds */
  const run = (seconds) => {
    for (let tick = 0; tick < seconds * 5; tick += 1) {
      time.at += 200;
      group.tick();
      if (tick % 5 === 4) players.forEach((player, index) => group.report(`cam${index}`, player.position));
    }
  };
  const apart = () => players.map(({ position }) => position.time.getTime() - group.position.time.getTime());
  return { group, players, run, apart, time };
}

/** @param {number} seconds */
const at = (seconds) => new Date(start + seconds * 1000);
const always = [{ start: 0, end: 3600 }];

test('a seek, a speed and live go to all', () => {
  const { group, players, run, apart } = makeGroup(always, always);
  group.seek(at(100));
  group.speed(2);
  run(5);
  assert.deepEqual(players.map(({ commands }) => commands), [['seek 100', 'speed 2'], ['seek 100', 'speed 2']]);
  assert.deepEqual(apart(), [0, 0]);
  assert.equal(group.position.time.getTime(), at(110).getTime());
  group.live();
  assert.deepEqual(players.map(({ mode }) => mode), ['live', 'live']);
});

test('who drifts by more than 300 ms is sent back, who by less is left alone', () => {
  const { group, players, run, apart } = makeGroup(always, always);
  group.seek(at(100));
  run(3);
  players[0].drift(-250);
  players[1].drift(-700);
  run(4);
  assert.deepEqual(apart(), [-250, 0]);
  assert.equal(players[0].commands.length, 1);
});

test('who always comes late is sent ahead by as much', () => {
  const { group, players, run, apart } = makeGroup(always, always);
  players[1].late = 800;
  group.seek(at(100));
  run(10);
  assert.ok(Math.abs(apart()[1]) <= 300, `${apart()[1]} ms`);
  const settled = players[1].commands.length;
  run(30);
  assert.equal(players[1].commands.length, settled, 'and not again and again');
});

test('a camera in a gap waits, and goes on with the others when the clock comes to its next recording', () => {
  const { group, players, run, apart } = makeGroup(always, [{ start: 0, end: 110 }, { start: 130, end: 3600 }]);
  group.seek(at(105));
  run(12);
  assert.equal(group.waitsFor('cam1'), at(130).getTime());
  assert.equal(group.waitsFor('cam0'), null);
  assert.equal(players[1].rate, 0);
  run(20);
  assert.equal(group.waitsFor('cam1'), null);
  assert.ok(Math.abs(apart()[1]) <= 300);
  assert.equal(players[0].commands.length, 1, 'the others are not disturbed');
});

test('where nothing is recorded of any camera the clock jumps', () => {
  const later = [{ start: 0, end: 110 }, { start: 500, end: 3600 }];
  const { group, run, apart } = makeGroup(later, [{ start: 0, end: 112 }, { start: 520, end: 3600 }]);
  group.seek(at(105));
  run(30);
  const time = group.position.time.getTime();
  assert.ok(time >= at(500).getTime() && time < at(530).getTime(), new Date(time).toISOString());
  assert.ok(Math.abs(apart()[0]) <= 300);
});

test('a camera of which nothing is recorded any more says so, and now ends it all', () => {
  const { group, players, run, time } = makeGroup(always, [{ start: 0, end: 110 }]);
  time.at = 200_000;
  group.seek(at(108));
  run(6);
  assert.equal(group.waitsFor('cam1'), Infinity);
  run(100);
  assert.equal(group.position.mode, 'dvr');
  group.speed(64);
  run(3);
  assert.equal(group.position.mode, 'live');
  assert.deepEqual(players.map(({ mode }) => mode), ['live', 'live']);
  assert.equal(group.waitsFor('cam1'), null);
});

test('a camera whose recordings have ended goes on at the speed of the others when it is sought in again', () => {
  const { group, players, run, apart } = makeGroup(always, [{ start: 0, end: 110 }]);
  group.seek(at(100));
  group.speed(4);
  run(6);
  assert.equal(group.waitsFor('cam1'), Infinity);
  group.seek(at(20));
  assert.equal(players[1].position.rate, 4);
  run(4);
  assert.deepEqual(apart(), [0, 0]);
});

test('a step leaves a camera alone of which nothing is recorded', () => {
  const { group, players, run } = makeGroup(always, [{ start: 0, end: 110 }]);
  group.seek(at(108));
  run(6);
  assert.equal(group.waitsFor('cam1'), Infinity);
  group.step(1);
  assert.equal(players[0].rate, 0);
  assert.equal(players[1].mode, 'live');
  assert.deepEqual(players[1].commands, ['seek 108']);
});

test('a step pauses all, and a camera that joins goes to where the others are', () => {
  const { group, players, run, time } = makeGroup(always, always);
  group.seek(at(100));
  run(2);
  group.step(1);
  assert.deepEqual(players.map(({ rate }) => rate), [0, 0]);
  run(10);
  const joining = new ScriptedPlayer(time, players[0].spans);
  group.add('cam2', joining);
  assert.equal(joining.position.rate, 0);
  assert.equal(joining.position.time.getTime(), group.position.time.getTime());
});

/** @param {import('node:http').RequestListener} answer @param {(url: string) => Promise<void>} check */
async function serving(answer, check) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  try {
    await check(`http://127.0.0.1:${port}/get`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const clip = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
const never = new AbortController().signal;

test('a clip that breaks off is taken up where it ended', { timeout: 10_000 }, () => {
  /** @type {(string | undefined)[]} */
  const ranges = [];
  return serving(
    (request, response) => {
      ranges.push(request.headers.range);
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from ? 206 : 200, { 'Content-Length': clip.length - from, ETag: '"1"' });
      if (from) response.end(clip.subarray(from));
      else response.write(clip.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20));
    },
    async (url) => {
      const seen = /** @type {import('../../web/static/js/clip-download.js').Progress[]} */ ([]);
      const blob = await downloadClip(url, { signal: never, onProgress: (progress) => seen.push(progress) });
      assert.ok(Buffer.from(await blob.arrayBuffer()).equals(clip));
      assert.equal(ranges.length, 2);
      assert.match(ranges[1] ?? '', /^bytes=\d+-$/);
      assert.ok(seen.every(({ total }) => total === clip.length));
      assert.equal(seen[seen.length - 1].received, clip.length);
    },
  );
});

test('a clip that has changed meanwhile is taken from its beginning', { timeout: 10_000 }, () => {
  let requests = 0;
  return serving(
    (_, response) => {
      requests += 1;
      response.writeHead(200, { 'Content-Length': clip.length, ETag: `"${requests}"` });
      if (requests > 1) response.end(clip);
      else response.write(clip.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 20));
    },
    async (url) => {
      const blob = await downloadClip(url, { signal: never, onProgress: () => {} });
      assert.ok(Buffer.from(await blob.arrayBuffer()).equals(clip));
    },
  );
});

test('a clip: refusals are said in the server\'s words, too large is left to the browser, a cancel ends it', { timeout: 10_000 }, () =>
  serving(
    (request, response) => {
      if (request.url?.includes('gone')) response.writeHead(404).end('{"status":"error","error":"nothing is recorded"}');
      else if (request.url?.includes('large')) response.writeHead(200, { 'Content-Length': 2e9 }).write('x');
      else response.writeHead(200, { 'Content-Length': 1000 }).write('x');
    },
    async (url) => {
      const onProgress = () => {};
      await assert.rejects(downloadClip(`${url}?gone`, { signal: never, onProgress }), { message: 'nothing is recorded' });
      const leaving = new AbortController();
      await assert.rejects(downloadClip(`${url}?large`, { signal: leaving.signal, onProgress }), TooLarge);
      leaving.abort();
      const cancelling = new AbortController();
      const cancelled = downloadClip(url, { signal: cancelling.signal, onProgress: () => cancelling.abort() });
      await assert.rejects(cancelled, { name: 'AbortError' });
    },
  ),
);
