import { drawFrame, RTSPStreamClient } from './rill-client.js';
import { RillError } from './errors.js';
import { buildShadow } from './viewer-shadow.js';

/**
 * @typedef {'idle' | 'connecting' | 'live' | 'waiting' | 'reconnecting' | 'failed'} ViewerState
 *   waiting: the connection stands, pictures do not come any more; failed: not tried again
 */

const stateNames = /** @type {Record<ViewerState, string>} */ ({
  idle: 'Stopped',
  connecting: 'Connecting',
  live: 'Live',
  waiting: 'No picture',
  reconnecting: 'Reconnecting',
  failed: 'Failed',
});

/** Seconds without a picture until the viewer says so. */
const patience = 3;

/** Where there is no page, on a server that renders, the module can still be imported. */
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

/**
 * <rtsp-stream-viewer server-url="http://localhost:8080" stream-id="camera1" width="640" height="360" auto-start>
 *
 * Events, which do not bubble: frame (detail: Frame, once it is drawn), statechange (detail: {state, reason}),
 * error (detail: RillError).
 */
export class RTSPStreamViewerElement extends Base {
  static observedAttributes = ['server-url', 'stream-id', 'rtsp-url', 'width', 'height', 'fps', 'format', 'auto-start', 'aria-label'];

  /** @type {ReturnType<typeof buildShadow> | undefined} */
  #shown;
  /** @type {RTSPStreamClient | null} */
  #client = null;
  /** @type {ViewerState} */
  #state = 'idle';
  #reason = '';
  #drawn = 0;
  #silentSeconds = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticks;
  #isUpdateQueued = false;
  #mayRun = true;

