export type FrameFormat = 'bgr' | 'rgb' | 'gray' | 'i420' | 'jpeg' | 'png';

export interface Frame {
  format: FrameFormat;
  /** Pixels. */
  width: number;
  height: number;
  /** Bytes from a row to the next one, of the first plane; 0 for jpeg and png. */
  stride: number;
  /** Number of the picture; a gap is pictures that were left out. */
  sequence: number;
  captured: Date;
  /** Capture in seconds of the server's media clock, which never steps. */
  runningTime: number;
  /** Of i420, as ISO/IEC 23091-2 numbers it; else 0. */
  matrix: number;
  /** Samples are 0 to 255, not 16 to 235. */
  fullRange: boolean;
  /** The pixels, or the JPEG or PNG file; a view of the message. */
  data: Uint8Array<ArrayBuffer>;
}

/** not-configured: the server has no such path, which ends the attempts. */
export type RillErrorCode = 'not-configured' | 'refused' | 'unreachable' | 'protocol';

export class RillError extends Error {
  constructor(code: RillErrorCode, message: string, status?: number);
  code: RillErrorCode;
  /** HTTP status, where there was one. */
  status: number | undefined;
}

/** failed: not tried again. */
export type ClientState = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'failed';

export interface ClientOptions {
  /** Pixels of the pictures; as the camera sends them. */
  width?: number;
  height?: number;
  /** jpeg */
  format?: FrameFormat;
  /** Pictures a second at most, the server leaves out the others; all. */
  fps?: number;
  /** 500: the first pause between attempts, which doubles. */
  firstDelayMs?: number;
  /** 30000: the longest pause. */
  maxDelayMs?: number;
  /** 15000: silence after which a connection is made anew. */
  idleTimeoutMs?: number;
  /** For Node.js before 22: that of the package ws. */
  webSocket?: typeof WebSocket;
}

export interface ClientEvents {
  /** The newest one; a listener that returns a promise gets the next when that is settled. */
  frame: Frame;
  /** The first frame of a connection has come. */
  open: undefined;
  /** A connection that frames came by is lost. */
  close: { code: number; reason: string };
  error: RillError;
  state: { state: ClientState; reason: string };
}

/** Frames of one stream. Lost connections are made again; who is slow gets the newest frame, and the others are dropped. */
export class RTSPStreamClient {
  /** serverUrl: http, https, ws or wss. Throws TypeError. */
  constructor(serverUrl: string, streamId: string, options?: ClientOptions);
  onFrame: ((frame: Frame) => unknown) | null;
  readonly state: ClientState;
  readonly counters: { received: number; dropped: number; connections: number };
  readonly snapshotUrl: string;
  on<Name extends keyof ClientEvents>(event: Name, callback: (payload: ClientEvents[Name]) => unknown): this;
  off<Name extends keyof ClientEvents>(event: Name, callback: (payload: ClientEvents[Name]) => unknown): this;
  /** The path has to be in the server's configuration; rtspUrl makes no path yet. Rejects with RillError. */
  startStream(rtspUrl?: string, width?: number, height?: number): Promise<void>;
  stopStream(): Promise<void>;
  streamStatus(): Promise<Record<string, any>>;
  connect(): void;
  disconnect(): void;
}

/** Throws RillError: protocol. */
export function decodeFrame(message: ArrayBuffer): Frame;

/** Draws a frame of any format and gives the canvas its size. */
export function drawFrame(canvas: HTMLCanvasElement | OffscreenCanvas, frame: Frame): Promise<void>;
