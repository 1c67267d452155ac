import { Api } from './api.js';
import { choiceGroup, find, setText } from './dom.js';
import { drawIcons } from './icons.js';
import { leadToLogin } from './login-target.js';
import { loadPreference, storePreference } from './preferences.js';
import { RecordingsList } from './recordings-list.js';
import { themeButton } from './theme.js';
import { Tile } from './tile.js';

const pollMs = 2_000;

/** A dashboard in a hidden tab gives its sessions back after a while. */
const hiddenLeaveMs = 30_000;

const api = new Api();
const recordings = new RecordingsList(api);
const grid = find(document, '#grid');
const template = /** @type {HTMLTemplateElement} */ (find(document, '#tile-template'));
const search = /** @type {HTMLInputElement} */ (find(document, '#search'));

/** @type {Map<string, Tile>} */
const tiles = new Map();
/** @type {WeakMap<Element, Tile>} */
const tileOf = new WeakMap();
let statusFilter = 'all';
let reachable = true;
let answered = false;
let asleep = false;

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries)
      tileOf.get(target)?.setVisible(isIntersecting && !asleep);
  },
  { rootMargin: '120px' },
);

/** @param {import('./api.js').Stream[]} all */
function updateTiles(all) {
  // A camera has one tile, which plays its smaller stream.
  const smaller = new Set(all.map(({ substream }) => substream));
  const streams = all.filter(({ id }) => !smaller.has(id));
  const ids = new Set(streams.map(({ id }) => id));
  for (const [id, tile] of tiles) {
    if (ids.has(id)) continue;
    observer.unobserve(tile.element);
    tile.remove();
    tiles.delete(id);
  }
  const ordered = [...streams].sort((a, b) => a.id.localeCompare(b.id, undefined, { numeric: true }));
  ordered.forEach((stream, position) => {
    let tile = tiles.get(stream.id);
    if (tile) {
      tile.update(stream);
    } else {
      tile = new Tile(template, api, stream);
      tile.setRecorded(recordings.stateOf(stream.id));
      tiles.set(stream.id, tile);
      tileOf.set(tile.element, tile);
      observer.observe(tile.element);
    }
    if (grid.children[position] !== tile.element)
      grid.insertBefore(tile.element, grid.children[position] ?? null);
  });
}

function applyFilter() {
  const words = search.value.trim().toLowerCase();
  let shown = 0;
  for (const { element, stream } of tiles.values()) {
    const statusFits = statusFilter === 'all' || (statusFilter === 'online') === (stream.status === 'online');
    element.hidden = !(statusFits && stream.id.toLowerCase().includes(words));
    if (!element.hidden) shown += 1;
  }
  showNotice(shown);
}

/** @param {number} shown tiles */
function showNotice(shown) {
  let notice = '';
  if (!reachable && tiles.size === 0) notice = 'unreachable';
  else if (!answered) notice = 'loading';
  else if (tiles.size === 0) notice = 'empty';
  else if (shown === 0) notice = 'nothing-found';
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.notice'))) {
    element.hidden = element.id !== notice;
  }
  find(document, '.toolbar').hidden = tiles.size === 0;
  find(document, '#connection-lost').hidden = reachable || tiles.size === 0;
}

function showTotals() {
  const streams = [...tiles.values()].map(({ stream }) => stream);
  const online = streams.filter(({ status }) => status === 'online').length;
  const offline = streams.filter(({ status }) => status === 'offline').length;
  const readers = streams.reduce((sum, { readerCount }) => sum + readerCount, 0);
  setText(find(document, '#total-online'), String(online));
  setText(find(document, '#total-offline'), String(offline));
  setText(find(document, '#total-readers'), String(readers));
  find(document, '#totals').hidden = !answered;
  find(document, '#totals').classList.toggle('has-online', online > 0);
  find(document, '#totals').classList.toggle('has-offline', offline > 0);
  setText(find(document, '#announcement'), answered ? `${online} of ${streams.length} cameras online` : '');
}

async function refresh() {
  try {
    updateTiles(await api.streams());
    if (!reachable || !answered) void showVersion();
    reachable = true;
    answered = true;
  } catch (error) {
    if (leadToLogin(error)) return;
    reachable = false;
  }
  applyFilter();
  showTotals();
}

async function showVersion() {
  const health = await api.health().catch(() => null);
  setText(find(document, '#version'), health?.version ? `Rill ${health.version}` : '');
}

async function poll() {
  if (!document.hidden) await refresh();
  setTimeout(poll, pollMs);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let sleepTimer;

/** @param {boolean} sleep */
function setAsleep(sleep) {
  if (asleep === sleep) return;
  asleep = sleep;
  // Observing anew reports each tile's visibility once more.
  for (const { element } of tiles.values()) {
    observer.unobserve(element);
    observer.observe(element);
    if (asleep) tileOf.get(element)?.setVisible(false);
  }
}

document.addEventListener('visibilitychange', () => {
  clearTimeout(sleepTimer);
  if (document.hidden) {
    sleepTimer = setTimeout(() => setAsleep(true), hiddenLeaveMs);
    return;
  }
  setAsleep(false);
  void refresh();
});

window.addEventListener('pagehide', () => setAsleep(true));
window.addEventListener('pageshow', () => setAsleep(false));

search.addEventListener('input', applyFilter);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    search.focus();
  } else if (event.key === 'Escape' && event.target === search) {
    search.value = '';
    applyFilter();
  }
});

drawIcons(document);
themeButton(find(document, '#theme'));
choiceGroup(find(document, '#status-filter'), statusFilter, (value) => {
  statusFilter = value;
  applyFilter();
});
const density = loadPreference('density', ['medium', 'small', 'large']);
grid.dataset.density = density;
choiceGroup(find(document, '#density'), density, (value) => {
  grid.dataset.density = value;
  storePreference('density', value);
});
find(document, '#retry').addEventListener('click', refresh);
find(document, '#clear-filter').addEventListener('click', () => {
  search.value = '';
  /** @type {HTMLElement} */ (document.querySelector('#status-filter [data-value="all"]')).click();
});
recordings.on('changed', () => {
  for (const [id, tile] of tiles) tile.setRecorded(recordings.stateOf(id));
  find(document, '#together').hidden = !recordings.any;
});
recordings.start();
void poll();
