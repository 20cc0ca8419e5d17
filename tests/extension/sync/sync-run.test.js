import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccounts } from '../../../extension/src/sync/accounts.js';
import { createApi } from '../../../extension/src/sync/api-call.js';
import { sync } from '../../../extension/src/sync/sync-run.js';
import { TIMINGS } from '../../../extension/src/timings.js';
import { sendingNotice, sendingProblem } from '../../../extension/src/pages/problem-texts.js';
import { error, json } from '../scripted-server.js';
import { T0 } from '../recording-fixture.js';
import { ALICE, DAY, html, visit, world } from './sync-world.js';

test('pending records go out oldest first in batches of the server\'s size, and are synced', async () => {
  const it = await world(7);
  const run = await it.run();
  assert.deepEqual([run.state, run.sent, run.parked], ['synced', 7, 0]);
  assert.deepEqual(it.server.pushes, [['v0', 'v1', 'v2'], ['v3', 'v4', 'v5'], ['v6']]);
  assert.deepEqual(await it.pending(), []);
  assert.equal(it.server.rows.visits.size, 7);
  assert.deepEqual(it.progress.at(-1), { sent: 7, parked: 0, total: 7 });
});

test('a batch names its sender', async () => {
  const it = await world(1);
  await it.run();
  const { body, token } = it.server.requests.find(({ path }) => path === '/api/sync/page-visits');
  assert.deepEqual([body.anonymousClientId, body.client, token], ['client 1', { extensionVersion: '0.1.0' }, 'access 1']);
});

test('batches are cut by bytes as well as by records', async () => {
  const it = await world(0);
  it.server.limits = { ...it.server.limits, maxRecords: 100, maxBodyBytes: 4096 + 4000 };
  await it.record(...[1, 2, 3].map((n) => visit(n, { title: 'ü'.repeat(900) })));
  await it.run();
  assert.deepEqual(it.server.pushes, [['v1'], ['v2'], ['v3']]);
});

test('with nothing pending nothing is pushed', async () => {
  const it = await world(0);
  assert.equal((await it.run()).state, 'synced');
  assert.deepEqual(it.server.requests.map(({ path }) => path), ['/api/sync/limits']);
});

test('nothing is sent while signed out', async () => {
  const it = await world(2, { account: null });
  assert.equal((await it.run()).state, 'signed-out');
  assert.deepEqual(it.server.requests, []);
});

test('records of another account, or of none, are never sent', async () => {
  const it = await world(1);
  await it.record(visit(1, { id: 'bobs', owner: 'https://s.test#2' }), visit(2, { id: 'nobodys', owner: '' }));
  await it.run();
  assert.deepEqual(it.server.pushes, [['v0']]);
});

test('200: unchanged counts as stored, an unknown result does not', async () => {
  const it = await world(3);
  it.server.next(json(200, { results: ['created', 'unchanged', 'perhaps'], rejected: [], trimmed: [] }));
  await it.run();
  assert.deepEqual(await it.pending(), ['v2']);
});

test('200: an erased record is deleted here too', async () => {
  const it = await world(3);
  it.server.next(json(200, { results: ['created', 'erased', 'erased'], rejected: [], trimmed: [] }));
  const run = await it.run();
  assert.deepEqual([run.state, run.sent, run.parked], ['synced', 3, 0]);
  assert.deepEqual([await it.pending(), await it.parked()], [[], []]);
  assert.deepEqual(await it.store.total(), { visits: 1, aggregates: 0 });
});

test('200: a rejected record is parked with its errors and not sent again', async () => {
  const it = await world(2);
  it.server.next(json(200, { results: ['created', 'rejected'], rejected: [{ index: 1, id: 'v1', errors: { url: ['Enter an absolute http or https URL.'] } }] }));
  await it.run();
  assert.deepEqual(await it.parked(), [['v1', { url: ['Enter an absolute http or https URL.'] }, null]]);
  it.time += 2 * DAY;
  await it.run();
  assert.equal(it.server.pushes.length, 1);
});

