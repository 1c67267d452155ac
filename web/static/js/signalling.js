import { encodePath, streamUrl } from './api.js';
import { errorMessage, PlaybackError } from './playback-error.js';

/**
 * One offer, its answer, and the candidates of both sides.
 *
 * @typedef {object} Signalling
 * @property {(offer: string) => Promise<string>} exchange resolves with the answer's SDP, rejects with a PlaybackError
 * @property {(candidate: RTCIceCandidate) => void} addCandidate after exchange() was called
 * @property {(command: Command) => void} command steers the session, after exchange() has resolved
 * @property {() => void} close ends the session on the server; nothing is reported afterwards
 *
 * @typedef {{type: 'seek', time: string | number} | {type: 'live'} | {type: 'speed', rate: number}
 *   | {type: 'step', frames: number}} Command
 *   times: RFC 3339, or seconds before now
 *
 * @typedef {object} SignallingEvents
 * @property {(candidate: RTCIceCandidateInit) => void} onCandidate
 * @property {(position: import('./position-clock.js').Position) => void} onPosition where the session is
 * @property {(error: PlaybackError) => void} onRefused a command was; the session goes on
 * @property {(error: PlaybackError) => void} onClosed after the answer: the server ended the session
 */

/** A camera that is started for this viewer may need ten seconds until there is something to answer. */
const answerTimeoutMs = 20_000;

/** How often a session that is steered by HTTP is asked where it is. */
const positionMs = 1_000;

/** Signalling by JSON messages at /ws; the session ends with the socket. @implements {Signalling} */
export class WebSocketSignalling {
  #url;
  #streamId;
  #events;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {{resolve: (sdp: string) => void, reject: (error: PlaybackError) => void} | null} */
  #pending = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Messages that wait for the socket. @type {string[]} */
  #waiting = [];

  /**
   * @param {string} baseUrl
   * @param {string} streamId
   * @param {SignallingEvents} events
   */
  constructor(baseUrl, streamId, events) {
    const url = new URL('ws', baseUrl);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#url = url;
    this.#streamId = streamId;
    this.#events = events;
  }

  /** @param {string} offer */
  exchange(offer) {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#timer = setTimeout(() => {
        this.#end(new PlaybackError('timeout', 'The server took too long to answer'));
      }, answerTimeoutMs);
      const socket = new WebSocket(this.#url);
      this.#socket = socket;
      socket.onopen = () => {
        for (const message of this.#waiting.splice(0)) socket.send(message);
      };
      socket.onmessage = (event) => this.#receive(event.data);
      socket.onclose = () => this.#end(this.#lossError());
      this.#send({ type: 'offer', streamId: this.#streamId, sdp: offer });
    });
  }

  /** @param {RTCIceCandidate} candidate */
  addCandidate({ candidate, sdpMid, sdpMLineIndex }) {
    this.#send({ type: 'candidate', candidate, sdpMid, sdpMLineIndex });
  }

  /** @param {Command} command */
  command(command) {
    this.#send(command);
  }

  close() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#pending?.reject(new PlaybackError('closed', 'The connection was closed'));
    this.#pending = null;
  }

  /** @param {object} message */
  #send(message) {
    const text = JSON.stringify(message);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
    else if (this.#socket?.readyState === WebSocket.CONNECTING) this.#waiting.push(text);
  }

  /** @param {unknown} data */
  #receive(data) {
    const message = parseMessage(data);
    if (message?.type === 'answer') {
      clearTimeout(this.#timer);
      this.#pending?.resolve(String(message.sdp));
      this.#pending = null;
    } else if (message?.type === 'candidate') {
      this.#events.onCandidate(message);
    } else if (message?.type === 'position') {
      this.#events.onPosition(positionOf(message));
    } else if (message?.type === 'error') {
      const error = PlaybackError.fromStatus(Number(message.code), message.message);
      if (this.#pending) this.#end(error);
      else this.#events.onRefused(error);
    } else if (message?.type === 'closed') {
      this.#end(new PlaybackError('closed', message.reason || 'The server closed the session'));
    }
  }

  #lossError() {
    return this.#pending
      ? new PlaybackError('unreachable', 'The server does not answer')
      : new PlaybackError('closed', 'The connection to the server was lost');
  }

  /** @param {PlaybackError} error */
  #end(error) {
    const pending = this.#pending;
    this.#pending = null;
    this.close();
    if (pending) pending.reject(error);
    else this.#events.onClosed(error);
  }
}

