// The timeline's mathematics, without a browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Api } from '../../web/static/js/api.js';
import { drawn, hitTest, layoutOf, rulerHeight } from '../../web/static/js/timeline/layout.js';
import { PendingSeek } from '../../web/static/js/timeline/pending-seek.js';
import { PreviewLoader } from '../../web/static/js/timeline/preview-loader.js';
import { Recordings } from '../../web/static/js/timeline/recordings.js';
import { SpanCache, unsettledMs, windowOf } from '../../web/static/js/timeline/span-cache.js';
import { gapsIn, joined, spanAt, touching } from '../../web/static/js/timeline/spans.js';
import { longestView, shortestView, TimeScale } from '../../web/static/js/timeline/time-scale.js';
import { ticksOf } from '../../web/static/js/timeline/time-ticks.js';
import { MockDvr } from './mock-dvr.mjs';
import { MockServer } from './mock-server.mjs';
import { until } from './until.mjs';

process.env.TZ = 'Europe/Berlin';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const noon = Date.UTC(2026, 10, 21, 11); // 12:00 in Berlin

/** @param {number} span @param {number} [width] */
const about = (span, width = 1000) => new TimeScale(noon - span / 2, noon + span / 2, width);

test('scale: places and times are each other\'s inverse, and a zoom keeps the time under the pointer', () => {
  const scale = about(hour);
  assert.equal(scale.x(noon), 500);
  assert.equal(scale.time(0), noon - hour / 2);
  for (const x of [0, 137, 500, 1000]) {
    const closer = scale.zoomed(3, x);
    assert.ok(Math.abs(closer.time(x) - scale.time(x)) < 1e-3);
    assert.ok(Math.abs(closer.span - hour / 3) < 1e-3);
  }
});

test('scale: from seconds to weeks and no further', () => {
  let scale = about(hour);
  for (let step = 0; step < 100; step += 1) scale = scale.zoomed(0.7, 400);
  assert.equal(scale.span, longestView);
  for (let step = 0; step < 100; step += 1) scale = scale.zoomed(1.7, 400);
  assert.equal(scale.span, shortestView);
});

test('scale: a pinch keeps both times under both fingers', () => {
  const scale = about(hour);
  const times = /** @type {[number, number]} */ ([scale.time(300), scale.time(500)]);
  const pinched = scale.pinched(times, [200, 700]);
  assert.ok(Math.abs(pinched.time(200) - times[0]) < 1e-3);
  assert.ok(Math.abs(pinched.time(700) - times[1]) < 1e-3);
  assert.ok(scale.pinched(times, [400, 400]).span <= longestView, 'fingers in one place divide by nothing');
});

test('scale: a window that changes its width keeps its right edge and its zoom', () => {
  const wider = about(hour).resized(1500);
  assert.equal(wider.end, noon + hour / 2);
  assert.equal(wider.span, 1.5 * hour);
  assert.equal(about(longestView).resized(4000).span, longestView);
});

test('scale: a view leaves what there is by half of itself at most, and shows little of the future', () => {
  const scale = about(hour);
  assert.equal(scale.panned(1e6).within(noon - 5 * hour, noon).start, noon - 5.5 * hour);
  assert.equal(Math.round(scale.panned(-1e6).within(noon - 5 * hour, noon).x(noon)), 880);
  assert.equal(scale.within(noon - 5 * hour, noon + hour), scale);
});

test('ticks: labels in local time, at sensible distances at every zoom', () => {
  const texts = (/** @type {number} */ span) => ticksOf(about(span), 'en-GB').labels.map(({ label }) => label);
  assert.deepEqual(texts(10_000).slice(0, 3), ['11:59:55', '11:59:56', '11:59:57']);
  assert.deepEqual(texts(hour).slice(0, 3), ['11:30', '11:35', '11:40']);
  assert.deepEqual(texts(day).slice(0, 3), ['00:00', '02:00', '04:00']);
  assert.deepEqual(texts(10 * day).slice(0, 2), ['Tue 17', 'Wed 18']);
  for (let span = shortestView; span <= longestView; span *= 1.3) {
    const { labels } = ticksOf(about(span), 'en-GB');
    const xs = labels.map(({ time }) => about(span).x(time));
    assert.ok(labels.length >= 2 && labels.length <= 16, `${labels.length} labels in ${span} ms`);
    for (let i = 1; i < xs.length; i += 1) assert.ok(xs[i] - xs[i - 1] >= 60, `${xs[i] - xs[i - 1]} px in ${span} ms`);
  }
});

