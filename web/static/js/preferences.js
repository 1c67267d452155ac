/**
 * What this browser remembers. Without storage every visit starts with the defaults.
 *
 * @param {string} name
 * @param {string[]} allowed the first is the default
 */
export function loadPreference(name, allowed) {
  try {
    const value = localStorage.getItem(`rill.${name}`) ?? '';
    return allowed.includes(value) ? value : allowed[0];
  } catch {
    return allowed[0];
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function storePreference(name, value) {
  try {
    localStorage.setItem(`rill.${name}`, value);
  } catch {
    // Storage is switched off or full: the choice holds for this visit.
  }
}
