// Runs in the page: plays with the engines of the product's own pages, and reads the clock that rill-camera paints
// (apps/camera/README.md, "The strip").
const bench = {
  /** The strip's value in the picture that the video shows now, or null. */
  async readStrip(video) {
    // A frame's own luma: no conversion to RGB and no scaling, which would take the time that is to be measured.
    const frame = new VideoFrame(video);
    try {
      const width = frame.codedWidth;
      const rect = { x: 0, y: Math.floor(width / 80) & ~1, width, height: 2 };
      const bytes = new Uint8Array(frame.allocationSize({ rect }));
      const [luma] = await frame.copyTo(bytes, { rect });
      if (!/^(I420|NV12)/.test(frame.format)) throw new Error(`no luma in ${frame.format}`);
      const cells = Array.from({ length: 40 }, (_, i) => bytes[luma.offset + Math.floor(((i + 0.5) * width) / 40)]);
      const threshold = (cells[0] + cells[39] + cells[1] + cells[38]) / 4;
      const bits = cells.map((value) => (value > threshold ? 1 : 0));
      const number = (from, to) => bits.slice(from, to).reduce((sum, bit) => sum * 2 + bit, 0);
      const value = number(2, 34);
      let check = 0;
      for (let shift = 0; shift < 32; shift += 4) check ^= (value >>> shift) & 15;
      const whole = bits[0] && !bits[1] && !bits[38] && bits[39] && number(34, 38) === check;
      return whole ? value : null;
    } finally {
      frame.close();
    }
  },

  /**
   * Calls back for each picture shown, until the signal is aborted: when it was painted, received (WebRTC), handed to the
   * compositor and seen here, in milliseconds of Unix time; painted is null when the strip is not readable.
   */
  watch(video, signal, onPicture) {
    // performance.now() is finer than Date.now(), but its origin is not where the clock of the camera has it.
    const origin = Date.now() - performance.now();
    let last = 0;
    const look = async (_, { receiveTime, presentationTime, presentedFrames }) => {
      const seen = performance.now();
      if (signal.aborted) return;
      video.requestVideoFrameCallback(look);
      const strip = await bench.readStrip(video);
      const unix = Math.floor(origin + seen);
      // 32 bits of the time, completed from the time now.
      const painted = strip === null ? null : unix - (((unix % 2 ** 32) - strip) | 0);
      onPicture({
        painted,
        received: receiveTime === undefined ? null : origin + receiveTime,
        presented: origin + presentationTime,
        seen: origin + seen,
        missed: last === 0 ? 0 : presentedFrames - last - 1,
      });
      last = presentedFrames;
    };
    video.requestVideoFrameCallback(look);
  },

  video() {
    const video = document.createElement('video');
    video.muted = true;
    video.autoplay = true;
    document.body.append(video);
    return video;
  },

  /** An engine of the product's own pages, and milliseconds from connect() to its first picture. */
  async play(protocol, streamId, options = {}) {
    const videoElement = bench.video();
    const { WebRTCEngine } = await import('/static/js/webrtc-engine.js');
    const { HlsEngine } = await import('/static/js/hls-engine.js');
    const engine =
      protocol === 'webrtc'
        ? new WebRTCEngine({ streamId, videoElement, signalling: 'whep', ...options })
        : new HlsEngine({ streamId, videoElement, ...options });
    const begun = performance.now();
    const shown = new Promise((resolve) =>
      videoElement.requestVideoFrameCallback(() => resolve(performance.now() - begun)),
    );
    await engine.connect();
    const firstPicture = await shown;
    const stop = () => {
      engine.disconnect();
      videoElement.remove();
    };
    return { engine, videoElement, firstPicture, stop };
  },
};

globalThis.bench = bench;