test('200: a rejection marked retry is tried again once a day', async () => {
  const it = await world(1);
  it.server.next(json(200, { results: ['rejected'], rejected: [{ index: 0, id: 'v0', retry: true, errors: { startedAt: ['Too late.'] } }] }));
  await it.run();
  it.time += DAY - 1;
  await it.run({ manual: true });
  assert.equal(it.server.pushes.length, 1);
  it.time += 1;
  await it.run({ manual: true });
  assert.deepEqual(it.server.pushes, [['v0'], ['v0']]);
  assert.deepEqual(await it.parked(), []);
});

test('200: a record that changed during the upload stays pending and goes again in the next run', async () => {
  const it = await world(2);
  it.server.next(async (request, server) => {
    await it.record(visit(0, { revision: 2, title: 'Late' }));
    return server.own(request);
  });
  await it.run();
  assert.deepEqual(await it.pending(), ['v0']);
  await it.run({ manual: true });
  assert.equal(it.server.rows.visits.get('v0').title, 'Late');
  assert.deepEqual(await it.pending(), []);
});

test('200: results of the wrong length are not trusted', async () => {
  const it = await world(3);
  it.server.next(json(200, { results: ['created'], rejected: [] }));
  const run = await it.run();
  assert.deepEqual([run.state, run.problem.kind, run.problem.reason], ['failed', 'unusable', 'not-this-server']);
  assert.deepEqual(await it.pending(), ['v0', 'v1', 'v2']);
});

test('413 in HTML of a proxy parks no record, and the number of requests is bounded', async () => {
  const it = await world(300);
  it.server.limits = { ...it.server.limits, maxRecords: 100 };
  it.server.next(...Array(1000).fill(html(413)));
  const run = await it.run();
  assert.deepEqual([run.state, run.problem.reason, run.parked], ['failed', 'proxy-limit', 0]);
  assert.equal((await it.pending()).length, 300);
  assert.ok(it.server.pushes.length < 10, `${it.server.pushes.length} requests`);
});

test('413 in HTML of a proxy that takes smaller batches only makes the batches smaller', async () => {
  const it = await world(3);
  it.server.next(html(413));
  assert.equal((await it.run()).state, 'synced');
  assert.deepEqual(await it.pending(), []);
});

test('an HTTP 500 in HTML is the server\'s fault and not a wrong address', async () => {
  const it = await world(1);
  it.server.next(html(500));
  const { problem } = await it.run();
  assert.deepEqual(problem, { kind: 'unusable', reason: 'server-error', detail: 'HTTP 500' });
  assert.doesNotMatch(sendingProblem(problem, 'https://s.test'), /address/);
});

test('a proxy\'s maintenance page makes nobody wait for a day', async () => {
  const it = await world(1);
  it.server.next(new Response('<h1>Soon</h1>', { status: 503, headers: { 'Retry-After': '86400' } }));
  await it.run();
  assert.equal((await it.schedule()).notBefore, T0 + 1_800_000);
});

test('413: a batch is halved until it fits', async () => {
  const it = await world(3);
  it.server.next(error(413, 'body_too_large'));
  await it.run();
  assert.deepEqual(it.server.pushes, [['v0', 'v1', 'v2'], ['v0', 'v1'], ['v2']]);
  assert.deepEqual(await it.pending(), []);
});

test('413: a single record that is too large is parked', async () => {
  const it = await world(2);
  const big = ({ body }, server) => (body.visits.some(({ id }) => id === 'v1') ? error(413, 'body_too_large') : server.own({ ...server.requests.at(-1) }));
  it.server.next(big, big, big, big);
  await it.run();
  assert.deepEqual(await it.parked(), [['v1', { record: ['body_too_large.'] }, null]]);
  assert.deepEqual(it.server.rows.visits.has('v0'), true);
});

for (const [status, code] of [[429, 'throttled'], [503, 'unavailable']]) {
  test(`${status}: waits as long as Retry-After says, across a stop of the background`, async () => {
    const it = await world(1);
    it.server.next(error(status, code, { 'Retry-After': '120' }));
    const run = await it.run();
    assert.deepEqual([run.state, run.problem.kind], ['failed', 'waiting']);
    assert.equal((await it.schedule()).notBefore, T0 + 120_000);
    it.time += 119_000;
    assert.equal((await it.run()).state, 'not-yet');
    it.time += 1000;
    assert.equal((await it.run()).state, 'synced');
  });
}

