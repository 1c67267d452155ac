/** How far the arrows go, in milliseconds. */
const near = 5_000;
const far = 60_000;

/**
 * The keys of a timeline: arrows, with shift further; page keys by half a view; home and end; L, space, +, -, comma and full stop.
 *
 * @param {object} options
 * @param {import('./transport.js').Deck} options.deck
 * @param {import('./transport.js').Transport} options.transport
 * @param {import('./timeline/timeline.js').Timeline} options.timeline
 * @param {() => import('./timeline/spans.js').Span | null} options.extent of all recordings
 * @param {() => void} options.toggle plays or pauses
 * @param {() => number} options.now Unix milliseconds at the server
 * @returns {(event: KeyboardEvent) => boolean} whether the key meant something
 */
export function dvrKeys({ deck, transport, timeline, extent, toggle, now }) {
  /** @param {number} by milliseconds */
  const move = (by) => {
    // Beyond a seek that is still under way: keys come faster than pictures.
    const time = timeline.time + by;
    if (time >= now()) {
      transport.live();
      return;
    }
    timeline.expect(time);
    deck.seek(new Date(time));
  };
  const page = () => (timeline.view.end - timeline.view.start) / 2;
  const earliest = () => (extent()?.start ?? now()) - timeline.time;
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const keys = {
    ArrowLeft: ({ shiftKey }) => move(shiftKey ? -far : -near),
    ArrowRight: ({ shiftKey }) => move(shiftKey ? far : near),
    ArrowDown: ({ shiftKey }) => move(shiftKey ? -far : -near),
    ArrowUp: ({ shiftKey }) => move(shiftKey ? far : near),
    PageDown: () => move(-page()),
    PageUp: () => move(page()),
    Home: () => move(earliest()),
    End: () => transport.live(),
    l: () => transport.live(),
    ' ': toggle,
    k: toggle,
    '+': () => timeline.zoom(2),
    '=': () => timeline.zoom(2),
    '-': () => timeline.zoom(0.5),
    ',': () => deck.step(-1),
    '.': () => deck.step(1),
  };
  return (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const onTimeline = event.target instanceof HTMLCanvasElement;
    // Up, down and page keys scroll the page, space presses what has the focus.
    const elsewhere = /^(Arrow(Up|Down)|Page|Home|End)/.test(key) || (key === ' ' && isPressable(event.target));
    if (!(key in keys) || (elsewhere && !onTimeline)) return false;
    event.preventDefault();
    keys[key](event);
    timeline.follow();
    transport.render();
    return true;
  };
}

/** @param {EventTarget | null} target */
function isPressable(target) {
  return target instanceof Element && target.closest('button, a, select, input, summary') !== null;
}
