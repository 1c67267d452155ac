import { serverRoot } from './api.js';
import { PlaybackError } from './playback-error.js';

/**
 * Where a login leads: the page that asked for it, which must be one of this server's.
 *
 * @param {string} href of the login page, with ?next=
 * @param {string} root of the server
 */
export function destination(href, root) {
  const next = new URL(href).searchParams.get('next') ?? '';
  // Relative to the root, whatever begins it: "//example.com" and "\\example.com" lead nowhere else.
  const url = new URL(next.replace(/^[/\\]+/, './'), root);
  return url.href.startsWith(root) ? url.href : root;
}

/**
 * The path whose page it is, or "": "…/site/door/" is "site/door".
 *
 * @param {string} target
 * @param {string} root
 */
export function pathOf(target, root) {
  const rest = new URL(target).pathname.slice(new URL(root).pathname.length);
  return rest.endsWith('/') ? rest.slice(0, -1).split('/').map(decodeURIComponent).join('/') : '';
}

/**
 * To the login, when that is what a page lacks. True: the page is left.
 *
 * @param {unknown} error
 */
export function leadToLogin(error) {
  const lacksLogin = error instanceof PlaybackError && error.code === 'unauthorized';
  if (!lacksLogin || !location.href.startsWith(serverRoot)) return false;
  const next = location.href.slice(serverRoot.length - 1);
  location.replace(new URL(`login?next=${encodeURIComponent(next)}`, serverRoot));
  return true;
}