test('no network: backs off longer each time, between 30 s and 30 min', async () => {
  const it = await world(1);
  const waits = [];
  for (let i = 0; i < 9; i += 1) {
    it.server.script.set('/api/sync/limits', [new TypeError('Failed to fetch')]);
    await it.run({ manual: true });
    waits.push(((await it.schedule()).notBefore - it.time) / 1000);
  }
  assert.deepEqual(waits, [45, 90, 180, 360, 720, 1350, 1350, 1350, 1350]);
  assert.deepEqual(await it.pending(), ['v0']);
});

test('a time-out leads to a wait', async () => {
  const it = await world(1);
  it.server.next(new DOMException('Too slow.', 'TimeoutError'));
  assert.deepEqual((await it.run()).problem, { kind: 'waiting', reason: 'timeout', detail: null });
});

test('a server too slow for a full batch gets smaller ones until they fit, and larger ones again later', async () => {
  const it = await world(40);
  it.server.limits = { ...it.server.limits, maxRecords: 16 };
  const slow = (request, server) => {
    if (request.body.visits.length > 4) throw new DOMException('Too slow.', 'TimeoutError');
    return server.own(request);
  };
  it.server.next(...Array(100).fill(slow));
  const states = [];
  for (let i = 0; i < 3; i += 1) states.push([(await it.run({ manual: true })).state, (await it.schedule()).batchRecords]);
  assert.deepEqual(states, [['failed', 8], ['failed', 4], ['synced', 8]]);
  assert.equal(it.server.rows.visits.size, 40);
  it.server.next();
  await it.record(visit(99));
  await it.run({ manual: true });
  assert.equal((await it.schedule()).batchRecords, undefined);
});

test('a proxy that does not wait for a full batch gets a smaller one', async () => {
  const it = await world(3);
  it.server.next(new Response('Gateway timeout', { status: 504 }));
  await it.run();
  assert.equal((await it.schedule()).batchRecords, 2);
});

test('limits beyond all measure are cut, and sending goes on', async () => {
  const it = await world(3);
  it.server.limits = { maxRecords: 1e10, maxBodyBytes: 1e15, maxRecordBytes: 1e15, minSyncIntervalSeconds: 1e12 };
  const run = await it.run();
  assert.deepEqual([run.state, run.sent], ['synced', 3]);
  assert.equal((await it.schedule()).floorMs, 3_600_000);
});

test('an error of this code is not called a full disk', async () => {
  const it = await world(1);
  it.store.pending = async () => { throw new TypeError('Not a number.'); };
  const { problem } = await it.run();
  assert.equal(problem.kind, 'fault');
  assert.doesNotMatch(sendingProblem(problem, 'https://s.test'), /disk/);
});

test('a run that stores nothing is not the last time of sending, and what was refused or not understood is a notice', async () => {
  const it = await world(0);
  await it.run();
  assert.equal((await it.schedule()).lastSuccessAt, null);
  await it.record(visit(1), visit(2));
  it.server.next(json(200, { results: ['rejected', 'perhaps'], rejected: [{ index: 0, id: 'v1', errors: {} }], trimmed: [] }));
  await it.run({ manual: true });
  const { lastSuccessAt, notice } = await it.schedule();
  assert.deepEqual([lastSuccessAt, notice], [null, { refused: 1, unknown: 1 }]);
  assert.match(sendingNotice(notice, 'https://s.test'), /refused 1 record.*answered 1 record in a way/);
  it.server.next(json(200, { results: ['erased'], rejected: [], trimmed: [] }));
  await it.run({ manual: true });
  assert.deepEqual([(await it.schedule()).lastSuccessAt, (await it.schedule()).notice], [null, undefined]);
  await it.record(visit(3));
  await it.run({ manual: true });
  assert.equal((await it.schedule()).lastSuccessAt, T0);
});

test('the id of the server is learnt, and a server of another id gets nothing', async () => {
  const it = await world(1);
  it.server.limits = { ...it.server.limits, serverId: 'one' };
  await it.run();
  assert.deepEqual([(await it.store.get('account')).serverId, await it.store.get('knownServers')], ['one', { one: 'https://s.test' }]);
  await it.record(visit(7));
  it.server.limits = { ...it.server.limits, serverId: 'two' };
  const run = await it.run({ manual: true });
  assert.equal(run.problem.reason, 'another-server');
  assert.deepEqual(it.server.pushes, [['v0']]);
});

