import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { NO_RULES } from '../../../extension/src/capture/recording-rules.js';
import { historyId, historyRecords } from '../../../extension/src/history/history-records.js';
import { historyVisitToWire } from '../../../extension/src/sync/wire.js';
import { AT_9 } from './browser-history.js';

const CASES = JSON.parse(readFileSync(new URL('../../history_id_cases.json', import.meta.url), 'utf8'));
const seen = (url, startedAt = AT_9, more = {}) => ({ url, title: 'T', startedAt, newestAt: startedAt, ...more });
const records = (visits, rules = NO_RULES) => historyRecords(visits, { family: 'chromium', owner: 'o', rules });

for (const { family, startedAt, url, number, id } of CASES) {
  test(`the id of ${family} ${startedAt} ${url} ${number} is the one of a file import`, async () => {
    assert.equal(await historyId(family, startedAt, url, number), id);
  });
}

test('a record is complete, and no time is made up', async () => {
  const { records: [record] } = await records([seen('https://a.example/', AT_9, { newestAt: AT_9 + 61_900 })]);
  assert.deepEqual(historyVisitToWire(record), {
    id: CASES[0].id, url: 'https://a.example/', title: 'T', startedAt: AT_9, metadata: {}, revision: AT_9 / 1000 + 61,
  });
});

test('equal visits are numbered', async () => {
  const { records: made } = await records([seen('https://a.example/'), seen('https://a.example/')]);
  assert.deepEqual(made.map(({ id }) => id), [CASES[0].id, CASES[1].id]);
});

test('the rules of the person hold', async () => {
  const rules = { never: ['bank.test'], domainOnly: ['news.test'], stripQuery: ['shop.test'] };
  const { records: made, forbidden } = await records([
    seen('https://www.bank.test/account'), seen('https://news.test/private?x=1'), seen('https://shop.test/cart?id=7#top'), seen('https://u:p@a.test/'),
  ], rules);
  assert.equal(forbidden, 1);
  assert.deepEqual(made.map(({ url, title }) => [url, title]).sort(), [
    ['https://a.test/', 'T'], ['https://news.test/', ''], ['https://shop.test/cart', 'T'],
  ]);
});

test('an id tells nothing of what a rule leaves out', async () => {
  const rules = { never: [], domainOnly: ['news.test'], stripQuery: ['shop.test'] };
  for (const [url, kept] of [['https://news.test/private', 'https://news.test/'], ['https://shop.test/a?q=1', 'https://shop.test/a'], ['https://u:p@a.test/x', 'https://a.test/x']]) {
    const { records: [record] } = await records([seen(url)], rules);
    assert.equal(record.id, await historyId('chromium', AT_9, kept, 0));
  }
});