  get serverUrl() { return this.getAttribute('server-url') ?? ''; }
  set serverUrl(url) { this.setAttribute('server-url', url); }
  get streamId() { return this.getAttribute('stream-id') ?? ''; }
  set streamId(id) { this.setAttribute('stream-id', id); }
  get rtspUrl() { return this.getAttribute('rtsp-url') ?? ''; }
  set rtspUrl(url) { this.setAttribute('rtsp-url', url); }
  get format() { return /** @type {import('./frame.js').FrameFormat} */ (this.getAttribute('format') ?? 'jpeg'); }
  set format(format) { this.setAttribute('format', format); }
  get autoStart() { return this.hasAttribute('auto-start'); }
  set autoStart(on) { this.toggleAttribute('auto-start', on); }
  /** Pixels; 0: as the camera sends them. */
  get width() { return this.#pixels('width'); }
  set width(pixels) { this.#reflect('width', pixels); }
  get height() { return this.#pixels('height'); }
  set height(pixels) { this.#reflect('height', pixels); }

  /** Pictures a second at most; 0: all. */
  get fps() { return Math.max(0, Number(this.getAttribute('fps')) || 0); }
  set fps(rate) { this.#reflect('fps', rate); }

  get state() {
    return this.#state;
  }

  connectedCallback() {
    this.#build();
    this.#show();
    this.#update();
  }

  disconnectedCallback() {
    this.#end('idle');
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#update();
  }

  /** Connects; with an rtsp-url the stream is started, too. */
  start() {
    this.#mayRun = true;
    this.#begin();
  }

  /** Until start(). The server's stream goes on. */
  stop() {
    this.#mayRun = false;
    this.#end('idle');
  }

  #build() {
    if (this.#shown) return;
    this.#shown = buildShadow(this.attachShadow({ mode: 'open' }));
    this.#shown.button.addEventListener('click', () => this.start());
  }

  /** @param {string} name */
  #pixels(name) {
    const pixels = Number(this.getAttribute(name));
    return Number.isInteger(pixels) && pixels > 0 ? pixels : 0;
  }

  /** @param {string} name @param {number} value */
  #reflect(name, value) {
    if (value > 0) this.setAttribute(name, String(value));
    else this.removeAttribute(name);
  }

  /** Several attributes that change at once make one new connection; listeners that are added with the element miss nothing. */
  #update() {
    if (this.#isUpdateQueued) return;
    this.#isUpdateQueued = true;
    queueMicrotask(() => {
      this.#isUpdateQueued = false;
      if (!this.isConnected) return;
      const runs = this.#client !== null || (this.autoStart && this.#mayRun);
      this.#end('idle');
      if (runs) this.#begin();
      this.#show();
    });
  }

  #begin() {
    this.#end('connecting');
    /** @type {RTSPStreamClient} */
    let client;
    try {
      client = new RTSPStreamClient(this.serverUrl || location.origin, this.streamId, {
        width: this.width || undefined,
        height: this.height || undefined,
        fps: this.fps || undefined,
        format: this.format,
      });
    } catch (error) {
      this.#fail(new RillError('refused', /** @type {Error} */ (error).message));
      return;
    }
    this.#client = client;
    client
      .on('frame', (frame) => this.#draw(client, frame))
      .on('error', (error) => this.#fail(error, client.state));
    this.#silentSeconds = 0;
    this.#ticks = setInterval(() => this.#tick(), 1000);
    void this.#connect(client);
  }

  /** @param {RTSPStreamClient} client */
  async #connect(client) {
    try {
      if (this.rtspUrl) await client.startStream(this.rtspUrl);
    } catch (error) {
      const problem = /** @type {RillError} */ (error);
      if (this.#client !== client) return;
      // The client goes on trying what may pass.
      if (problem.code === 'not-configured') {
        this.#end('failed');
        this.#fail(problem);
        return;
      }
    }
    if (this.#client === client) client.connect();
  }

  /** @param {ViewerState} state */
  #end(state) {
    clearInterval(this.#ticks);
    this.#client?.disconnect();
    this.#client = null;
    this.#drawn = 0;
    this.#change(state);
  }

  /**
   * @param {RTSPStreamClient} client
   * @param {import('./frame.js').Frame} frame
   */
  async #draw(client, frame) {
    if (!this.#shown) return;
    try {
      await drawFrame(this.#shown.canvas, frame);
    } catch (error) {
      this.#report(new RillError('protocol', `A ${frame.format} picture cannot be read: ${/** @type {Error} */ (error).message}`));
      return;
    }
    if (this.#client !== client) return;
    this.#drawn += 1;
    this.#silentSeconds = 0;
    this.#change('live');
    this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
  }

  #tick() {
    this.#silentSeconds += 1;
    if (this.#state === 'live' && this.#silentSeconds > patience) this.#change('waiting');
    if (this.#shown) this.#shown.rate.textContent = this.#state === 'live' ? `${this.#drawn} fps` : '';
    this.#drawn = 0;
  }

  /**
   * @param {RillError} error
   * @param {ReturnType<() => RTSPStreamClient['state']>} state
   */
  #fail(error, state = 'failed') {
    this.#change(state === 'failed' ? 'failed' : 'reconnecting', error.message);
    this.#report(error);
  }

  /** @param {RillError} error */
  #report(error) {
    this.dispatchEvent(new CustomEvent('error', { detail: error }));
  }

  /** @param {ViewerState} state @param {string} [reason] */
  #change(state, reason = '') {
    if (state === this.#state && reason === this.#reason) return;
    this.#state = state;
    this.#reason = reason;
    this.#show();
    this.dispatchEvent(new CustomEvent('statechange', { detail: { state, reason } }));
  }

  #show() {
    if (!this.#shown) return;
    const { picture, canvas, overlay, spinner, detail, button, name, status, rate } = this.#shown;
    const isAtRest = this.#state === 'idle' || this.#state === 'failed';
    this.setAttribute('state', this.#state);
    picture.style.aspectRatio = `${this.width || 16} / ${this.height || 9}`;
    name.textContent = this.streamId;
    status.textContent = stateNames[this.#state];
    canvas.setAttribute('aria-label', this.getAttribute('aria-label') ?? `Camera ${this.streamId}`);
    overlay.hidden = this.#state === 'live';
    spinner.hidden = isAtRest;
    detail.textContent = this.#reason;
    detail.hidden = this.#reason === '';
    button.textContent = this.#state === 'failed' ? 'Try again' : 'Start';
    button.hidden = !isAtRest;
    if (this.#state !== 'live') rate.textContent = '';
  }
}

globalThis.customElements?.define('rtsp-stream-viewer', RTSPStreamViewerElement);
