import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolved } from '../../../extension/src/capture/erasure-rules.js';
import { createAccounts } from '../../../extension/src/sync/accounts.js';
import { createApi } from '../../../extension/src/sync/api-call.js';
import { sync } from '../../../extension/src/sync/sync-run.js';
import { TIMINGS } from '../../../extension/src/timings.js';
import { erasuresOf } from '../../../extension/src/sync/wire.js';
import { CLIENT, ErasingServer } from '../erasing-server.js';
import { error, json } from '../scripted-server.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const ALICE = {
  key: 'https://s.test#1', server: 'https://s.test', user: { id: '1', email: 'alice@example.com', name: '' }, access: 'access 1',
  refresh: 'refresh 1', needsSignIn: false, adopting: false,
};
const visit = (n, site, more = {}) => ({
  id: `v${n}`, owner: ALICE.key, tabId: 1, url: `https://${site}/${n}`, domain: site, nameless: false, title: '', startedAt: T0 + n,
  endedAt: T0 + n + 1000, durationMs: 1000, activeMs: 1000, idlePeriods: [], heartbeatAt: null, closedAt: null, metadata: {}, revision: 1,
  ...more,
});
const totals = (n, domains, more = {}) => ({
  id: 'tab 1', owner: ALICE.key, tabId: 1, startedAt: T0 + n, activeMs: 1000 * domains.length, domains: Object.fromEntries(domains.map((site) => [site, 1000])),
  pages: domains.length, lastActiveAt: T0 + n + 1000, currentUrl: `https://${domains[0]}/`, currentDomain: domains[0], closedAt: null, revision: 1, ...more,
});

async function world(visits = [], aggregates = []) {
  const { store } = await RecordingFixture.open();
  const server = new ErasingServer();
  server.limits = { ...server.limits, maxRecords: 100 };
  server.time = T0 + 5000;
  const api = createApi({ fetch: server.fetch, now: () => T0 + 5000, timeoutMs: 1000 });
  await store.set('account', ALICE);
  const it = {
    store, server, applied: 0,
    record: (more, tabs = []) => store.commitCapture({ state: {}, putTabs: [], dropTabs: [], visits: more, aggregates: tabs }),
    run: () => sync({
      store, api, accounts: createAccounts({ store, api }), now: () => T0 + 5000, random: () => 0.5, timings: TIMINGS,
      client: { anonymousClientId: CLIENT },
      erase: async (owner, erasures, key) => {
        it.applied += erasures.length;
        await store.applyErasures(owner, await resolved(erasures, { key, browser: CLIENT, ...(await store.sitesAndIds(owner)) }));
      },
    }, { manual: true }),
    ids: async (owner = ALICE.key) => {
      const found = [];
      for await (const slice of store.slices('visits', owner)) found.push(...slice.map(({ id }) => id));
      return found.sort();
    },
    paths: () => server.requests.map(({ path }) => path.replace('/api/sync/', '')),
  };
  await it.record(visits, aggregates);
  return it;
}

test('an erasure deletes synced, parked, held and pending records here', async () => {
  const it = await world([visit(1, 'a.test'), visit(2, 'docs.a.test'), visit(3, 'b.test')], [totals(1, ['a.test', 'b.test'])]);
  await it.run();
  await it.record([visit(4, 'a.test'), visit(5, 'a.test'), visit(6, 'b.test')]);
  await it.store.settle('visits', ALICE.key, [{ id: 'v5', startedAt: T0 + 5, revision: 1, verdict: 'parked', errors: {} }], T0);
  await it.store.applyRules({ never: ['a.test/4'], domainOnly: [], stripQuery: [] });
  it.server.erase({ domain: 'a.test' });
  await it.run();
  assert.deepEqual(await it.ids(), ['v3', 'v6']);
  const [left] = [...(await it.store.pending('aggregates', ALICE.key, 9)), ...(await tabsOf(it))];
  assert.deepEqual([left.domains, left.activeMs, left.currentUrl, left.currentDomain], [{ 'b.test': 1000 }, 1000, null, null]);
  assert.deepEqual(await it.store.day(ALICE.key, T0), { activeMs: 2000, visits: 2, domains: { 'b.test': 2000 } });
});

/** @returns {Promise<any[]>} */
async function tabsOf(it) {
  const found = [];
  for await (const slice of it.store.slices('aggregates', ALICE.key)) found.push(...slice);
  return found;
}

test('each erasure is applied once, page after page, and a later run starts where the last one ended', async () => {
  const it = await world([visit(1, 'a.test'), visit(2, 'b.test'), visit(3, 'c.test')]);
  for (const domain of ['a.test', 'x.test', 'b.test', 'y.test', 'z.test']) it.server.erase({ domain });
  await it.run();
  assert.equal(it.applied, 5);
  assert.deepEqual(await it.ids(), ['v3']);
  await it.run();
  assert.equal(it.applied, 5);
  it.server.erase({ everything: true });
  await it.run();
  assert.deepEqual([it.applied, await it.ids()], [6, []]);
});

test('rules of time, browser and ids hold, and each concerns what began before it', async () => {
  const it = await world([1, 2, 3, 4, 5, 6].map((n) => visit(n, 'a.test')));
  await it.run();
  it.server.erase({ from: T0 + 2, to: T0 + 4 });
  it.server.erase({ ids: [{ browser: CLIENT, id: 'v5' }, { browser: 'another', id: 'v1' }] });
  it.server.erase({ browser: 'another' });
  it.server.erase({ everything: true }, T0 + 1);
  await it.run();
  assert.deepEqual(await it.ids(), ['v1', 'v4', 'v6']);
  it.server.erase({ browser: CLIENT, to: T0 + 5 });
  await it.run();
  assert.deepEqual(await it.ids(), ['v6']);
});

