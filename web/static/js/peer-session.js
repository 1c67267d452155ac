import { PlaybackError } from './playback-error.js';

/** ICE may recover by itself from a short loss of the network. */
const disconnectedGraceMs = 5_000;

/** From the answer to a connected transport. */
const connectTimeoutMs = 12_000;

/**
 * One WebRTC session: a peer connection that only receives, and its signalling. It is opened once and closed
 * once; the next attempt is another object.
 */
export class PeerSession {
  #signalling;
  #onLost;
  #peer;
  #stream = new MediaStream();
  #videoElement;
  #closed = false;
  /** @type {RTCIceCandidateInit[]} candidates of the server that came before its answer */
  #early = [];
  #answered = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {{resolve: () => void, reject: (error: PlaybackError) => void} | null} */
  #opening = null;

  /**
   * @param {object} options
   * @param {HTMLVideoElement} options.videoElement
   * @param {(events: import('./signalling.js').SignallingEvents) => import('./signalling.js').Signalling} options.signal
   * @param {RTCIceServer[]} options.iceServers
   * @param {(error: PlaybackError) => void} options.onLost after open() has resolved; the session is closed by then
   * @param {(position: import('./position-clock.js').Position) => void} options.onPosition
   * @param {(error: PlaybackError) => void} options.onRefused a command was; the session goes on
   */
  constructor({ videoElement, signal, iceServers, onLost, onPosition, onRefused }) {
    this.#videoElement = videoElement;
    this.#onLost = onLost;
    this.#signalling = signal({
      onCandidate: (candidate) => this.#addRemoteCandidate(candidate),
      onClosed: (error) => this.#end(error),
      onPosition,
      onRefused,
    });
    this.#peer = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    this.#peer.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.#signalling.addCandidate(candidate);
    };
    this.#peer.onconnectionstatechange = () => this.#onConnectionState();
    this.#peer.ontrack = ({ track, receiver }) => this.#addTrack(track, receiver);
  }

  /**
   * Resolves when the transport is connected.
   *
   * @returns {Promise<void>} rejects with a PlaybackError
   */
  async open() {
    const opened = new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
      this.#opening = { resolve, reject };
    });
    this.#negotiate().catch((error) => this.#end(asPlaybackError(error)));
    await opened;
  }

  /** Whether the server accepted to send audio. */
  get hasAudio() {
    return this.#peer
      .getTransceivers()
      .some(
        ({ receiver, currentDirection }) =>
          receiver.track.kind === 'audio' && currentDirection === 'recvonly',
      );
  }

  /** @param {import('./signalling.js').Command} command */
  command(command) {
    this.#signalling.command(command);
  }

  /** @returns {Promise<Iterable<any>>} the entries of the connection's statistics */
  async stats() {
    return (await this.#peer.getStats()).values();
  }

  /** The last picture stays in the video element, so that a reconnection does not flash. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#signalling.close();
    this.#peer.onicecandidate = this.#peer.onconnectionstatechange = this.#peer.ontrack = null;
    for (const track of this.#stream.getTracks()) track.stop();
    this.#peer.close();
    this.#opening?.reject(new PlaybackError('closed', 'The connection was closed'));
    this.#opening = null;
  }

  async #negotiate() {
    this.#peer.addTransceiver('video', { direction: 'recvonly' });
    this.#peer.addTransceiver('audio', { direction: 'recvonly' });
    const offer = await this.#peer.createOffer();
    const sdp = withStereoOpus(offer.sdp ?? '');
    // Before setLocalDescription, which starts to gather candidates: the offer is the first message.
    const answer = this.#signalling.exchange(sdp);
    answer.catch(() => {});
    await this.#peer.setLocalDescription({ type: 'offer', sdp });
    const answerSdp = await answer;
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#end(new PlaybackError('ice_failed', 'No network path to the server was found'));
    }, connectTimeoutMs);
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: answerSdp });
    this.#answered = true;
    for (const candidate of this.#early.splice(0)) this.#addRemoteCandidate(candidate);
  }

  /** @param {RTCIceCandidateInit} candidate */
  #addRemoteCandidate(candidate) {
    if (this.#closed) return;
    if (!this.#answered) {
      this.#early.push(candidate);
      return;
    }
    const { candidate: line, sdpMid, sdpMLineIndex } = candidate;
    // One candidate that this browser cannot use does no harm to the others.
    this.#peer.addIceCandidate({ candidate: line, sdpMid, sdpMLineIndex }).catch(() => {});
  }

  /**
   * @param {MediaStreamTrack} track
   * @param {RTCRtpReceiver} receiver
   */
  #addTrack(track, receiver) {
    // The smallest buffer that the network allows: the browser adds what jitter demands.
    if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
    else if ('playoutDelayHint' in receiver) /** @type {RTCRtpReceiver} */ (receiver).playoutDelayHint = 0;
    this.#stream.addTrack(track);
    if (this.#videoElement.srcObject !== this.#stream) this.#videoElement.srcObject = this.#stream;
    startPlayback(this.#videoElement);
  }

  #onConnectionState() {
    const state = this.#peer.connectionState;
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#opening?.resolve();
      this.#opening = null;
    } else if (state === 'disconnected') {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(
        () => this.#end(new PlaybackError('closed', 'The connection was lost')),
        disconnectedGraceMs,
      );
    } else if (state === 'failed' || state === 'closed') {
      this.#end(
        this.#opening
          ? new PlaybackError('ice_failed', 'No network path to the server was found')
          : new PlaybackError('closed', 'The connection was lost'),
      );
    }
  }

  /** @param {PlaybackError} error */
  #end(error) {
    if (this.#closed) return;
    const opening = this.#opening;
    this.#opening = null;
    this.close();
    if (opening) opening.reject(error);
    else this.#onLost(error);
  }
}

/**
 * Starts a video, silently if the browser refuses sound before the first click.
 *
 * @param {HTMLVideoElement} video
 */
export function startPlayback(video) {
  video.play()?.catch((error) => {
    if (error.name !== 'NotAllowedError' || video.muted) return;
    video.muted = true;
    video.play().catch(() => {});
  });
}

/**
 * Browsers decode Opus to mono unless they offered stereo (RFC 7587 section 6.1).
 *
 * @param {string} sdp
 */
export function withStereoOpus(sdp) {
  const payload = /^a=rtpmap:(\d+) opus\/48000\/2/im.exec(sdp)?.[1];
  if (!payload) return sdp;
  return sdp.replace(new RegExp(`^(a=fmtp:${payload} )(?!.*stereo=1)`, 'm'), '$1stereo=1;');
}

/** @param {unknown} error */
function asPlaybackError(error) {
  if (error instanceof PlaybackError) return error;
  return new PlaybackError(
    'undecodable',
    `The answer of the server is unusable: ${/** @type {Error} */ (error).message}`,
  );
}
