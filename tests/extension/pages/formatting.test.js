import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { durationText, relativeTimeText, siteText } from '../../../extension/src/pages/formatting.js';
import { T0 } from '../recording-fixture.js';

/** The server's tests read the same cases. */
const CASES = JSON.parse(readFileSync(new URL('../../duration_cases.json', import.meta.url), 'utf8'));

test('a duration reads as on the dashboard', () => {
  for (const { ms, text } of CASES) assert.equal(durationText(ms), text);
});

test('instants as text', () => {
  assert.equal(relativeTimeText(T0 - 300_000, T0), '5 min ago');
  assert.equal(relativeTimeText(T0 + 120_000, T0), 'in 2 min');
  assert.equal(relativeTimeText(T0 - 1000, T0), 'just now');
});

test('a site is shown in its letters, and as it is where these would be another site or none', () => {
  for (const [site, text] of [
    ['example.org', 'example.org'],
    ['xn--mnchen-3ya.de', 'münchen.de'],
    ['blog.xn--bcher-kva.example', 'blog.bücher.example'],
    ['xn--zz', 'xn--zz'],
    ['xn--exmple-4nf.org', 'exаmple.org'],
    ['localhost:8000', 'localhost:8000'],
    ['[::1]:8000', '[::1]:8000'],
  ]) assert.equal(siteText(site), text);
});
