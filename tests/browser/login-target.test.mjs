// Where a login leads.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { destination, pathOf } from '../../web/static/js/login-target.js';

const root = 'https://cameras.example/rill/';

test('a login leads to the page that asked for it', () => {
  for (const [next, expected] of [
    ['/', ''],
    ['', ''],
    ['/cam1/', 'cam1/'],
    ['/site/door/?speed=2', 'site/door/?speed=2'],
    ['sync.html', 'sync.html'],
  ])
    assert.equal(destination(`${root}login?next=${encodeURIComponent(next)}`, root), root + expected);
});

test('a login leads nowhere else', () => {
  for (const next of [
    '//evil.example/',
    '\\\\evil.example/',
    '/\\evil.example/',
    'https://evil.example/',
    'https://cameras.example.evil.example/rill/',
    'javascript:alert(1)',
    'data:text/html,x',
    '../../elsewhere',
  ]) {
    const target = destination(`${root}login?next=${encodeURIComponent(next)}`, root);
    assert.ok(target.startsWith(root), `${next} leads to ${target}`);
  }
});

test('the page of a path says which path it is', () => {
  assert.equal(pathOf(`${root}site/door%202/?a=b`, root), 'site/door 2');
  assert.equal(pathOf(root, root), '');
  assert.equal(pathOf(`${root}sync.html`, root), '');
});