test('an account of the same server under another address keeps its records', async () => {
  const it = await world(1);
  it.server.script.set('/api/auth/login', [json(200, { user: ALICE.user, access: 'access 1', refresh: 'r' })]);
  const accounts = createAccounts({ store: it.store, api: createApi({ fetch: it.server.fetch, now: () => T0, timeoutMs: 1000 }) });
  const { account } = await accounts.signIn('https://new.test', { email: 'alice@example.com', password: 'x' }, 'https://s.test');
  assert.deepEqual([account?.key, account?.server], [ALICE.key, 'https://new.test']);
  await it.store.set('account', account);
  await it.run();
  assert.deepEqual(it.server.pushes, [['v0']]);
});

test('a truncated reply settles nothing, and the next run completes it', async () => {
  const it = await world(2);
  it.server.next((request, server) => {
    server.own(request);
    return new Response('{"results": ["crea', { status: 200 });
  });
  const run = await it.run();
  assert.equal(run.problem.kind, 'unusable');
  assert.deepEqual(await it.pending(), ['v0', 'v1']);
  assert.equal((await it.run({ manual: true })).sent, 2);
  assert.deepEqual(await it.pending(), []);
});

for (const status of [400, 500]) {
  test(`${status}: the record at fault is found and parked once others were accepted`, async () => {
    const it = await world(3);
    const script = (request, server) => (request.body.visits.some(({ id }) => id === 'v1') ? error(status, 'invalid') : server.own(request));
    it.server.next(...Array(20).fill(script));
    const run = await it.run();
    assert.deepEqual([run.state, run.sent, run.parked], ['synced', 2, 1]);
    assert.deepEqual(await it.parked(), [['v1', { record: ['invalid.'] }, null]]);
  });

  test(`${status}: a single failure has no effect on any record`, async () => {
    const it = await world(3);
    it.server.next(error(status, 'invalid'));
    assert.equal((await it.run()).sent, 3);
    assert.deepEqual(await it.parked(), []);
  });

  test(`${status}: with a server that refuses everything no record is parked and the number of requests is bounded`, async () => {
    const it = await world(300);
    it.server.limits = { ...it.server.limits, maxRecords: 100 };
    it.server.next(...Array(1000).fill(() => error(status, 'invalid')));
    const run = await it.run();
    assert.deepEqual([run.state, run.problem.reason], ['failed', 'refuses-all']);
    assert.equal((await it.pending()).length, 300);
    assert.ok(it.server.pushes.length < 40, `${it.server.pushes.length} requests`);
  });
}

test('500: two records refused alone are not parked when nothing was accepted', async () => {
  const it = await world(2);
  it.server.next(...Array(50).fill(() => error(500, 'invalid')));
  const run = await it.run();
  assert.deepEqual([run.state, run.problem.reason, run.parked], ['failed', 'refuses-all', 0]);
  assert.deepEqual(await it.pending(), ['v0', 'v1']);
});

test('500: a whole batch at fault does not stop later batches', async () => {
  const it = await world(96);
  it.server.limits = { ...it.server.limits, maxRecords: 64 };
  const script = (request, server) => (request.body.visits.some(({ id }) => Number(id.slice(1)) < 64) ? error(500, 'invalid') : server.own(request));
  it.server.next(...Array(1000).fill(script));
  const run = await it.run();
  assert.deepEqual([run.sent, run.parked], [32, 64]);
});

const strangers = {
  'a redirect': () => new Response(null, { status: 302, headers: { Location: 'https://elsewhere.test/' } }),
  '403': () => error(403, 'quota_exceeded'),
  '404': () => error(404, 'not_found'),
  '405': () => error(405, 'method_not_allowed'),
  '415': () => error(415, 'unsupported_media_type'),
  '502': () => new Response('Bad gateway', { status: 502 }),
  '504': () => new Response('Gateway timeout', { status: 504 }),
  '500 of another shape': () => new Response('<h1>Oops</h1>', { status: 500 }),
  '400 of another shape': () => json(400, { message: 'no' }),
  'a page': () => new Response('<html>', { status: 200 }),
  'a list': () => json(200, ['created']),
  'an object of another shape': () => json(200, { ok: true }),
};
for (const [what, reply] of Object.entries(strangers)) {
  test(`${what}: the server is not usable, the reason is given, and every record stays`, async () => {
    const it = await world(2);
    it.server.next(reply());
    const run = await it.run();
    assert.deepEqual([run.state, run.problem.kind], ['failed', 'unusable']);
    assert.deepEqual(await it.pending(), ['v0', 'v1']);
    const schedule = await it.schedule();
    assert.equal(schedule.failures, 1);
    assert.equal(schedule.notBefore, T0 + 45_000);
  });
}

