// Runs in the page, beside tests/bench/in_page.js and rewind-page.js: a viewer who knows the URLs of the DVR server only. What it
// is asked and answered is that server's; what is shown is looked at as with any other viewer.
const dvr = {
  /** @param {number} source */
  async open(source) {
    const peer = new RTCPeerConnection();
    const video = bench.video();
    peer.ontrack = ({ track }) => {
      if (track.kind === 'video') video.srcObject = new MediaStream([track]);
    };
    peer.addTransceiver('video', { direction: 'recvonly' });
    const origin = Date.now() - performance.now();
    const viewer = { peer, video, pictures: [], positions: [], now: () => origin + performance.now() };
    await peer.setLocalDescription();
    // Candidates come with the offer: there is no other way for them.
    await rewind.until(() => peer.iceGatheringState === 'complete', 'candidates');
    const opened = await dvr.post(`/streams/${source}/webrtc`, { sdp: peer.localDescription.sdp });
    viewer.session = `/streams/${source}/webrtc/${opened.session_id}`;
    await peer.setRemoteDescription({ type: 'answer', sdp: opened.sdp });
    bench.watch(video, new AbortController().signal, (picture) => viewer.pictures.push(picture));
    return viewer;
  },

  async post(url, body) {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
    const told = await answer.json();
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${told.error}`);
    return told;
  },

  /** What the server says where the viewer is, kept as that which others are told over /ws. */
  async mode(viewer) {
    const { mode, timestamp, speed } = await (await fetch(`${viewer.session}/mode`)).json();
    viewer.positions.push({ mode, rate: speed, time: Date.parse(timestamp), at: viewer.now() });
  },
};

globalThis.dvr = dvr;