/** Signalling by HTTP: POST offer, PATCH candidates, DELETE; commands by POST. @implements {Signalling} */
export class WhepSignalling {
  #url;
  #sessionsUrl;
  #events;
  #abort = new AbortController();
  /** @type {string | null} */
  #sessionUrl = null;
  #fragment = { ufrag: '', pwd: '', media: 'video' };
  /** Candidates that wait for the session's URL. @type {RTCIceCandidate[]} */
  #waiting = [];
  #flushing = false;
  /** Commands go out one after the other. @type {Promise<void>} */
  #commands = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #positionTimer;

  /**
   * @param {string} baseUrl
   * @param {string} streamId
   * @param {SignallingEvents} events
   */
  constructor(baseUrl, streamId, events) {
    this.#url = new URL(`${encodePath(streamId)}/whep`, baseUrl);
    this.#sessionsUrl = new URL(`${streamUrl(streamId)}/sessions/`, baseUrl);
    this.#events = events;
  }

  /** @param {string} offer */
  async exchange(offer) {
    this.#fragment = {
      ufrag: /^a=ice-ufrag:(.+)$/m.exec(offer)?.[1].trim() ?? '',
      pwd: /^a=ice-pwd:(.+)$/m.exec(offer)?.[1].trim() ?? '',
      media: /^m=(\w+)/m.exec(offer)?.[1] ?? 'video',
    };
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: offer,
      signal: AbortSignal.any
        ? AbortSignal.any([this.#abort.signal, AbortSignal.timeout(answerTimeoutMs)])
        : this.#abort.signal,
    }).catch((error) => {
      throw error.name === 'TimeoutError'
        ? new PlaybackError('timeout', 'The server took too long to answer')
        : new PlaybackError('unreachable', 'The server does not answer');
    });
    if (!response.ok) throw PlaybackError.fromStatus(response.status, await errorMessage(response));
    const location = response.headers.get('Location');
    if (location) this.#sessionUrl = new URL(location, this.#url).href;
    const answer = await response.text();
    if (this.#abort.signal.aborted) {
      this.#delete();
      throw new PlaybackError('closed', 'The connection was closed');
    }
    void this.#flush();
    return answer;
  }

  /** @param {RTCIceCandidate} candidate */
  addCandidate(candidate) {
    this.#waiting.push(candidate);
    void this.#flush();
  }

  /** @param {Command} command */
  command({ type, ...body }) {
    this.#commands = this.#commands.then(() => this.#steer('POST', type, JSON.stringify(body)));
  }

  close() {
    if (this.#abort.signal.aborted) return;
    clearTimeout(this.#positionTimer);
    this.#abort.abort();
    this.#delete();
  }

  /**
   * @param {'GET' | 'POST'} method
   * @param {string} action
   * @param {string} [body]
   */
  async #steer(method, action, body) {
    if (!this.#sessionUrl) return;
    clearTimeout(this.#positionTimer);
    const id = new URL(this.#sessionUrl).pathname.split('/').pop();
    const response = await fetch(new URL(`${id}/${action}`, this.#sessionsUrl), {
      method,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body,
      signal: this.#abort.signal,
    }).catch(() => null);
    if (this.#abort.signal.aborted) return;
    const position = response?.ok ? positionOf(await response.json().catch(() => null)) : null;
    if (position) this.#events.onPosition(position);
    else if (method === 'POST') this.#events.onRefused(await refusal(response));
    // Only a command ends what is live. The answer to one may pass for a report from before it, so it is asked for again.
    if (method === 'GET' && position?.mode === 'live') return;
    clearTimeout(this.#positionTimer);
    this.#positionTimer = setTimeout(() => void this.#steer('GET', 'mode'), positionMs);
  }

  /** Sends what has gathered, one request at a time. */
  async #flush() {
    if (this.#flushing) return;
    this.#flushing = true;
    while (this.#sessionUrl && this.#waiting.length > 0 && !this.#abort.signal.aborted) {
      const candidates = this.#waiting.splice(0);
      const response = await fetch(this.#sessionUrl, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': '*' },
        body: trickleFragment(this.#fragment, candidates),
        signal: this.#abort.signal,
      }).catch(() => null);
      if (response?.status === 404)
        this.#events.onClosed(new PlaybackError('closed', 'The server closed the session'));
    }
    this.#flushing = false;
  }

  #delete() {
    if (!this.#sessionUrl) return;
    // keepalive: the page may be closing.
    fetch(this.#sessionUrl, { method: 'DELETE', keepalive: true }).catch(() => {});
    this.#sessionUrl = null;
  }
}

/**
 * RFC 8840 section 9. All media share one transport (BUNDLE), so every candidate belongs to the first.
 *
 * @param {{ufrag: string, pwd: string, media: string}} session
 * @param {RTCIceCandidate[]} candidates
 */
export function trickleFragment({ ufrag, pwd, media }, candidates) {
  const lines = [
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    `m=${media} 9 UDP/TLS/RTP/SAVPF 0`,
    `a=mid:${candidates[0].sdpMid ?? '0'}`,
    ...candidates.map(({ candidate }) => `a=${candidate}`),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** @param {any} message @returns {import('./position-clock.js').Position} */
function positionOf(message) {
  const { time, mode, rate } = message ?? {};
  return { time: new Date(time), mode: mode === 'dvr' ? 'dvr' : 'live', rate: Number(rate ?? 1) };
}

/** @param {Response | null} response */
async function refusal(response) {
  if (!response) return new PlaybackError('unreachable', 'The server does not answer');
  return PlaybackError.fromStatus(response.status, await errorMessage(response));
}

/** @param {unknown} data */
function parseMessage(data) {
  try {
    return JSON.parse(String(data));
  } catch {
    return null;
  }
}

/**
 * The ICE servers that the server announces for its viewers (Link headers, RFC 9725 section 4.6). None if it
 * announces none, null if it cannot be asked.
 *
 * @param {string} baseUrl
 * @param {string} streamId
 * @returns {Promise<RTCIceServer[] | null>}
 */
export async function fetchIceServers(baseUrl, streamId) {
  const url = new URL(`${encodePath(streamId)}/whep`, baseUrl);
  const response = await fetch(url, { method: 'OPTIONS', signal: AbortSignal.timeout(3_000) }).catch(
    () => null,
  );
  return response && parseIceServers(response.headers.get('Link') ?? '');
}

/**
 * @param {string} link `<stun:host>; rel="ice-server", <turn:host>; rel="ice-server"; username="u"; credential="c"`
 * @returns {RTCIceServer[]}
 */
export function parseIceServers(link) {
  /** @type {RTCIceServer[]} */
  const servers = [];
  for (const [, urls, rest] of link.matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+="(?:[^"\\]|\\.)*")*)/g)) {
    /** @type {Record<string, string>} */
    const parameters = {};
    for (const [, name, value] of rest.matchAll(/([\w-]+)="((?:[^"\\]|\\.)*)"/g)) {
      parameters[name] = value.replace(/\\(.)/g, '$1');
    }
    if (parameters.rel !== 'ice-server') continue;
    const { username, credential } = parameters;
    servers.push(username === undefined ? { urls } : { urls, username, credential });
  }
  return servers;
}
