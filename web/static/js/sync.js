import { Api } from './api.js';
import { find, make, showNotice } from './dom.js';
import { dvrKeys } from './dvr-keys.js';
import { sentence } from './format.js';
import { drawIcons } from './icons.js';
import { leadToLogin } from './login-target.js';
import { RecordingsList } from './recordings-list.js';
import { SyncGroup } from './sync-group.js';
import { SyncTile } from './sync-tile.js';
import { themeButton } from './theme.js';
import { Recordings } from './timeline/recordings.js';
import { Timeline } from './timeline/timeline.js';
import { showPlayButton, Transport } from './transport.js';

const pollMs = 2_000;
const defaultCameras = 4;
const mostCameras = 9;

const api = new Api();
const list = new RecordingsList(api);
const group = new SyncGroup({ serverNow: () => api.clock.now() });
const grid = find(document, '#grid');
const template = /** @type {HTMLTemplateElement} */ (find(document, '#tile-template'));
const chooser = find(document, '#chooser');

/** @type {Map<string, SyncTile>} */
const tiles = new Map();
/** @type {Map<string, Recordings>} */
const recordings = new Map();
/** @type {import('./api.js').Stream[]} */
let streams = [];
/** What the address or the viewer has chosen; null: nothing yet. @type {string[] | null} */
let chosen = chosenInAddress();

const timeline = new Timeline(find(document, '#timeline'), { api, position: () => group.position, extent });
const transport = new Transport(find(document, '#controls'), {
  deck: group,
  now: () => api.clock.now(),
  onMove: () => timeline.follow(),
});
const keys = dvrKeys({
  deck: group,
  transport,
  timeline,
  extent,
  toggle: () => transport.toggle(),
  now: () => api.clock.now(),
});

/** `?stream=a&stream=b` */
function chosenInAddress() {
  const named = new URLSearchParams(window.location.search).getAll('stream');
  return named.length > 0 ? named.slice(0, mostCameras) : null;
}

/** Of all cameras that are shown. */
function extent() {
  const extents = [...tiles.keys()].flatMap((id) => list.extentOf(id) ?? []);
  if (extents.length === 0) return null;
  return {
    start: Math.min(...extents.map(({ start }) => start)),
    end: Math.max(...extents.map(({ end }) => end)),
  };
}

/** Cameras that can be chosen, recorded ones first. */
function cameras() {
  const ids = streams.map(({ id }) => id).sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  return [...ids.filter((id) => list.extentOf(id)), ...ids.filter((id) => !list.extentOf(id))];
}

function showChosen() {
  const wanted = chosen ?? [];
  for (const [id, tile] of tiles) {
    if (wanted.includes(id)) continue;
    tile.close();
    tiles.delete(id);
  }
  for (const id of wanted) {
    if (tiles.has(id)) continue;
    const tile = new SyncTile(template, api, id, group, (error) => showNotice(`${id}: ${sentence(error.message)}`));
    tiles.set(id, tile);
    grid.append(tile.element);
    if (!recordings.has(id)) recordings.set(id, new Recordings(api, id));
  }
  grid.style.setProperty('--columns', String(Math.ceil(Math.sqrt(wanted.length))));
  timeline.setLanes(
    wanted.map((id) => ({ label: id, recordings: /** @type {Recordings} */ (recordings.get(id)) })),
  );
  for (const element of document.querySelectorAll('.with-cameras'))
    /** @type {HTMLElement} */ (element).hidden = wanted.length === 0;
  find(document, '#nothing').hidden = wanted.length > 0 || chosen === null;
}

/** @param {string[]} ids */
function choose(ids) {
  chosen = ids;
  const query = ids.map((id) => `stream=${encodeURIComponent(id)}`).join('&');
  history.replaceState(null, '', `?${query}`);
  showChosen();
}

function renderChooser() {
  const ids = cameras();
  const key = ids.join('\n');
  if (chooser.dataset.key !== key) {
    chooser.dataset.key = key;
    chooser.replaceChildren(...ids.map(checkbox));
  }
  for (const box of chooser.querySelectorAll('input')) {
    box.checked = chosen?.includes(box.value) ?? false;
    box.disabled = !box.checked && (chosen?.length ?? 0) >= mostCameras;
  }
}

/** @param {string} id */
function checkbox(id) {
  const label = make('label', 'chooser-item');
  const box = document.createElement('input');
  Object.assign(box, { type: 'checkbox', value: id });
  box.addEventListener('change', () => {
    const others = (chosen ?? []).filter((other) => other !== id);
    choose(box.checked ? [...others, id] : others);
    renderChooser();
  });
  label.append(box, make('span', '', id));
  return label;
}

function render() {
  for (const tile of tiles.values()) tile.render();
  const labels = { play: 'Play (Space)', pause: 'Pause (Space)' };
  showPlayButton(find(document, '#play'), transport.paused, labels);
  transport.render();
}

async function poll() {
  if (!document.hidden) {
    const known = await api.streams().catch((error) => {
      leadToLogin(error);
      return null;
    });
    find(document, '#connection-lost').hidden = known !== null;
    if (known) streams = known;
    for (const [id, tile] of tiles) tile.update(streams.find((stream) => stream.id === id));
    renderChooser();
  }
  setTimeout(poll, pollMs);
}

drawIcons(document);
themeButton(find(document, '#theme'));
showChosen();
timeline.on('seek', ({ time, live }) => (live ? transport.live() : group.seek(new Date(time))));
group.on('changed', () => {
  timeline.arrived();
  render();
});
find(document, '#play').addEventListener('click', () => transport.toggle());
list.on('changed', () => {
  if (chosen === null && streams.length > 0) {
    const recorded = cameras().filter((id) => list.extentOf(id));
    if (recorded.length > 0) choose(recorded.slice(0, defaultCameras));
    find(document, '#nothing').hidden = recorded.length > 0;
  }
  renderChooser();
});
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.key === 'Escape') {
    if (!timeline.escape()) transport.escape();
  } else if (!typing) {
    keys(event);
  }
});
document.addEventListener('pointerdown', ({ target }) => {
  const details = /** @type {HTMLDetailsElement} */ (find(document, '#cameras'));
  if (target instanceof Node && !details.contains(target)) details.open = false;
});
window.addEventListener('pagehide', () => {
  for (const tile of tiles.values()) tile.close();
  tiles.clear();
});
window.addEventListener('pageshow', (event) => {
  if (event.persisted) showChosen();
});
void poll().then(() => list.start());
render();