test('ticks: days begin at local midnight, also when the clocks change', () => {
  for (const [change, hours] of [[Date.UTC(2026, 2, 29), 23], [Date.UTC(2026, 9, 25), 25]]) {
    const scale = new TimeScale(change - day, change + 2 * day, 1000);
    const { labels, periods } = ticksOf(scale, 'en-GB');
    const changed = periods.find(({ start, end }) => end - start === hours * hour);
    assert.ok(changed, `a day of ${hours} hours`);
    for (const { label } of labels) assert.match(label, /^(00|06|12|18|03|09|15|21):00$/);
  }
});

test('ticks: names of days below a day\'s distance, of months above', () => {
  // Some browsers write a comma.
  assert.deepEqual(ticksOf(about(hour), 'en-GB').periods.map(({ label }) => label.replace(',', '')), ['Sat 21 Nov']);
  assert.deepEqual(ticksOf(about(30 * day), 'en-GB').periods.map(({ label }) => label), ['November 2026', 'December 2026']);
});

test('spans: joined, found, and the gaps between them', () => {
  const spans = [{ start: 0, end: 10 }, { start: 10, end: 20 }, { start: 15, end: 18 }, { start: 30, end: 40 }];
  assert.deepEqual(joined(spans), [{ start: 0, end: 20 }, { start: 30, end: 40 }]);
  assert.deepEqual(joined(spans, 10), [{ start: 0, end: 40 }]);
  assert.deepEqual(gapsIn(joined(spans), { start: -5, end: 50 }), [
    { start: -5, end: 0 },
    { start: 20, end: 30 },
    { start: 40, end: 50 },
  ]);
  assert.deepEqual(gapsIn(joined(spans), { start: 5, end: 15 }), []);
  assert.equal(spanAt(joined(spans), 20), null);
  const many = Array.from({ length: 1000 }, (_, index) => ({ start: index * 10, end: index * 10 + 5 }));
  assert.deepEqual(touching(many, { start: 5003, end: 5021 }).map(({ start }) => start), [5000, 5010, 5020]);
  assert.deepEqual(touching(many, { start: 20_000, end: 30_000 }), []);
});

test('cache: asks once for what it shows, and for windows about it', () => {
  const cache = new SpanCache();
  const now = noon;
  const view = { start: noon - 10 * hour, end: noon - 9.5 * hour };
  const [range] = cache.missing(view, now);
  assert.ok(range.start <= view.start && range.end >= view.end);
  assert.equal((range.end - range.start) % windowOf(view.end - view.start), 0);
  cache.add(range, [{ start: view.start, end: view.end }], now);
  assert.deepEqual(cache.missing(view, now), []);
  assert.deepEqual(cache.missing({ start: view.start + minute, end: view.end - minute }, now), [], 'zoomed in');
  const earlier = { start: view.start - 5 * hour, end: view.end - 5 * hour };
  const [beside] = cache.missing(earlier, now);
  assert.ok(beside.end <= range.start && beside.start <= earlier.start, 'only what is not known');
  cache.add(beside, [], now);
  const panned = { start: view.start - 4 * hour, end: view.end - 4 * hour };
  for (const { start, end } of cache.missing(panned, now)) assert.ok(start >= beside.end && end <= range.start);
});

test('cache: the live edge is asked for again and again, the future never', () => {
  const cache = new SpanCache();
  const view = { start: noon - hour, end: noon + hour };
  const [first] = cache.missing(view, noon);
  assert.equal(first.end, noon);
  cache.add(first, [{ start: noon - hour, end: noon - 1_000 }], noon);
  assert.deepEqual(cache.missing(view, noon + 5_000), [{ start: noon - unsettledMs, end: noon + 5_000 }]);
  cache.add({ start: noon - unsettledMs, end: noon + 5_000 }, [{ start: noon - unsettledMs, end: noon + 4_000 }], noon + 5_000);
  assert.deepEqual(cache.spans, [{ start: noon - hour, end: noon + 4_000 }]);
  assert.deepEqual(cache.missing({ start: noon + hour, end: noon + 2 * hour }, noon), []);
});

