import { codecLabel } from './format.js';

/** What is made of a camera's tracks for viewers who cannot take them, and what that costs. */
export class RenditionFacts {
  /** Processor time by name, as it was told last. @type {Map<string, {seconds: number, at: number}>} */
  #before = new Map();
  /** Shares of a core, which change once a second at most. @type {Map<string, number>} */
  #shares = new Map();

  /**
   * @param {import('./api.js').Rendition[]} renditions
   * @param {number} now milliseconds
   * @returns {[string, string][]} [['Rendition', 'H.264 480p, 33 % of a core']]
   */
  list(renditions, now) {
    for (const { name, cpuSeconds } of renditions) {
      const before = this.#before.get(name);
      if (before?.seconds === cpuSeconds) continue;
      if (before && cpuSeconds > before.seconds)
        this.#shares.set(name, (cpuSeconds - before.seconds) / ((now - before.at) / 1000));
      this.#before.set(name, { seconds: cpuSeconds, at: now });
    }
    return renditions.map((rendition) => ['Rendition', this.#describe(rendition)]);
  }

  /** @param {import('./api.js').Rendition} rendition */
  #describe({ name, running, reason }) {
    const [codec, height] = name.split(' ');
    const what = [codecLabel(codec), height].filter(Boolean).join(' ');
    if (!running) return `${what}: ${reason}`;
    const share = this.#shares.get(name);
    return share === undefined ? what : `${what}, ${(share * 100).toFixed(share < 0.1 ? 1 : 0)} % of a core`;
  }
}
