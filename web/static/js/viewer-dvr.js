import { ClipPanel } from './clip-panel.js';
import { find, showNotice } from './dom.js';
import { dvrKeys } from './dvr-keys.js';
import { sentence } from './format.js';
import { RecordingsList } from './recordings-list.js';
import { Recordings } from './timeline/recordings.js';
import { gapsIn } from './timeline/spans.js';
import { Timeline } from './timeline/timeline.js';
import { Transport } from './transport.js';

/**
 * What a viewer has when its camera is recorded: the timeline and all that moves along it. Without recordings nothing of it is shown.
 */
export class ViewerDvr {
  #api;
  #player;
  #streamId;
  #list;
  #onChange;
  /** @type {{timeline: Timeline, transport: Transport, clip: ClipPanel, keys: (event: KeyboardEvent) => boolean} | null} */
  #parts = null;

  /**
   * @param {object} options
   * @param {import('./api.js').Api} options.api
   * @param {import('./player.js').Player} options.player
   * @param {string} options.streamId
   * @param {() => void} options.toggle plays or pauses
   * @param {() => void} options.onChange of `available`, or of what the transport shows
   */
  constructor({ api, player, streamId, toggle, onChange }) {
    this.#api = api;
    this.#player = player;
    this.#streamId = streamId;
    this.#onChange = onChange;
    this.#list = new RecordingsList(api);
    this.#list.on('changed', () => {
      if (this.#list.extentOf(streamId) && !this.#parts) this.#begin(toggle);
    });
    this.#list.start();
    player.on('position', () => {
      this.#parts?.timeline.arrived();
      onChange();
    });
    player.on('refused', (error) => showNotice(sentence(error.message)));
  }

  get available() {
    return this.#parts !== null;
  }

  get isLive() {
    return (this.#player.position?.mode ?? 'live') === 'live';
  }

  get paused() {
    return this.#parts?.transport.paused ?? false;
  }

  /** Plays what is recorded, or pauses it or live. */
  toggle() {
    this.#parts?.transport.toggle();
  }

  /** The time of the picture. */
  get time() {
    return new Date(this.#player.position?.time ?? this.#api.clock.now());
  }

  /** @param {KeyboardEvent} event @returns {boolean} whether the key meant something */
  key(event) {
    if (!this.#parts) return false;
    if (event.key === 'Escape') {
      if (this.#parts.timeline.escape() || this.#parts.transport.escape()) return true;
      if (!this.#parts.timeline.selection) return false;
      this.#parts.clip.close();
      return true;
    }
    if (event.key.toLowerCase() === 'c') {
      this.#parts.clip.toggle();
      return true;
    }
    return this.#parts.keys(event);
  }

  /** @param {() => void} toggle */
  #begin(toggle) {
    const player = this.#player;
    const now = () => this.#api.clock.now();
    const extent = () => this.#list.extentOf(this.#streamId);
    const recordings = new Recordings(this.#api, this.#streamId);
    find(document, '#stage').classList.add('with-dvr');
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.dvr')))
      element.hidden = false;
    const timeline = new Timeline(find(document, '#timeline'), {
      api: this.#api,
      position: () => player.position,
      extent,
    });
    timeline.setLanes([{ label: '', recordings }]);
    timeline.on('seek', ({ time, live }) => (live ? transport.live() : player.seek(new Date(time))));
    const transport = new Transport(find(document, '#controls'), {
      deck: player,
      now,
      onMove: () => {
        timeline.follow();
        this.#onChange();
      },
    });
    const clip = new ClipPanel(find(document, '#clip'), {
      api: this.#api,
      streamId: this.#streamId,
      timeline,
      locked: (range) => gapsIn(recordings.events, range).length === 0,
      onLocked: (range, locked) => recordings.noteLocked(range, locked),
    });
    recordings.on('changed', () => clip.refresh());
    find(document, '#clip-button').addEventListener('click', () => clip.toggle());
    const keys = dvrKeys({ deck: player, transport, timeline, extent, toggle, now });
    this.#parts = { timeline, transport, clip, keys };
    this.#onChange();
  }
}
