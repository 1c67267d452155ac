/** What a canvas is drawn with, by the names of base.css. */
const names = /** @type {const} */ ([
  'surface',
  'line',
  'text',
  'text-quiet',
  'accent',
  'recorded',
  'event',
  'playhead',
  'track',
]);

/** @typedef {Record<typeof names[number], string>} Palette */

/**
 * The page's colours as a canvas takes them: light-dark() is resolved on an element only.
 *
 * @param {HTMLElement} element whose theme counts
 * @returns {Palette}
 */
export function readPalette(element) {
  const probe = document.createElement('i');
  probe.hidden = true;
  element.append(probe);
  const colors = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(colors);
}

/**
 * @param {() => void} onChange the theme is another
 */
export function watchTheme(onChange) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  new MutationObserver(onChange).observe(document.documentElement, { attributeFilter: ['data-theme'] });
}
