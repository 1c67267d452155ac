// Runs in the page, beside tests/bench/in_page.js: one viewer of the path, steered over /ws, and what it was shown when.
// Times are milliseconds of Unix time.
const rewind = {
  /** @param {string} streamId */
  async open(streamId) {
    const peer = new RTCPeerConnection();
    const video = bench.video();
    const stream = new MediaStream();
    peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      video.srcObject = stream;
    };
    peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    const viewer = { peer, video, pictures: [], positions: [], errors: [], answers: 0, session: '', streamId };
    const origin = Date.now() - performance.now();
    const now = () => origin + performance.now();
    const socket = new WebSocket(`ws://${location.host}/ws`);
    await new Promise((resolve) => (socket.onopen = resolve));
    await peer.setLocalDescription();
    const answered = new Promise((resolve) => {
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.type === 'answer') {
          viewer.answers += 1;
          viewer.session = message.session;
          resolve(message.sdp);
        } else if (message.type === 'position') {
          viewer.positions.push({ ...message, time: Date.parse(message.time), at: now() });
        } else {
          viewer.errors.push(message);
        }
      };
    });
    peer.onicecandidate = ({ candidate }) => {
      if (candidate) socket.send(JSON.stringify({ type: 'candidate', ...candidate.toJSON() }));
    };
    socket.send(JSON.stringify({ type: 'offer', streamId, sdp: peer.localDescription.sdp }));
    await peer.setRemoteDescription({ type: 'answer', sdp: await answered });
    bench.watch(video, new AbortController().signal, (picture) => viewer.pictures.push(picture));
    viewer.now = now;
    viewer.send = (message) => {
      const at = now();
      socket.send(JSON.stringify(message));
      return at;
    };
    return viewer;
  },

  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),

  async until(condition, what, ms = 15_000) {
    const end = performance.now() + ms;
    while (!condition()) {
      if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
      await rewind.pause(5);
    }
  },

  /**
   * Sends a command; says how long the first picture of another time took, and where the server said by then that it is.
   * A picture is of another time when it is far from where those before would have led.
   */
  async jump(viewer, message) {
    const before = viewer.pictures.length;
    const last = viewer.pictures.findLast(({ painted }) => painted !== null);
    const isNew = ({ painted, seen }) => painted !== null && Math.abs(painted - last.painted - (seen - last.seen)) > 600;
    const at = viewer.send(message);
    await rewind.until(() => viewer.pictures.slice(before).some(isNew), `a picture after ${JSON.stringify(message)}`);
    const first = viewer.pictures.slice(before).find(isNew);
    const position = viewer.positions.findLast((report) => report.at <= first.seen);
    return { took: first.seen - at, at, painted: first.painted, position };
  },

  /** Doubles the speed; says how long the first picture took that came after it, twice as early as before. */
  async faster(viewer) {
    const before = viewer.pictures.length;
    const at = viewer.send({ type: 'speed', rate: 2 });
    const isSoon = ({ painted, seen }, index, all) =>
      index > 0 && painted !== null && painted - all[index - 1].painted > 1.5 * (seen - all[index - 1].seen);
    await rewind.until(() => viewer.pictures.slice(before).some(isSoon), 'pictures twice as fast');
    return viewer.pictures.slice(before).find(isSoon).seen - at;
  },

  /**
   * Watches for a while, and compares each picture, when it was received, with where the server says that it is: the position
   * reported last, and what has passed since at its rate. `seen` is the same by when the picture was on the screen.
   */
  async compare(viewer, ms) {
    await rewind.pause(700); // the burst before a target
    const from = viewer.pictures.length;
    await rewind.pause(ms);
    const shown = viewer.pictures.slice(from).filter(({ painted }) => painted !== null);
    const off = (picture, at) => {
      const report = viewer.positions.findLast((one) => one.at <= at);
      return picture.painted - (report.time + (at - report.at) * report.rate);
    };
    const spread = (errors) => {
      errors.sort((a, b) => a - b);
      return { least: errors[0], median: errors[errors.length >> 1], most: errors.at(-1) };
    };
    const first = shown[0];
    const last = shown.at(-1);
    return {
      pictures: shown.length,
      off: spread(shown.map((picture) => off(picture, picture.received))),
      seen: spread(shown.map((picture) => off(picture, picture.seen))),
      passed: shown.length > 1 ? (last.painted - first.painted) / (last.received - first.received) : 0,
      report: viewer.positions.at(-1),
    };
  },

  /** Energy a second of what is heard, from now on, over two seconds of sound. */
  async loudness(viewer) {
    const heard = async () => [...(await viewer.peer.getStats()).values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
    const first = await heard();
    let [last, seconds] = [first, 0];
    for (const end = performance.now() + 20_000; seconds < 2 && performance.now() < end; ) {
      await rewind.pause(100);
      last = await heard();
      seconds = last.totalSamplesDuration - first.totalSamplesDuration;
    }
    return (last.totalAudioEnergy - first.totalAudioEnergy) / Math.max(seconds, 2);
  },

  async statistics(viewer) {
    const found = { ssrcs: new Set(), framesDecoded: 0, packetsLost: 0, freezeCount: 0, keyFramesDecoded: 0, framesDropped: 0, concealed: 0 };
    for (const report of (await viewer.peer.getStats()).values()) {
      if (report.type !== 'inbound-rtp') continue;
      if (report.kind === 'audio') {
        found.concealed = report.concealedSamples;
        continue;
      }
      found.ssrcs.add(report.ssrc);
      for (const key of ['framesDecoded', 'packetsLost', 'freezeCount', 'keyFramesDecoded', 'framesDropped']) found[key] = report[key];
    }
    return { ...found, ssrcs: [...found.ssrcs] };
  },
};

globalThis.rewind = rewind;
