import { Backoff } from './backoff.js';
import { Emitter } from './emitter.js';
import { RillError } from './errors.js';
import { decodeFrame, formats } from './frame.js';
import { StreamEndpoint } from './server.js';

export { drawFrame } from './draw.js';
export { RillError } from './errors.js';
export { decodeFrame } from './frame.js';

/** What is wrong with the request itself stays wrong. A path that answers 404 may be one whose camera is away. */
const finalStatuses = [400, 401, 403, 406];

/**
 * @typedef {import('./frame.js').Frame} Frame
 * @typedef {import('./frame.js').FrameFormat} FrameFormat
 * @typedef {'idle' | 'connecting' | 'open' | 'reconnecting' | 'failed'} ClientState failed: not tried again
 *
 * @typedef {object} ClientEvents
 * @property {Frame} frame the newest one; a listener that returns a promise gets the next when that is settled
 * @property {undefined} open the first frame of a connection has come
 * @property {{code: number, reason: string}} close a connection that frames came by is lost
 * @property {RillError} error why an attempt or a connection failed
 * @property {{state: ClientState, reason: string}} state
 *
 * @typedef {object} ClientOptions
 * @property {number} [width] pixels of the pictures; as the camera sends them
 * @property {number} [height] pixels
 * @property {FrameFormat} [format] 'jpeg'
 * @property {number} [fps] pictures a second at most, the server leaves out the others; all
 * @property {number} [firstDelayMs] 500: the first pause between attempts, which doubles
 * @property {number} [maxDelayMs] 30000: the longest one
 * @property {number} [idleTimeoutMs] 15000: silence after which a connection is made anew
 * @property {typeof WebSocket} [webSocket] for Node.js before 22: that of the package ws
 */

/**
 * Frames of one stream. Lost connections are made again until disconnect(); who is slow gets the newest frame, and the others
 * are dropped.
 *
 *   const client = new RTSPStreamClient('ws://localhost:8080', 'camera1', { width: 640, height: 360 });
 *   client.on('frame', (frame) => drawFrame(canvas, frame));
 *   client.connect();
 *
 * @extends {Emitter<ClientEvents>}
 */
export class RTSPStreamClient extends Emitter {
  /** Called with each frame, as a listener of the event is. @type {((frame: Frame) => unknown) | null} */
  onFrame = null;

  #endpoint;
  #query;
  #backoff;
  #idleTimeoutMs;
  #WebSocket;
  /** @type {ClientState} */
  #state = 'idle';
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {ArrayBuffer | null} */
  #newest = null;
  #isDelivering = false;
  #counters = { received: 0, dropped: 0, connections: 0 };

  /**
   * @param {string} serverUrl http, https, ws or wss
   * @param {string} streamId name of the path; may hold slashes
   * @param {ClientOptions} [options]
   */
  constructor(serverUrl, streamId, options = {}) {
    super();
    const { width, height, fps, format = 'jpeg', firstDelayMs = 500, maxDelayMs = 30_000, idleTimeoutMs = 15_000 } = options;
    if (!formats.includes(format)) throw new TypeError(`The format '${format}' is none of ${formats.join(', ')}`);
    this.#endpoint = new StreamEndpoint(serverUrl, streamId);
    this.#query = { format, width, height, fps };
    this.#backoff = new Backoff({ firstMs: firstDelayMs, maxMs: maxDelayMs });
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#WebSocket = options.webSocket ?? globalThis.WebSocket;
    this.on('frame', (frame) => this.onFrame?.(frame));
  }

  get state() {
    return this.#state;
  }

