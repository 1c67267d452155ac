// React comes as CommonJS only, which bundlers take and browsers do not. This is for a page without a bundler, such as this one.
const packages = new URL('../../../web/node_modules/', import.meta.url);
const files = /** @type {Record<string, string>} */ ({
  react: 'react/cjs/react.production.js',
  scheduler: 'scheduler/cjs/scheduler.production.js',
  'react-dom': 'react-dom/cjs/react-dom.production.js',
  'react-dom/client': 'react-dom/cjs/react-dom-client.production.js',
});

/** @param {string} name @returns {Promise<[string, string]>} */
async function read(name) {
  const response = await fetch(new URL(files[name], packages));
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
  return [name, await response.text()];
}

const sources = Object.fromEntries(await Promise.all(Object.keys(files).map(read)));

/** @type {Record<string, any>} */
const loaded = {};

/** @param {string} name @returns {any} */
export function load(name) {
  if (loaded[name]) return loaded[name].exports;
  const module = { exports: {} };
  loaded[name] = module;
  new Function('module', 'exports', 'require', sources[name])(module, module.exports, load);
  return module.exports;
}
