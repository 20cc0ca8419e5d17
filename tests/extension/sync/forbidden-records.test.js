import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RULES } from '../../../extension/src/capture/recording-rules.js';
import { createAccounts } from '../../../extension/src/sync/accounts.js';
import { createApi } from '../../../extension/src/sync/api-call.js';
import { sync } from '../../../extension/src/sync/sync-run.js';
import { TIMINGS } from '../../../extension/src/timings.js';
import { error } from '../scripted-server.js';
import { T0 } from '../recording-fixture.js';
import { ALICE, visit, world } from './sync-world.js';

/** Every URL that a request has carried to the server. */
const sentUrls = (server) => server.requests.flatMap(({ body }) => body?.visits?.map(({ url }) => url) ?? []);
const secret = (n) => visit(n, { url: `https://secret.test/${n}`, domain: 'secret.test' });

test('a site that is forbidden while a batch travels is not in the batch that was read meanwhile', async () => {
  const it = await world(3);
  await it.record(secret(3), visit(4), secret(5));
  it.server.next(async (request, server) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await it.forbid('secret.test');
    return server.own(request);
  });
  await it.run();
  assert.deepEqual(sentUrls(it.server).filter((url) => url.includes('secret')), []);
  assert.deepEqual(it.server.pushes.at(-1), ['v4']);
  assert.equal((await it.store.counts(ALICE.key)).held, 2);
});

test('a site that is forbidden before a batch is retried or halved is not in it', async () => {
  for (const [status, tries] of [[500, 1], [500, 2], [413, 1]]) {
    const it = await world(1);
    await it.record(secret(1), visit(2));
    const refusals = Array.from({ length: tries }, (_, n) => async () => {
      if (n === tries - 1) await it.forbid('secret.test');
      return error(status, 'server_error');
    });
    it.server.next(...refusals);
    await it.run();
    assert.deepEqual(it.server.pushes.slice(tries).flat().sort(), ['v0', 'v2'], `${status} ${tries}`);
    assert.deepEqual(await it.parked(), []);
  }
});

test('a batch on its way is stopped when a site in it is forbidden, and goes again without it', async () => {
  const it = await world(1);
  await it.record(secret(1));
  const { fetch } = it.server;
  let stopped = 0;
  it.server.fetch = async (url, init) => {
    if (!url.endsWith('/page-visits') || stopped) return fetch(url, init);
    queueMicrotask(() => it.forbid('secret.test'));
    return new Promise((_, reject) => {
      init.signal.addEventListener('abort', () => {
        stopped += 1;
        reject(init.signal.reason);
      });
    });
  };
  const api = createApi({ fetch: it.server.fetch, now: () => it.time, timeoutMs: 1000 });
  const run = await sync({
    store: it.store, api, accounts: createAccounts({ store: it.store, api }), now: () => it.time, timings: TIMINGS,
    client: { anonymousClientId: 'client 1' }, interruption: () => it.interruption.signal,
  });
  assert.deepEqual([run.state, stopped, it.server.pushes], ['synced', 1, [['v0']]]);
});

test('a page that a rule reduces to its site\'s name is not sent as it was read', async () => {
  const it = await world(3);
  await it.record(visit(3, { url: 'https://b.test/secret', domain: 'b.test', title: 'Secret' }));
  it.server.next(async (request, server) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    await it.store.applyRules({ ...NO_RULES, domainOnly: ['b.test'] });
    return server.own(request);
  });
  await it.run();
  await it.run({ manual: true });
  assert.deepEqual(sentUrls(it.server).slice(3), ['https://b.test/']);
});

test('records erased while a batch travels are not sent', async () => {
  const it = await world(6);
  it.server.next(async (request, server) => {
    await it.store.erase(ALICE.key);
    return server.own(request);
  });
  await it.run();
  assert.deepEqual(it.server.pushes, [['v0', 'v1', 'v2']]);
});

test('two totals of one tab are each settled', async () => {
  const it = await world(0);
  const totals = (n, revision) => ({
    id: 'tab 1', owner: ALICE.key, tabId: 1, startedAt: T0 + n, activeMs: 1, domains: {}, pages: 1, lastActiveAt: T0 + n,
    currentUrl: null, currentDomain: null, closedAt: null, revision,
  });
  await it.store.commitCapture({ state: {}, putTabs: [], dropTabs: [], visits: [], aggregates: [totals(1, 4), totals(2, 7)] });
  await it.run();
  assert.deepEqual(await it.store.counts(ALICE.key), { pending: 0, parked: 0, synced: 2, held: 0, pendingVisits: 0 });
});