test('cache: an answer replaces what was known of its range, and what is old is asked for again', () => {
  const cache = new SpanCache();
  cache.add({ start: 0, end: 100 }, [{ start: 0, end: 100 }], 1e9);
  cache.add({ start: 20, end: 60 }, [{ start: 30, end: 40 }], 1e9);
  assert.deepEqual(cache.spans, [{ start: 0, end: 20 }, { start: 30, end: 40 }, { start: 60, end: 100 }]);
  assert.deepEqual(cache.missing({ start: 0, end: 100 }, 1e9).length, 1, 'aligned to a minute');
  cache.add({ start: 0, end: 60_000 }, [], 1e9);
  assert.deepEqual(cache.missing({ start: 0, end: 60_000 }, 1e9), []);
  assert.equal(cache.missing({ start: 0, end: 60_000 }, 1e9 + 6 * minute).length, 1);
});

test('a seek is shown as done until its report comes, not that of the key before it', () => {
  let now = 0;
  const pending = new PendingSeek(() => now);
  assert.equal(pending.time, null);
  pending.begin(95_000);
  pending.begin(90_000);
  pending.reported(95_000 - 40); // a picture before the one that was asked for
  assert.equal(pending.time, 90_000);
  pending.reported(90_000 + 60);
  assert.equal(pending.time, null);
});

test('a seek that led elsewhere, or to nothing, is given up', () => {
  let now = 0;
  const pending = new PendingSeek(() => now);
  pending.begin(90_000);
  now = 300;
  pending.reported(200_000);
  assert.equal(pending.time, 90_000, 'from before the seek');
  now = 500;
  pending.reported(200_000);
  assert.equal(pending.time, null, 'the end of a gap');
  pending.begin(90_000);
  now = 2_400;
  assert.equal(pending.time, 90_000);
  now = 2_600;
  assert.equal(pending.time, null, 'the server says nothing');
});

test('hits: the ruler, the track, and the handles of a selection, more generous to fingers', () => {
  const scale = about(hour);
  const selection = { start: noon - 10 * minute, end: noon };
  const at = (/** @type {number} */ x, y = 50, touch = false) => hitTest({ x, y, touch }, scale, selection);
  assert.equal(at(200, 5), 'ruler');
  assert.equal(at(200), 'track');
  assert.equal(at(scale.x(selection.start) - 9), 'start');
  assert.equal(at(scale.x(selection.end) + 9, 5), 'end');
  assert.equal(at(scale.x(selection.end) + 20), 'track');
  assert.equal(at(scale.x(selection.end) + 20, 50, true), 'end');
  assert.equal(hitTest({ x: 500, y: 50, touch: false }, scale, null), 'track');
  const empty = { start: noon, end: noon };
  assert.equal(hitTest({ x: 498, y: 50, touch: false }, scale, empty), 'start');
  assert.equal(hitTest({ x: 502, y: 50, touch: false }, scale, empty), 'end');
});

test('a handle that is drawn past the other one becomes it', () => {
  assert.deepEqual(drawn({ start: 10, end: 20 }, 'start', 15), { selection: { start: 15, end: 20 }, handle: 'start' });
  assert.deepEqual(drawn({ start: 10, end: 20 }, 'start', 25), { selection: { start: 20, end: 25 }, handle: 'end' });
});

test('lanes lie below the ruler and below each other', () => {
  const { lanes, height } = layoutOf(3);
  assert.equal(lanes[0].top, rulerHeight);
  for (let index = 1; index < 3; index += 1) assert.ok(lanes[index].top >= lanes[index - 1].top + lanes[index - 1].height);
  assert.ok(height >= lanes[2].top + lanes[2].height);
});

test('previews: one request at a time, then the newest wish; what is known is not asked for', { timeout: 10_000 }, async () => {
  /** @type {{time: number, answer: (picture: Blob | null) => void}[]} */
  const asked = [];
  /** @type {(Blob | null)[]} */
  const shown = [];
  const loader = new PreviewLoader({
    fetchPicture: (time) =>
      new Promise((resolve) =>
        asked.push({ time, answer: (picture) => resolve({ start: time - 500, end: time, picture }) }),
      ),
    onPicture: (picture) => shown.push(picture),
  });
  for (let time = 1_000; time <= 1_010; time += 1) loader.want(time);
  await until(() => asked.length === 1);
  assert.equal(asked[0].time, 1_010, 'the pointer rested there');
  for (let time = 5_000; time <= 9_000; time += 1_000) loader.want(time);
  const first = new Blob(['1']);
  asked[0].answer(first);
  await until(() => asked.length === 2);
  assert.equal(asked[1].time, 9_000);
  assert.deepEqual(shown, [], 'a picture of elsewhere is not shown');
  const second = new Blob(['2']);
  asked[1].answer(second);
  await until(() => shown.length === 1);
  assert.equal(shown[0], second);
  loader.want(900);
  assert.equal(shown[1], first);
  loader.want(8_600);
  assert.equal(shown[2], second);
  assert.equal(asked.length, 2);
});

