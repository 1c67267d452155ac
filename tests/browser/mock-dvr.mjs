// Recordings as the daemon tells of them, and sessions that rewind, without media: the pictures are drawn by sender.html.
import { sendJson } from './mock-server.mjs';

const reportMs = 1_000;

/** @typedef {{start: number, end: number}} Span Unix milliseconds */

export class MockDvr {
  /** What is recorded, by stream. `end: Infinity` is being written. @type {Map<string, Span[]>} */
  recorded = new Map();
  /** @type {Map<string, Span[]>} */
  locked = new Map();
  /** Files on a page of segments, at most. */
  pageSize = 10_000;
  /** Sessions that stand. @type {Set<MockSession>} */
  sessions = new Set();
  /** How a clip is answered. @type {(response: import('node:http').ServerResponse, url: URL) => void} */
  onClip = (response) => response.writeHead(200, { 'Content-Type': 'video/mp4', 'Content-Length': 4 }).end('clip');
  /** Ranges of which the recordings were asked for. @type {Span[]} */
  asked = [];
  /** What is answered with an error, by stream. @type {Map<string, string>} */
  trouble = new Map();

  /** @param {(streamId: string, clock: {time: number, rate: number} | null) => void} [showTime] what pictures show */
  constructor(showTime = () => {}) {
    this.showTime = showTime;
  }

  /**
   * @param {string} streamId
   * @param {(message: object) => void} send
   */
  session(streamId, send) {
    const session = new MockSession(this, streamId, send);
    this.sessions.add(session);
    return session;
  }

  /**
   * @param {string} streamId
   * @param {Span} [range]
   * @returns {Span[]} cut off at the range
   */
  spans(streamId, { start, end } = { start: -Infinity, end: Infinity }) {
    const now = Date.now();
    return (this.recorded.get(streamId) ?? [])
      .map((span) => ({ start: Math.max(span.start, start), end: Math.min(span.end, end, now) }))
      .filter((span) => span.end > span.start);
  }

  /**
   * @param {{method: string, url: URL, body: string}} request
   * @param {import('node:http').ServerResponse} response
   * @returns {boolean} whether it was a request for this
   */
  serve({ method, url, body }, response) {
    const [, id, action] = /^\/api\/v1\/recordings(?:\/([^/]+)(?:\/(segments|lock|unlock))?)?$/.exec(url.pathname) ?? [];
    const preview = /^\/api\/v1\/streams\/([^/]+)\/preview\.jpg$/.exec(url.pathname);
    const command = /^\/api\/v1\/streams\/([^/]+)\/sessions\/[^/]+\/(\w+)$/.exec(url.pathname);
    if (url.pathname === '/get') this.onClip(response, url);
    else if (preview) this.#servePreview(decodeURIComponent(preview[1]), url, response);
    else if (command) this.#serveCommand(command, body, response);
    else if (url.pathname === '/api/v1/recordings') this.#serveList(response);
    else if (id) this.#serveRecorded(decodeURIComponent(id), action ?? '', method, url, response);
    else return false;
    return true;
  }

  /** @param {import('node:http').ServerResponse} response */
  #serveList(response) {
    const names = [...this.recorded.keys()].filter((name) => this.spans(name).length > 0);
    const paths = names.map((name) => {
      const spans = this.spans(name);
      return { name, ...texts({ start: spans[0].start, end: spans[spans.length - 1].end }), bytes: 1, segments: 1 };
    });
    sendJson(response, 200, paths);
  }

  /**
   * @param {string} id
   * @param {string} action
   * @param {string} method
   * @param {URL} url
   * @param {import('node:http').ServerResponse} response
   */
  #serveRecorded(id, action, method, url, response) {
    const range = rangeOf(url);
    if (this.trouble.has(id)) {
      sendJson(response, 500, { status: 'error', error: this.trouble.get(id) });
    } else if (this.spans(id).length === 0) {
      sendJson(response, 404, { status: 'error', error: `nothing is recorded of '${id}'` });
    } else if (method === 'POST') {
      const others = (this.locked.get(id) ?? []).filter(({ start, end }) => end <= range.start || start >= range.end);
      this.locked.set(id, action === 'lock' ? [...others, range] : others);
      sendJson(response, 200, { segments: 1 });
    } else if (action === 'segments') {
      const locked = (this.locked.get(id) ?? []).filter(({ start, end }) => end > range.start && start < range.end);
      const segments = locked.map((span) => ({ ...texts(span), locked: true }));
      const from = Number(url.searchParams.get('next') ?? 0);
      const next = from + this.pageSize;
      const more = next < segments.length ? { next: String(next) } : {};
      sendJson(response, 200, { name: id, segments: segments.slice(from, next), ...more });
    } else {
      this.asked.push(range);
      const spans = this.spans(id, range).map((span) => ({ ...texts(span), codecs: 'avc1.64001f' }));
      sendJson(response, 200, { name: id, spans, gaps: [], segments: 1, bytes: 1 });
    }
  }

  /**
   * @param {string} id
   * @param {URL} url
   * @param {import('node:http').ServerResponse} response
   */
  #servePreview(id, url, response) {
    const time = Date.parse(url.searchParams.get('time') ?? '');
    const keyframe = Math.floor(time / 2_000) * 2_000;
    if (!this.spans(id).some(({ start, end }) => start <= time && time <= end)) {
      sendJson(response, 404, { status: 'error', error: 'nothing is recorded at this time', before: null, after: null });
      return;
    }
    response.writeHead(200, { 'Content-Type': 'image/svg+xml', 'X-Rill-Time': new Date(keyframe).toISOString() });
    response.end(drawing(id, keyframe));
  }

  /**
   * @param {RegExpExecArray} match stream and command
   * @param {string} body
   * @param {import('node:http').ServerResponse} response
   */
  #serveCommand([, streamId, type], body, response) {
    const id = decodeURIComponent(streamId);
    const session = [...this.sessions].find((known) => known.streamId === id) ?? this.session(id, () => {});
    const error = type === 'mode' ? null : session.command({ type, ...JSON.parse(body || '{}') });
    if (error) sendJson(response, 400, { status: 'error', error });
    else sendJson(response, 200, session.position);
  }
}