test('403 shows the server\'s own text', async () => {
  const it = await world(1);
  it.server.next(error(403, 'quota_exceeded'));
  assert.deepEqual((await it.run()).problem, { kind: 'unusable', reason: 'said-no', detail: 'quota_exceeded.' });
});

test('a server without limits is not a sync server', async () => {
  const it = await world(1);
  it.server.script.set('/api/sync/limits', [json(200, { hello: 'world' })]);
  assert.equal((await it.run()).problem.reason, 'not-this-server');
  assert.deepEqual(it.server.pushes, []);
});

test('a success clears the failures and keeps the server\'s minimum interval', async () => {
  const it = await world(1);
  it.server.next(error(503, 'unavailable'));
  await it.run();
  it.time += 3_600_000;
  await it.run();
  assert.deepEqual(await it.schedule(), {
    lastAttemptAt: it.time, lastSuccessAt: it.time, notBefore: it.time + 60_000, failures: 0, floorMs: 60_000, problem: null,
  });
});

test('a clock set back by days does not stop sending', async () => {
  const it = await world(1);
  it.time += 10 * DAY;
  await it.run();
  it.time = T0;
  await it.record(visit(5));
  assert.equal((await it.run()).state, 'synced');
});

test('a store that fails while settling loses nothing, and the next run settles the rest', async () => {
  const it = await world(4);
  const { settle } = it.store;
  it.store.settle = async () => { throw new DOMException('The disk is full.', 'QuotaExceededError'); };
  const run = await it.run();
  assert.deepEqual(run.problem, { kind: 'storage', reason: 'QuotaExceededError', detail: 'The disk is full.' });
  it.store.settle = settle;
  assert.equal((await it.pending()).length, 4);
  await it.run({ manual: true });
  assert.deepEqual([await it.pending(), it.server.rows.visits.size], [[], 4]);
});

test('after a stop at any request of a run, the next run sends the rest and nothing is stored twice', async () => {
  for (let stop = 0; stop < 6; stop += 1) {
    const it = await world(9);
    const { fetch } = it.server;
    let count = 0;
    const api = createApi({ now: () => it.time, timeoutMs: 1000, fetch: async (...request) => {
      const reply = await fetch(...request);
      // A stopped background never gets the reply.
      if (count++ === stop) return new Promise(() => {});
      return reply;
    } });
    const dying = sync({
      store: it.store, api, accounts: createAccounts({ store: it.store, api }), now: () => it.time, timings: TIMINGS,
      client: { anonymousClientId: 'client 1' },
    });
    await Promise.race([dying, new Promise((resolve) => setTimeout(resolve, 60))]);
    await it.run({ manual: true });
    assert.deepEqual(await it.pending(), [], `stopped after request ${stop}`);
    assert.equal(it.server.rows.visits.size, 9);
  }
});

test('synced records are pruned after 30 days, pending ones never', async () => {
  const it = await world(2);
  await it.run();
  await it.record(visit(9, { owner: '' }));
  it.time += 30 * DAY;
  await it.run({ manual: true });
  assert.equal((await it.store.total()).visits, 3);
  it.time += DAY;
  await it.run({ manual: true });
  assert.equal((await it.store.total()).visits, 1);
});

test('a run stops when another person signs in', async () => {
  const it = await world(6);
  it.server.next(async (request, server) => {
    await it.store.set('account', { ...ALICE, key: 'https://s.test#2', access: 'access 1' });
    return server.own(request);
  });
  const run = await it.run();
  assert.equal(run.state, 'stopped');
  assert.deepEqual(it.server.pushes, [['v0', 'v1', 'v2']]);
  assert.deepEqual(await it.pending(), ['v3', 'v4', 'v5']);
});