test('recordings: what grows is shown up to now, and what fails is said once and tried again', { timeout: 10_000 }, async () => {
  let now = noon;
  let broken = false;
  /** @type {import('../../web/static/js/timeline/spans.js').Span[]} */
  const asked = [];
  const iso = (/** @type {number} */ time) => new Date(time).toISOString();
  const api = /** @type {any} */ ({
    clock: { now: () => now },
    async recorded(/** @type {string} */ _, /** @type {any} */ range) {
      if (broken) throw new Error('the index is locked');
      asked.push(range);
      return { spans: [{ start: iso(Math.max(range.start, noon - hour)), end: iso(Math.min(range.end, now - 1_000)) }] };
    },
    async segments() {
      return [{ start: iso(noon - minute), end: iso(noon - 50_000), locked: true }, { start: iso(noon - 50_000), end: iso(noon), locked: false }];
    },
  });
  const recordings = new Recordings(api, 'cam1');
  /** @type {string[]} */
  const messages = [];
  let changes = 0;
  recordings.on('failed', ({ message }) => messages.push(message)).on('changed', () => (changes += 1));
  const view = { start: noon - 10 * minute, end: noon + minute };
  recordings.show(view);
  await until(() => changes === 1);
  assert.equal(recordings.spans[recordings.spans.length - 1].end, now);
  assert.deepEqual(recordings.events, [{ start: noon - minute, end: noon - 50_000 }]);
  recordings.show(view);
  assert.equal(asked.length, 1, 'nothing is missing yet');
  now += 3_000;
  broken = true;
  recordings.show(view);
  await until(() => changes === 2);
  recordings.show(view);
  now += 6_000;
  recordings.show(view);
  await until(() => changes === 3);
  broken = false;
  now += 6_000;
  recordings.show(view);
  await until(() => changes === 4);
  assert.deepEqual(messages, ['the index is locked', '']);
  assert.equal(recordings.spans[recordings.spans.length - 1].end, now);
});

/** @param {(dvr: MockDvr, api: Api) => Promise<void>} check */
async function withServer(check) {
  const server = await new MockServer().start();
  const dvr = (server.dvr = new MockDvr());
  try {
    await check(dvr, new Api(server.url));
  } finally {
    await server.close();
  }
}

test('recordings: a path of which nothing is recorded yet is no failure', { timeout: 10_000 }, () =>
  withServer(async (dvr, api) => {
    const now = Date.now();
    const recordings = new Recordings(api, 'cam1');
    /** @type {string[]} */
    const messages = [];
    let changes = 0;
    recordings.on('failed', ({ message }) => messages.push(message)).on('changed', () => (changes += 1));
    recordings.show({ start: now - hour, end: now });
    await until(() => changes === 1);
    assert.deepEqual(recordings.spans, []);
    dvr.recorded.set('cam1', [{ start: now - 5 * hour, end: now - 4 * hour }]);
    recordings.show({ start: now - 5 * hour, end: now - 4 * hour });
    await until(() => changes === 2);
    assert.deepEqual(recordings.spans, [{ start: now - 5 * hour, end: now - 4 * hour }]);
    assert.deepEqual(messages, []);
  }),
);

test('files: all of a range, also where there are more than the server tells of at a time', { timeout: 10_000 }, () =>
  withServer(async (dvr, api) => {
    dvr.pageSize = 2;
    const start = Date.now() - hour;
    dvr.recorded.set('cam1', [{ start, end: Infinity }]);
    const kept = [5, 10, 15, 20, 25].map((at) => ({ start: start + at * minute, end: start + (at + 1) * minute }));
    dvr.locked.set('cam1', kept);
    const segments = await api.segments('cam1', { start, end: start + hour });
    assert.deepEqual(segments.map((file) => ({ start: Date.parse(file.start), end: Date.parse(file.end) })), kept);
  }),
);
