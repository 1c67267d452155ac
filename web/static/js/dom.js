/** How long a notice stands. */
const noticeMs = 6_000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let noticeTimer;

/**
 * @param {ParentNode} root
 * @param {string} selector of an element that the page has
 * @returns {HTMLElement}
 */
export function find(root, selector) {
  const element = root.querySelector(selector);
  if (!(element instanceof HTMLElement)) throw new Error(`The page lacks ${selector}`);
  return element;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [text]
 */
export function make(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/**
 * Writes a text only if it differs: screen readers announce every write.
 *
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Says something in the page's #notice for a few seconds. @param {string} text */
export function showNotice(text) {
  const notice = find(document, '#notice');
  setText(notice, text);
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (notice.hidden = true), noticeMs);
}

/**
 * A row of buttons of which one is pressed (`data-value` on each).
 *
 * @param {HTMLElement} group
 * @param {string} value pressed at first
 * @param {(value: string) => void} onChange
 */
export function choiceGroup(group, value, onChange) {
  const buttons = [...group.querySelectorAll('button')];
  /** @param {string} chosen */
  const press = (chosen) => {
    for (const button of buttons)
      button.setAttribute('aria-pressed', String(button.dataset.value === chosen));
  };
  press(value);
  for (const button of buttons) {
    button.addEventListener('click', () => {
      press(button.dataset.value ?? '');
      onChange(button.dataset.value ?? '');
    });
  }
}