  /** Since the client was made: frames that came, those of them that a newer one replaced, connections. */
  get counters() {
    return { ...this.#counters };
  }

  /** Where the newest picture is to be had as a JPEG file. */
  get snapshotUrl() {
    return this.#endpoint.url('snapshot.jpg');
  }

  /**
   * Makes the server pull the camera, also while nobody watches. The path has to be in the server's configuration, and its
   * source is what counts; `rtspUrl` makes no path yet. Rejects with RillError.
   *
   * @param {string} [rtspUrl]
   * @param {number} [width] pixels, from the next connect() on
   * @param {number} [height]
   */
  async startStream(rtspUrl, width = this.#query.width, height = this.#query.height) {
    await this.#endpoint.ensure(rtspUrl);
    await this.#endpoint.tell('start');
    this.#query = { ...this.#query, width, height };
  }

  /** Stops the camera for everyone. Rejects with RillError. */
  async stopStream() {
    await this.#endpoint.tell('stop');
  }

  /** The stream as GET /api/v1/streams/{id} describes it. Rejects with RillError. */
  streamStatus() {
    return this.#endpoint.status();
  }

  /** Returns at once; events tell the rest. Does nothing while connected or trying. */
  connect() {
    if (this.#state !== 'idle' && this.#state !== 'failed') return;
    this.#change('connecting');
    this.#open();
  }

  /** No event but `state` follows. */
  disconnect() {
    this.#backoff.reset();
    this.#abandon();
    this.#change('idle');
  }

  #open() {
    const socket = new this.#WebSocket(this.#endpoint.url('frames', this.#query, 'ws'));
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.#watch();
      if (data instanceof ArrayBuffer) this.#receive(data);
    };
    // Says nothing that the end, which follows, does not; ws of Node.js throws what nobody listens to.
    socket.onerror = () => {};
    socket.onclose = ({ code, reason }) => void this.#explain(socket, code, reason);
    this.#watch();
  }

  #watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const error = new RillError('unreachable', `Nothing came for ${this.#idleTimeoutMs / 1000} s`);
      this.#lose({ code: 1006, reason: error.message }, error);
    }, this.#idleTimeoutMs);
  }

  /** @param {ArrayBuffer} message */
  #receive(message) {
    this.#counters.received += 1;
    if (this.#newest) this.#counters.dropped += 1;
    this.#newest = message;
    if (!this.#isDelivering) void this.#deliver();
  }

  async #deliver() {
    this.#isDelivering = true;
    while (this.#newest) {
      // Messages that have come already take the place of the one before them.
      await turn();
      const message = this.#newest;
      this.#newest = null;
      if (message) await this.#handOver(message);
    }
    this.#isDelivering = false;
  }

  /** @param {ArrayBuffer} message */
  async #handOver(message) {
    let frame;
    try {
      frame = decodeFrame(message);
    } catch (error) {
      this.#lose({ code: 1002, reason: String(error) }, /** @type {RillError} */ (error));
      return;
    }
    // The server accepts before it knows whether there is anything to send: only a frame is a success.
    this.#backoff.reset();
    if (this.#state !== 'open') {
      this.#counters.connections += 1;
      this.#change('open');
      void this.emit('open', undefined);
    }
    await this.emit('frame', frame);
  }

  /**
   * Rill closes with 4000 and an HTTP status. A browser does not say why a WebSocket was refused by what is between; the API may.
   *
   * @param {WebSocket} socket
   * @param {number} code
   * @param {string} reason
   */
  async #explain(socket, code, reason) {
    const status = code >= 4400 && code < 4600 ? code - 4000 : undefined;
    let error = status ? new RillError('refused', reason, status) : new RillError('unreachable', reason || 'The connection was lost');
    if (this.#state !== 'open' && (!status || status === 404)) {
      error = await this.#endpoint.status().then(
        (stream) => new RillError('refused', stream.reason || reason || 'The server refuses the connection', status),
        (problem) => problem,
      );
    }
    if (this.#socket === socket) this.#lose({ code, reason }, error);
  }

  /**
   * @param {{code: number, reason: string}} closed
   * @param {RillError} error
   */
  #lose(closed, error) {
    const wasOpen = this.#state === 'open';
    this.#abandon();
    const isFinal = error.code === 'not-configured' || finalStatuses.includes(error.status ?? 0);
    if (!isFinal) this.#timer = setTimeout(() => this.#open(), this.#backoff.next());
    this.#change(isFinal ? 'failed' : 'reconnecting', error.message);
    if (wasOpen) void this.emit('close', closed);
    void this.emit('error', error);
  }

  #abandon() {
    clearTimeout(this.#timer);
    this.#newest = null;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /**
   * @param {ClientState} state
   * @param {string} [reason]
   */
  #change(state, reason = '') {
    if (state === this.#state && !reason) return;
    this.#state = state;
    void this.emit('state', { state, reason });
  }
}

/** After the events that wait already; unlike a timer's zero, not a second in a hidden page. @returns {Promise<void>} */
function turn() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
