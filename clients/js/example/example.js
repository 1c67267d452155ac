import '../rtsp-stream-viewer.js';

const asked = new URLSearchParams(location.search);
const form = /** @type {HTMLFormElement} */ (document.querySelector('form'));
const defaults = { server: 'http://localhost:8080', first: 'cam1', second: 'cam2' };

/** @param {keyof typeof defaults} name */
function choice(name) {
  const value = asked.get(name) || defaults[name];
  const input = form.elements.namedItem(name);
  if (input instanceof HTMLInputElement) input.value = value;
  return value;
}

const serverUrl = choice('server');
const cameras = { first: choice('first'), second: choice('second') };

for (const [id, streamId] of Object.entries(cameras)) {
  const viewer = /** @type {import('../rtsp-stream-viewer.js').RTSPStreamViewerElement} */ (document.getElementById(id));
  Object.assign(viewer, { serverUrl, streamId, autoStart: true });
}

const place = /** @type {HTMLElement} */ (document.getElementById('react-root'));
try {
  const { showInReact } = await import('./react-example.js');
  showInReact(place, serverUrl, cameras.first);
} catch (error) {
  console.info(error);
  place.textContent = 'React is not installed: npm ci in web/ of the repository.';
}