test('what another account recorded, or nobody, stays', async () => {
  const it = await world([visit(1, 'a.test', { owner: 'https://s.test#2' }), visit(2, 'a.test', { owner: '' }), visit(3, 'a.test')]);
  it.server.erase({ domain: 'a.test' });
  await it.run();
  assert.deepEqual([await it.ids(), await it.ids(''), await it.ids('https://s.test#2')], [[], ['v2'], ['v1']]);
});

test('a server without erasures is sent nothing but records', async () => {
  for (const answer of [() => error(404, 'not_found'), () => json(200, { browsers: [], seq: 1 }), () => new Response('<html>', { status: 404 })]) {
    const it = await world([visit(1, 'a.test')]);
    await it.store.set('waitingErasures', [{ owner: ALICE.key, rule: { domain: 'a.test', to: T0 } }]);
    it.server.script.set('/api/sync/status', [answer()]);
    assert.equal((await it.run()).state, 'synced');
    assert.deepEqual(it.paths(), ['limits', 'page-visits', 'status']);
    assert.equal((await it.store.get('waitingErasures')).length, 1);
  }
});

test('after a restore of the server all erasures are read again', async () => {
  const it = await world([visit(1, 'a.test'), visit(2, 'b.test')]);
  it.server.erase({ domain: 'a.test' });
  await it.run();
  it.server.epoch += 1;
  it.server.erase({ domain: 'b.test' });
  assert.equal((await it.run()).state, 'synced');
  assert.deepEqual([it.applied, await it.ids()], [3, []]);
});

test('a server that refuses every cursor is not asked for ever', async () => {
  const it = await world();
  it.server.script.set('/api/sync/changes', Array.from({ length: 9 }, () => () => error(410, 'resync_required')));
  assert.equal((await it.run()).state, 'synced');
  assert.equal(it.paths().filter((path) => path === 'changes').length, 1);
});

test('a rule made while the server was away is sent with the next run, once, and for its own account', async () => {
  const it = await world([visit(1, 'a.test')]);
  await it.run();
  const rule = { domain: 'a.test', to: T0 + 100 };
  await it.store.set('waitingErasures', [{ owner: ALICE.key, rule }, { owner: 'https://s.test#2', rule }]);
  it.server.script.set('/api/sync/erasures', [new TypeError('Failed to fetch')]);
  await it.run();
  assert.equal((await it.store.get('waitingErasures')).length, 2);
  await it.run();
  assert.deepEqual(it.server.requests.filter(({ path }) => path === '/api/sync/erasures').at(-1)?.body, { rule, preview: false });
  assert.deepEqual(await it.store.get('waitingErasures'), [{ owner: 'https://s.test#2', rule }]);
  assert.equal(it.server.rows.visits.size, 0);
  assert.deepEqual(await it.ids(), []);
});

test('a rule with an unknown condition erases nothing', async () => {
  for (const rule of [{ domainHash: 'ab', path: '/x' }, {}, { everything: false }, { from: '5' }, { idHashes: 'ab' }, null, { browser: 5 }]) {
    const page = erasuresOf({ changes: [{ kind: 'erasure', erasure: { id: '1', at: 5, rule } }], cursor: 'c', more: false });
    assert.deepEqual(page?.erasures, [], JSON.stringify(rule));
  }
  assert.equal(erasuresOf({ changes: [], more: false }), null);
});

test('a failure while rules are applied leaves the cursor, and the next run applies them', async () => {
  const it = await world([visit(1, 'a.test')]);
  await it.run();
  it.server.erase({ domain: 'a.test' });
  const { applyErasures } = it.store;
  it.store.applyErasures = async () => { throw new DOMException('The disk is full.', 'QuotaExceededError'); };
  assert.equal((await it.run()).problem?.kind, 'storage');
  it.store.applyErasures = applyErasures;
  await it.run();
  assert.deepEqual(await it.ids(), []);
});

test('records of an erased site that wait in an offline browser reach neither the server nor stay here', async () => {
  const it = await world(Array.from({ length: 500 }, (_, n) => visit(n, n % 2 ? 'a.test' : 'b.test')));
  it.server.erase({ domain: 'a.test' });
  it.server.time = T0 + 9000;
  await it.run();
  assert.equal(it.server.rows.visits.size, 250);
  assert.equal((await it.ids()).length, 250);
  await it.record([visit(6000, 'a.test')]);
  await it.run();
  assert.equal(it.server.rows.visits.has('v6000'), true);
});

test('the counts of the server are kept beside those of what was sent', async () => {
  const it = await world([visit(1, 'a.test'), visit(2, 'b.test')], [totals(1, ['a.test'])]);
  await it.run();
  assert.deepEqual(await it.store.get('countCheck'), {
    owner: ALICE.key, at: T0 + 5000, server: { visits: 2, aggregates: 1 }, here: { visits: 2, aggregates: 1 },
  });
  it.server.erase({ domain: 'a.test' });
  await it.run();
  assert.deepEqual((await it.store.get('countCheck')).server.visits, 1);
  assert.deepEqual((await it.store.get('countCheck')).here.visits, 1);
  // The server loses a record, as by an old backup. Sending everything again brings it back.
  it.server.rows.visits.clear();
  await it.run();
  assert.deepEqual((await it.store.get('countCheck')).server.visits, 0);
  assert.equal(await it.store.sendAgain(ALICE.key), 2);
  await it.run();
  assert.deepEqual((await it.store.get('countCheck')).server.visits, 1);
  assert.deepEqual((await it.store.counts(ALICE.key)).pending, 0);
});
