import type { Frame, FrameFormat, RillError } from './rill-client.d.ts';

/** waiting: the connection stands, pictures do not come any more; failed: not tried again. */
export type ViewerState = 'idle' | 'connecting' | 'live' | 'waiting' | 'reconnecting' | 'failed';

export interface ViewerEvents {
  frame: CustomEvent<Frame>;
  statechange: CustomEvent<{ state: ViewerState; reason: string }>;
  error: CustomEvent<RillError>;
}

/** <rtsp-stream-viewer>. Properties are reflected by the attributes of their names. */
export class RTSPStreamViewerElement extends HTMLElement {
  serverUrl: string;
  streamId: string;
  rtspUrl: string;
  format: FrameFormat;
  autoStart: boolean;
  /** Pixels; 0: as the camera sends them. */
  width: number;
  height: number;
  /** Pictures a second at most; 0: all. */
  fps: number;
  readonly state: ViewerState;
  start(): void;
  stop(): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'rtsp-stream-viewer': RTSPStreamViewerElement;
  }
}
