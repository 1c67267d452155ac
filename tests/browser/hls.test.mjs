// How the pages play HLS, without a browser and without hls.js.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { holdingReloads } from '../../web/static/js/held-reloads.js';
import { LiveEdge } from '../../web/static/js/live-edge.js';

/**
 * A player of parts of 200 ms, 20 ms after each is complete. `cut` says when nothing arrives.
 *
 * @param {{edge: LiveEdge, latency: number, seconds: number, cut?: (now: number) => boolean}} options
 * @returns {{latency: number, rate: number, stalled: boolean}[]} at each tick of 100 ms
 */
function playAtTheEdge({ edge, latency, seconds, cut = () => false }) {
  const step = 0.2;
  const result = [];
  let position = 100 - latency;
  let end = 100;
  let rate = 1;
  let stalled = false;
  for (let tick = 1; tick <= seconds * 100; tick += 1) {
    const now = 100 + tick / 100;
    while (end + step + 0.02 <= now && !cut(now)) end += step;
    stalled ||= position + rate / 100 > end;
    if (position + rate / 100 <= end) position += rate / 100;
    if (tick % 10 > 0) continue;
    latency = now - position;
    rate = edge.rate({ now, position, latency, holdBack: 0.6, step, ahead: end - position });
    result.push({ latency, rate, stalled });
    stalled = false;
  }
  return result;
}

test('a late player catches up with the live edge, stays there and never stalls', () => {
  for (const latency of [0.4, 0.6, 0.9, 2.5]) {
    const played = playAtTheEdge({ edge: new LiveEdge(), latency, seconds: 60 });
    assert.ok(played.every(({ rate }) => rate >= 0.95 && rate <= 1.1));
    assert.ok(played.every(({ stalled }) => !stalled));
    const settled = played.slice(-300);
    assert.ok(
      settled.every((at) => Math.abs(at.latency - 0.6) <= 0.04),
      `${latency}: ${settled[0].latency}`,
    );
    assert.ok(settled.every(({ rate }) => rate === 1));
  }
});

test('a player that stalled at its distance stays where that has put it, and returns slowly', () => {
  const played = playAtTheEdge({
    edge: new LiveEdge(),
    latency: 0.6,
    seconds: 120,
    cut: (now) => now > 105 && now < 106,
  });
  const stall = played.map(({ stalled }) => stalled).lastIndexOf(true);
  assert.ok(stall > 0);
  const after = played[stall + 10].latency;
  assert.ok(after > 0.9, `${after}`);
  assert.ok(played[stall + 100].latency > after - 0.2);
  assert.ok(played[played.length - 1].latency < 0.65);
});

test('a stall while the player starts does not keep it away from the live edge', () => {
  const played = playAtTheEdge({
    edge: new LiveEdge(),
    latency: 0.6,
    seconds: 20,
    cut: (now) => now > 100.5 && now < 101.3,
  });
  assert.ok(played.some(({ stalled }) => stalled));
  assert.ok(played[played.length - 1].latency < 0.65);
});

test('a player whose camera was away catches up at once', () => {
  const played = playAtTheEdge({
    edge: new LiveEdge(),
    latency: 0.6,
    seconds: 70,
    cut: (now) => now > 105 && now < 110,
  });
  const stall = played.map(({ stalled }) => stalled).lastIndexOf(true);
  assert.ok(played[stall + 10].latency > 4);
  assert.equal(played[stall + 10].rate, 1.1);
  assert.ok(played[played.length - 1].latency < 0.65);
});

test('a player whose buffer runs dry slows down, late as it may be', () => {
  const edge = new LiveEdge();
  const playback = { now: 1, position: 1, latency: 3, holdBack: 0.6, step: 0.2, ahead: 2 };
  assert.equal(edge.rate(playback), 1.1);
  assert.equal(edge.rate({ ...playback, now: 1.1, position: 1.1, ahead: 0.05 }), 0.95);
});

test('a blocking reload is held longer than hls.js would, and asked again; others are left alone', () => {
  /** @type {any[]} */
  const asked = [];
  const Loader = holdingReloads(
    /** @type {any} */ (
      class {
        load(/** @type {any[]} */ ...loading) {
          asked.push(loading);
        }
      }
    ),
  );
  const config = /** @type {any} */ ({
    timeout: 1_600,
    loadPolicy: { maxTimeToFirstByteMs: 1_600, maxLoadTimeMs: 1_600, errorRetry: null, timeoutRetry: null },
  });
  const callbacks = /** @type {any} */ ({});
  const loader = new Loader(/** @type {any} */ ({}));
  const plain = /** @type {any} */ ({ url: 'stream.m3u8', deliveryDirectives: null });
  const blocking = /** @type {any} */ ({ url: 'stream.m3u8', deliveryDirectives: { msn: 4, part: 2 } });
  loader.load(plain, config, callbacks);
  loader.load(blocking, config, callbacks);
  assert.deepEqual(asked[0], [plain, config, callbacks]);
  const [context, { loadPolicy }, passed] = asked[1];
  assert.deepEqual([context, passed], [blocking, callbacks]);
  assert.ok(loadPolicy.maxTimeToFirstByteMs > 36_000);
  assert.ok(loadPolicy.errorRetry.maxNumRetry > 1_000 && loadPolicy.timeoutRetry.maxNumRetry > 1_000);
  assert.ok(loadPolicy.errorRetry.retryDelayMs > 0);
});
