/** Paths on a 24 × 24 grid, drawn with the text's colour. @type {Record<string, string>} */
const shapes = {
  brand:
    '<path d="M3 7c3-2.5 6 2.5 9 0s6 2.5 9 0M3 12c3-2.5 6 2.5 9 0s6 2.5 9 0M3 17c3-2.5 6 2.5 9 0s6 2.5 9 0"/>',
  search: '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
  sun: '<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4"/>',
  moon: '<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z"/>',
  auto: '<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17a8.5 8.5 0 0 0 0-17Z" fill="currentColor"/>',
  'grid-small':
    '<path d="M4 4h4v4H4zM10 4h4v4h-4zM16 4h4v4h-4zM4 10h4v4H4zM10 10h4v4h-4zM16 10h4v4h-4zM4 16h4v4H4zM10 16h4v4h-4zM16 16h4v4h-4z"/>',
  'grid-medium': '<path d="M4 4h6.5v6.5H4zM13.5 4H20v6.5h-6.5zM4 13.5h6.5V20H4zM13.5 13.5H20V20h-6.5z"/>',
  'grid-large': '<rect x="4" y="4" width="16" height="16" rx="1"/>',
  camera:
    '<path d="M3.5 7.5a1.5 1.5 0 0 1 1.5-1.5h9a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 14 18H5a1.5 1.5 0 0 1-1.5-1.5zM15.5 11l5-3v8l-5-3"/>',
  'camera-off':
    '<path d="M3 3l18 18M8.5 6H14a1.5 1.5 0 0 1 1.5 1.5V13M15.5 15.5v1A1.5 1.5 0 0 1 14 18H5a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 5 6M15.5 11l5-3v8l-2.5-1.5"/>',
  unplugged:
    '<path d="M3 3l18 18M5 12.5a10 10 0 0 1 4.5-2.6M19 12.5a10 10 0 0 0-5-2.7M1.8 9a15 15 0 0 1 5-3.2M22.2 9A15 15 0 0 0 11 5M8.5 16a5 5 0 0 1 6.5-.4"/><circle cx="12" cy="19.5" r=".75" fill="currentColor"/>',
  alert: '<path d="M12 4 2.5 20h19zM12 10v4.5"/><circle cx="12" cy="17.2" r=".6" fill="currentColor"/>',
  power: '<path d="M12 3v8.5M7 6.5a7.5 7.5 0 1 0 10 0"/>',
  play: '<path d="M7 4.5v15l12-7.5z" fill="currentColor"/>',
  pause: '<path d="M8 5v14M16 5v14" stroke-width="3"/>',
  'step-back': '<path d="M16.5 6v12L8.5 12z" fill="currentColor"/><path d="M6 6v12"/>',
  'step-forward': '<path d="M7.5 6v12l8-6z" fill="currentColor"/><path d="M18 6v12"/>',
  clip: '<circle cx="6.5" cy="6.5" r="2.7"/><circle cx="6.5" cy="17.5" r="2.7"/><path d="M8.8 8 20 17M8.8 16 20 7"/>',
  download: '<path d="M12 4v11M7 10.5l5 5 5-5M4.5 19.5h15"/>',
  lock: '<rect x="5.5" y="10.5" width="13" height="9" rx="1.5"/><path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5"/>',
  close: '<path d="M6 6l12 12M18 6 6 18"/>',
  plus: '<path d="M12 5.5v13M5.5 12h13"/>',
  minus: '<path d="M5.5 12h13"/>',
  together: '<rect x="3.5" y="4" width="7.5" height="6" rx="1"/><rect x="13" y="4" width="7.5" height="6" rx="1"/><path d="M3.5 16h17M12 13.2v5.6"/>',
  volume: '<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>',
  'volume-off': '<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5"/>',
  expand: '<path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"/>',
  shrink: '<path d="M9 4v5H4M15 4v5h5M9 20v-5H4M15 20v-5h5"/>',
  pip: '<rect x="3" y="5" width="18" height="14" rx="1.5"/><path d="M12.5 12h6v4.5h-6z" fill="currentColor"/>',
  snapshot: '<path d="M4 8h3.2l1.6-2.5h6.4L16.8 8H20v11H4z"/><circle cx="12" cy="13.2" r="3.4"/>',
  back: '<path d="M10.5 5.5 4 12l6.5 6.5M4.5 12H20"/>',
  readers:
    '<circle cx="9" cy="8.5" r="3.5"/><path d="M2.5 19.5a6.5 6.5 0 0 1 13 0M16 5.3a3.5 3.5 0 0 1 0 6.4M18 13.8a6.5 6.5 0 0 1 3.5 5.7"/>',
};

/**
 * @param {string} name
 * @returns {SVGSVGElement} hidden from screen readers: the text beside it says the same
 */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.classList.add('icon');
  svg.innerHTML = shapes[name];
  return svg;
}

/**
 * Shows an icon in an element that is made for one, if it shows another.
 *
 * @param {HTMLElement} element
 * @param {string} name
 */
export function setIcon(element, name) {
  if (element.dataset.icon === name && element.firstElementChild) return;
  element.dataset.icon = name;
  element.replaceChildren(icon(name));
}

/** Draws the icons that a page names in `data-icon`. @param {ParentNode} root */
export function drawIcons(root) {
  for (const element of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-icon]'))) {
    setIcon(element, element.dataset.icon ?? '');
  }
}