/** One viewer's way through the recordings of one camera. */
export class MockSession {
  /** @type {'live' | 'dvr'} */
  mode = 'live';
  rate = 1;
  #anchor = { time: 0, at: 0 };
  /** @type {ReturnType<typeof setInterval>} */
  #timer;

  /**
   * @param {MockDvr} dvr
   * @param {string} streamId
   * @param {(message: object) => void} send
   */
  constructor(dvr, streamId, send) {
    this.dvr = dvr;
    this.streamId = streamId;
    this.send = send;
    this.#timer = setInterval(() => this.report(), reportMs);
    this.report();
  }

  get time() {
    return this.mode === 'live' ? Date.now() : this.#anchor.time + (Date.now() - this.#anchor.at) * this.rate;
  }

  get position() {
    return { mode: this.mode, time: new Date(this.time).toISOString(), rate: this.rate };
  }

  close() {
    clearInterval(this.#timer);
    this.dvr.sessions.delete(this);
    this.dvr.showTime(this.streamId, null);
  }

  report() {
    const now = Date.now();
    const spans = this.dvr.spans(this.streamId);
    const { time } = this;
    const inside = spans.some(({ start, end }) => start <= time && time <= end + 500);
    // Gaps are jumped over, the end of what is recorded is live.
    if (this.mode === 'dvr' && !inside && this.rate > 0) {
      const next = spans.find(({ start }) => start > time);
      if (next) this.#place(next.start);
      else this.#goLive();
    }
    if (this.mode === 'dvr' && this.rate > 0 && this.time >= now) this.#goLive();
    this.send({ type: 'position', ...this.position });
  }

  /** @param {any} message @returns {string | null} what is wrong with it */
  command(message) {
    const error = this.#obey(message);
    if (error) this.send({ type: 'error', code: 400, message: error });
    else this.report();
    return error;
  }

  /** @param {any} message */
  #obey({ type, time, rate, frames }) {
    if (type === 'live') {
      this.#goLive();
    } else if (type === 'seek') {
      this.#place(typeof time === 'number' ? Date.now() - time * 1000 : Date.parse(time));
    } else if (type === 'speed') {
      if (!(rate === 0 || (Math.abs(rate) >= 0.25 && Math.abs(rate) <= 64))) return `no speed of ${rate}`;
      if (this.mode === 'live' && rate === 1) return null;
      const at = this.time;
      this.rate = rate;
      this.#place(at);
    } else if (type === 'step') {
      const at = this.time + frames * 40;
      this.rate = 0;
      this.#place(at);
    }
    return null;
  }

  /** @param {number} time */
  #place(time) {
    this.mode = 'dvr';
    this.#anchor = { time, at: Date.now() };
    this.dvr.showTime(this.streamId, { time, rate: this.rate });
  }

  #goLive() {
    this.mode = 'live';
    this.rate = 1;
    this.dvr.showTime(this.streamId, null);
  }
}

/** @param {Span} span */
function texts({ start, end }) {
  return { start: new Date(start).toISOString(), end: new Date(end).toISOString() };
}

/** @param {URL} url */
function rangeOf(url) {
  const [start, end] = ['start', 'end'].map((name) => Date.parse(url.searchParams.get(name) ?? ''));
  return { start: start || -Infinity, end: end || Infinity };
}

/**
 * @param {string} id
 * @param {number} time
 */
function drawing(id, time) {
  const car = ((time / 2_000) * 37) % 160;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="192" height="108"><rect width="192" height="66" fill="#9db4c9"/>
    <rect y="66" width="192" height="42" fill="#5d5a55"/><rect x="20" y="30" width="46" height="36" fill="#6c5f58"/>
    <rect x="${car}" y="76" width="34" height="14" fill="#c8693c"/><text x="8" y="18" font-family="monospace" font-size="11"
    fill="#fff">${id} ${new Date(time).toISOString().slice(11, 19)}</text></svg>`;
}
