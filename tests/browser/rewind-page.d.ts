// What rewind-page.js and in_page.js put into the page, for the functions that run there. Times are milliseconds of Unix time.
interface ShownPicture {
  /** by the clock in it; null when that cannot be read */
  painted: number;
  received: number;
  seen: number;
}

/** Of which there is always one: the tests begin with pictures. */
interface Reports<T> extends Array<T> {
  at(index: number): T;
}

interface RewindViewer {
  peer: RTCPeerConnection;
  video: HTMLVideoElement;
  pictures: Reports<ShownPicture>;
  positions: Reports<{ time: number; at: number; mode: string; rate: number }>;
  errors: object[];
  answers: number;
  session: string;
  send(message: object): number;
}

declare var bench: any;
declare var rewind: any;
declare var dvr: any;
declare var viewer: RewindViewer;
