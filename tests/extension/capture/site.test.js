import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NO_RULES, pageOf } from '../../../extension/src/capture/recording-rules.js';
import { siteOf } from '../../../extension/src/capture/site.js';

/** The server's tests read the same cases. */
const CASES = JSON.parse(readFileSync(new URL('../../site_cases.json', import.meta.url), 'utf8'));

for (const { url, site } of CASES) {
  test(`the site of ${url} is ${site}`, () => {
    assert.equal(siteOf(new URL(url)), site);
  });
}

test('a page is recorded with its site', () => {
  assert.equal(pageOf('http://localhost:8000/x', NO_RULES)?.domain, 'localhost:8000');
  assert.equal(pageOf('http://localhost:8000/x', { ...NO_RULES, domainOnly: ['localhost'] })?.domain, 'localhost:8000');
});
