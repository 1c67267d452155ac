import { setIcon } from './icons.js';
import { loadPreference, storePreference } from './preferences.js';

const themes = ['auto', 'light', 'dark'];
const icons = { auto: 'auto', light: 'sun', dark: 'moon' };
const names = { auto: 'automatic', light: 'light', dark: 'dark' };

/**
 * A button that goes through automatic, light and dark.
 *
 * @param {HTMLElement} button
 */
export function themeButton(button) {
  let theme = /** @type {keyof typeof icons} */ (loadPreference('theme', themes));
  const show = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    setIcon(button, icons[theme]);
    button.title = `Theme: ${names[theme]}`;
    button.setAttribute('aria-label', button.title);
  };
  button.addEventListener('click', () => {
    theme = /** @type {keyof typeof icons} */ (themes[(themes.indexOf(theme) + 1) % themes.length]);
    storePreference('theme', theme);
    show();
  });
  show();
}
