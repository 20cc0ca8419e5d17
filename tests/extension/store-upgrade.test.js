import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { IDBFactory } from 'fake-indexeddb';
import { openStore } from '../../extension/src/store.js';
import { RecordingFixture, T0 } from './recording-fixture.js';

/**
 * A store that the code of version 1 wrote: an account with a pending, a parked and a synced visit and one that goes
 * on, and a visit made while signed out. The test in the browser reads the same file.
 */
const OLD = JSON.parse(readFileSync(new URL('stores/version-1.json', import.meta.url), 'utf8'));
const ALICE = 'https://sync.example.org#1';

/**
 * @param {import('../../extension/src/store.js').Store} store
 * @param {string} owner
 * @returns {Promise<any[]>}
 */
const pendingVisits = (store, owner) => store.pending('visits', owner, 9);

/** @param {IDBFactory} indexedDB */
function writeOldStore(indexedDB) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('record', OLD.version);
    opening.onerror = () => reject(opening.error);
    opening.onupgradeneeded = () => {
      for (const [name, { keyPath, records }] of Object.entries(OLD.stores)) {
        const store = opening.result.createObjectStore(name, keyPath === null ? undefined : { keyPath });
        for (const record of records) store.put(keyPath === null ? record[1] : record, keyPath === null ? record[0] : undefined);
      }
    };
    opening.onsuccess = () => {
      opening.result.close();
      resolve(undefined);
    };
  });
}

test('a store of version 1 keeps every record, setting and total, and recording goes on', async () => {
  const indexedDB = new IDBFactory();
  await writeOldStore(indexedDB);
  const store = await openStore({ indexedDB });
  assert.deepEqual(await store.counts(ALICE), { pending: 3, parked: 1, synced: 1, held: 0, pendingVisits: 2 });
  assert.deepEqual((await pendingVisits(store, ALICE)).map(({ url }) => url), ['https://b.test/waiting', 'https://c.test/open']);
  assert.deepEqual((await store.parked(ALICE)).map(({ errors, ...record }) => ['url' in record && record.url, errors]), [['https://a.test/refused', { url: ['Bad.'] }]]);
  assert.deepEqual(await store.day(ALICE, T0), { activeMs: 55000, visits: 4, domains: { 'a.test': 30000, 'b.test': 20000, 'c.test': 5000 } });
  assert.deepEqual((await pendingVisits(store, '')).map(({ url }) => url), ['https://before.test/signed-out']);
  assert.equal((await store.get('account')).user.email, 'alice@example.com');
  assert.deepEqual((await store.get('settings')).rules.never, ['bank.test']);

  const it = new RecordingFixture(store, { indexedDB });
  await it.at(80, 'navigated', { tabId: 1, url: 'https://d.test/' });
  const [before, last] = (await pendingVisits(store, ALICE)).slice(-2);
  assert.deepEqual([before.url, before.endedAt], ['https://b.test/waiting', T0 + 70_000]);
  assert.deepEqual([last.url, last.endedAt, last.durationMs], ['https://c.test/open', T0 + 80_000, 10_000]);
  assert.deepEqual((await store.day(ALICE, T0)).domains, { 'a.test': 30000, 'b.test': 20000, 'c.test': 10000 });
});

test('an upgrade of a store waits for no page that has it open', async () => {
  const indexedDB = new IDBFactory();
  const open = await openStore({ indexedDB });
  const version = open.db.version + 1;
  const upgraded = await new Promise((resolve, reject) => {
    const opening = indexedDB.open('record', version);
    opening.onsuccess = () => resolve(opening.result.version);
    opening.onblocked = () => reject(new Error('blocked'));
  });
  assert.equal(upgraded, version);
});
