import type { HTMLAttributes, ReactElement } from 'react';
import type { Frame, FrameFormat, RillError } from './rill-client.d.ts';
import type { ViewerState } from './rtsp-stream-viewer.d.ts';

export interface RTSPStreamViewerProps extends Omit<HTMLAttributes<HTMLElement>, 'onError'> {
  /** http, https, ws or wss; the page's own server. */
  serverUrl?: string;
  streamId: string;
  /** Given, the stream is started, too. */
  rtspUrl?: string;
  /** Pixels of the pictures; as the camera sends them. */
  width?: number;
  height?: number;
  /** Pictures a second at most; all. */
  fps?: number;
  /** jpeg */
  format?: FrameFormat;
  /** false */
  autoStart?: boolean;
  onFrame?: (frame: Frame) => void;
  onError?: (error: RillError) => void;
  onStateChange?: (change: { state: ViewerState; reason: string }) => void;
}

export function RTSPStreamViewer(props: RTSPStreamViewerProps): ReactElement;
export default RTSPStreamViewer;
