// What the engine needs of a browser, for tests in Node: a peer connection that connects as soon as it has an answer.
import { createRequire } from 'node:module';

const load = createRequire(new URL('../../web/package.json', import.meta.url));
const environment = /** @type {any} */ (globalThis);
// Browsers report a failed connection by 'close' alone; in Node an 'error' that nobody hears is thrown.
environment.WebSocket = class extends load('ws').WebSocket {
  constructor(/** @type {URL} */ url) {
    super(url);
    /** @type {any} */ (this).on('error', () => {});
  }
};
environment.MediaStream = class {
  /** @type {any[]} */
  tracks = [];
  addTrack(/** @type {any} */ track) {
    this.tracks.push(track);
  }
  getTracks() {
    return this.tracks;
  }
};

/** What connects as soon as it has an answer, unless told otherwise. */
export class FakePeer {
  /** @type {FakePeer[]} */
  static all = [];
  static reachable = true;
  static get open() {
    return FakePeer.all.filter((peer) => peer.connectionState !== 'closed');
  }

  connectionState = 'new';
  bytes = 0;
  frames = 0;
  flowing = true;
  /** @type {any[]} */
  candidates = [];
  /** @type {any} */ onconnectionstatechange = null;
  /** @type {any} */ onicecandidate = null;
  /** @type {any} */ ontrack = null;
  track = {
    kind: 'video',
    stopped: false,
    stop() {
      this.stopped = true;
    },
  };

  constructor(/** @type {RTCConfiguration} */ configuration) {
    this.configuration = configuration;
    FakePeer.all.push(this);
  }
  addTransceiver() {}
  getTransceivers() {
    return [{ receiver: { track: this.track }, currentDirection: 'recvonly' }];
  }
  async createOffer() {
    return {
      type: 'offer',
      sdp: 'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:uuuu\r\na=ice-pwd:pppp\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n',
    };
  }
  async setLocalDescription() {
    this.onicecandidate?.({
      candidate: { candidate: 'candidate:1 1 udp 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 },
    });
  }
  async setRemoteDescription() {
    this.ontrack?.({ track: this.track, receiver: {} });
    if (FakePeer.reachable) this.become('connected');
  }
  async addIceCandidate(/** @type {any} */ candidate) {
    this.candidates.push(candidate);
  }
  /** @param {string} state */
  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
  async getStats() {
    if (this.flowing) {
      this.bytes += 1000;
      this.frames += 1;
    }
    return new Map([
      ['c', { id: 'c', type: 'codec', mimeType: 'video/H264' }],
      [
        'v',
        {
          id: 'v',
          type: 'inbound-rtp',
          kind: 'video',
          codecId: 'c',
          bytesReceived: this.bytes,
          framesDecoded: this.frames,
          frameWidth: 640,
          frameHeight: 360,
        },
      ],
    ]);
  }
  close() {
    this.connectionState = 'closed';
  }
}
environment.RTCPeerConnection = FakePeer;

export function fakeVideo() {
  return /** @type {any} */ ({ srcObject: null, muted: true, play: () => Promise.resolve() });
}

/**
 * @param {import('../../web/static/js/emitter.js').Emitter<any>} engine
 * @param {any} event
 * @param {(payload: any) => boolean} [wanted]
 * @returns {Promise<any>}
 */
export function next(engine, event, wanted = () => true) {
  return new Promise((resolve) => {
    const listener = (/** @type {any} */ payload) => {
      if (!wanted(payload)) return;
      engine.off(event, listener);
      resolve(payload);
    };
    engine.on(event, listener);
  });
}
