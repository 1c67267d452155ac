const style = `
  :host {
    --rill-surface: light-dark(#ffffff, #15191f);
    --rill-line: light-dark(#e0e4ea, #272e38);
    --rill-text: light-dark(#161b22, #e9edf2);
    --rill-text-quiet: light-dark(#5a6573, #98a3b2);
    --rill-good: light-dark(#157f55, #43cb95);
    --rill-busy: light-dark(#a86400, #f0b541);
    --rill-bad: light-dark(#c3342a, #ff8176);
    --rill-accent: light-dark(#1167d8, #62a6ff);
    --rill-radius: 10px;
    color-scheme: light dark;
    display: block;
    box-sizing: border-box;
    max-width: 100%;
    overflow: hidden;
    border: 1px solid var(--rill-line);
    border-radius: var(--rill-radius);
    background: var(--rill-surface);
    color: var(--rill-text);
    font: 13px/1.45 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif;
    font-variant-numeric: tabular-nums;
  }
  :host([hidden]), [hidden] { display: none !important; }
  .picture { position: relative; background: #07090c; color: #eef2f6; }
  canvas { display: block; width: 100%; height: 100%; object-fit: contain; }
  .overlay {
    position: absolute;
    inset: 0;
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 10px;
    padding: 16px;
    background: rgb(7 9 12 / 72%);
    text-align: center;
  }
  .detail {
    display: -webkit-box;
    overflow: hidden;
    max-width: 46ch;
    margin: 0;
    color: #c3ccd8;
    overflow-wrap: anywhere;
    text-wrap: balance;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 4;
  }
  .spinner {
    width: 22px;
    height: 22px;
    border: 2.5px solid rgb(255 255 255 / 25%);
    border-top-color: #eef2f6;
    border-radius: 50%;
    animation: turn 0.9s linear infinite;
  }
  @keyframes turn { to { transform: rotate(1turn); } }
  @media (prefers-reduced-motion: reduce) { .spinner { animation-duration: 3s; } }
  button {
    min-height: 36px;
    padding: 6px 16px;
    border: 1px solid rgb(255 255 255 / 30%);
    border-radius: 7px;
    background: rgb(255 255 255 / 14%);
    color: inherit;
    font: inherit;
    font-weight: 550;
    cursor: pointer;
  }
  button:hover { background: rgb(255 255 255 / 24%); }
  button:focus-visible { outline: 2px solid #62a6ff; outline-offset: 2px; }
  .bar { display: flex; align-items: center; gap: 8px; padding: 8px 12px; }
  .dot { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--rill-text-quiet); }
  .name { overflow: hidden; font-weight: 600; text-overflow: ellipsis; white-space: nowrap; }
  .status { flex: none; color: var(--rill-text-quiet); }
  .rate { flex: none; margin-left: auto; color: var(--rill-text-quiet); }
  :host([state='live']) .dot { background: var(--rill-good); }
  :host([state='connecting']) .dot, :host([state='waiting']) .dot, :host([state='reconnecting']) .dot { background: var(--rill-busy); }
  :host([state='failed']) .dot { background: var(--rill-bad); }
`;

/** @param {string} tag @param {Record<string, string>} attributes @param {...HTMLElement} children */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * What the viewer shows, and who may style it from outside: the parts picture, canvas, bar and button.
 *
 * @param {ShadowRoot} root
 */
export function buildShadow(root) {
  const sheet = document.createElement('style');
  sheet.textContent = style;
  const canvas = /** @type {HTMLCanvasElement} */ (make('canvas', { part: 'canvas', role: 'img' }));
  const spinner = make('div', { class: 'spinner', 'aria-hidden': 'true' });
  const detail = make('p', { class: 'detail' });
  const button = make('button', { part: 'button', type: 'button' });
  const overlay = make('div', { class: 'overlay' }, spinner, detail, button);
  const picture = make('div', { class: 'picture', part: 'picture' }, canvas, overlay);
  const name = make('span', { class: 'name' });
  // The rate, which changes each second, stays out of what is read aloud.
  const status = make('span', { class: 'status', role: 'status' });
  const rate = make('span', { class: 'rate' });
  const bar = make('div', { class: 'bar', part: 'bar' }, make('span', { class: 'dot', 'aria-hidden': 'true' }), name, status, rate);
  root.replaceChildren(sheet, picture, bar);
  return { picture, canvas, overlay, spinner, detail, button, name, status, rate };
}
