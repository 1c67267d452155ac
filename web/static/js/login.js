import { serverRoot } from './api.js';
import { find, setText } from './dom.js';
import { drawIcons } from './icons.js';
import { destination, pathOf } from './login-target.js';
import { errorMessage } from './playback-error.js';

const loginUrl = new URL('api/v1/login', serverRoot);
const target = destination(location.href, serverRoot);
const path = pathOf(target, serverRoot);
const form = /** @type {HTMLFormElement} */ (find(document, '#form'));
const user = /** @type {HTMLInputElement} */ (find(document, '#user'));
const password = /** @type {HTMLInputElement} */ (find(document, '#password'));
const submit = /** @type {HTMLButtonElement} */ (find(document, '#submit'));
const problem = find(document, '#problem');

/** @param {string} id of the one card that is shown */
function show(id) {
  for (const card of ['form', 'known', 'nobody', 'unreachable']) find(document, `#${card}`).hidden = card !== id;
}

/** @param {string} text "" for none */
function setProblem(text) {
  setText(problem, text);
  problem.hidden = text === '';
}

/**
 * @param {string} method
 * @param {object} [body]
 */
function request(method, body) {
  return fetch(loginUrl, {
    method,
    cache: 'no-store',
    headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  });
}

function askForPassword() {
  setText(find(document, '#purpose'), path ? `To watch ${path}` : 'To see and steer the cameras');
  show('form');
  user.focus();
}

async function begin() {
  const response = await request('GET').catch(() => null);
  if (!response?.ok) return show('unreachable');
  const state = await response.json();
  if (state.user !== null) {
    const who = state.user === '' ? 'You are logged in by a token' : `You are ${state.user}`;
    setText(find(document, '#known-text'), `${who}, and may not see ${path || 'the dashboard'}. Log in as somebody else who may.`);
    return show('known');
  }
  if (state.hasUsers) return askForPassword();
  show('nobody');
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  setProblem('');
  submit.disabled = true;
  const body = { user: user.value, password: password.value, ...(path && { path }) };
  const response = await request('POST', body).catch(() => null);
  submit.disabled = false;
  if (response?.ok) return location.replace(target);
  if (!response) return setProblem('The server does not answer.');
  setProblem(response.status === 401 ? 'That is not right, or this user may not do it.' : await errorMessage(response));
  password.select();
});

find(document, '#leave').addEventListener('click', async () => {
  await request('DELETE').catch(() => null);
  begin();
});
find(document, '#again').addEventListener('click', begin);

drawIcons(document);
begin();
