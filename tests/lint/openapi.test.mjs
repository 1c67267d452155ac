// docs/openapi.yaml is OpenAPI. That it has the routes of the daemon, and no others, is tests/conformance/test_openapi.cpp's.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const text = readFileSync(new URL('../../docs/openapi.yaml', import.meta.url), 'utf8');
const methods = ['get', 'post', 'put', 'patch', 'delete'];
/** @type {any} */
let validator;
/** @type {any} */
let found;
/** @type {any} */
let document;

before(async () => {
  const { resolve } = createRequire(new URL('../../web/package.json', import.meta.url));
  const { Validator } = await import(pathToFileURL(resolve('@seriousme/openapi-schema-validator')).href);
  validator = new Validator();
  found = await validator.validate(text);
  document = validator.specification;
});

/** Every operation, with the parameters of its path. */
function operations() {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.filter((method) => item[method]).map((method) => ({
      name: `${method} ${path}`,
      path,
      operation: item[method],
      parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(resolved),
    })));
}

/** @param {any} value */
function resolved(value) {
  if (!value.$ref) return value;
  return value.$ref.split('/').slice(1).reduce((/** @type {any} */ node, /** @type {string} */ key) => node[key], document);
}

/**
 * Each object of the document.
 * @param {any} node
 * @returns {Generator<any>}
 */
function* objects(node) {
  if (node === null || typeof node !== 'object') return;
  yield node;
  for (const child of Object.values(node)) yield* objects(child);
}

test('it is valid', () => {
  assert.deepEqual(found.errors ?? [], []);
  assert.equal(validator.version, '3.0');
});

test('it has the version of the build', () => {
  const build = readFileSync(new URL('../../meson.build', import.meta.url), 'utf8');
  assert.equal(document.info.version, /version: '([^']+)'/.exec(build)?.[1]);
});

test('each operation has a name of its own, a known tag, and says what it does', () => {
  const tags = new Set(document.tags.map((/** @type {any} */ tag) => tag.name));
  const names = new Set();
  for (const { name, operation } of operations()) {
    assert.ok(operation.operationId && !names.has(operation.operationId), `${name}: operationId ${operation.operationId}`);
    names.add(operation.operationId);
    assert.ok(operation.summary, `${name}: no summary`);
    for (const tag of operation.tags) assert.ok(tags.delete(tag) || document.tags.some((/** @type {any} */ each) => each.name === tag), `${name}: tag ${tag}`);
  }
  assert.deepEqual([...tags], [], 'tags that nothing has');
});

test('each parameter of a path is described', () => {
  for (const { name, path, parameters } of operations()) {
    const inPath = parameters.filter((each) => each.in === 'path').map((each) => each.name);
    assert.deepEqual(inPath.sort(), [...path.matchAll(/{(\w+)}/g)].map((match) => match[1]).sort(), name);
  }
});

test('what asks who comes says what a refusal is', () => {
  for (const { name, operation } of operations()) {
    if (operation.security?.length === 0 || operation.responses[101]) continue;
    assert.ok(operation.responses[401], name);
  }
});

test('no component is left over', () => {
  const used = new Set([...objects(document)].map((node) => node.$ref));
  for (const [kind, components] of Object.entries(document.components)) {
    if (kind === 'securitySchemes') continue;
    for (const name of Object.keys(components)) assert.ok(used.has(`#/components/${kind}/${name}`), `${kind}/${name}`);
  }
});

test('no key is left without a value by a comma in a text', () => {
  for (const node of objects(document)) {
    for (const [key, value] of Object.entries(node)) assert.ok(value !== null || Array.isArray(node), key);
  }
});
