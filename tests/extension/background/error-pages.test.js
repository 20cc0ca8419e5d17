import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorPages } from '../../../extension/src/background/error-pages.js';

const URL_THAT_FAILS = 'https://nowhere.test/';

test('the commit that follows an error is the error page, and the commit of a new attempt is not', () => {
  const pages = new ErrorPages();
  pages.forget(1);
  pages.add(1, URL_THAT_FAILS);
  assert.equal(pages.has(1, URL_THAT_FAILS), true);
  assert.equal(pages.has(1, 'https://a.test/'), false);
  assert.equal(pages.has(2, URL_THAT_FAILS), false);
  pages.forget(1);
  assert.equal(pages.has(1, URL_THAT_FAILS), false);
});
