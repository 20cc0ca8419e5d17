import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAccounts } from '../../../extension/src/sync/accounts.js';
import { createApi } from '../../../extension/src/sync/api-call.js';
import { browserLabel } from '../../../extension/src/sync/wire.js';
import { sessionEndText } from '../../../extension/src/pages/problem-texts.js';
import { ScriptedServer, error, json } from '../scripted-server.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';
import { ALICE, html, world } from './sync-world.js';

test('401: refreshes once and sends again with the new token', async () => {
  const it = await world(1);
  it.server.access = 'another';
  assert.equal((await it.run()).state, 'synced');
  assert.equal(it.server.refreshes, 1);
  const { access, refresh } = await it.store.get('account');
  assert.deepEqual([access, refresh], ['access 2', 'refresh 2']);
});

test('401: a refused refresh asks to sign in again and keeps every record', async () => {
  const it = await world(2);
  it.server.access = 'another';
  it.server.refreshToken = 'another';
  const run = await it.run();
  assert.deepEqual([run.problem.kind, (await it.store.get('account')).needsSignIn], ['sign-in', true]);
  assert.deepEqual(await it.pending(), ['v0', 'v1']);
  const before = it.server.requests.length;
  await it.run({ manual: true });
  assert.deepEqual(it.server.requests.slice(before).map(({ path }) => path), ['/api/sync/limits']);
});

test('401: a session ended for safety shows the reason and the time, and keeps every record', async () => {
  const it = await world(2);
  const ended = () => json(401, { code: 'session_ended', detail: 'Signed out.', reason: 'refresh_reuse', endedAt: T0 - 5000 });
  it.server.next(ended());
  it.server.script.set('/api/auth/refresh', [ended()]);
  await it.run();
  const { needsSignIn, ended: said } = await it.store.get('account');
  assert.deepEqual([needsSignIn, said], [true, { reason: 'refresh_reuse', at: T0 - 5000 }]);
  assert.deepEqual(await it.pending(), ['v0', 'v1']);
  assert.match(sessionEndText(said), /signed out for safety on .*2025.*nothing is lost/);
});

test('signing in sends the browser\'s label, and forgets how the last session ended', async () => {
  const { store } = await RecordingFixture.open();
  const server = new ScriptedServer();
  const reply = () => json(200, { user: ALICE.user, access: 'a', refresh: 'r' });
  server.script.set('/api/auth/login', [reply(), reply()]);
  const accounts = createAccounts({ store, api: createApi({ fetch: server.fetch, now: () => T0, timeoutMs: 1000 }) });
  const { account } = await accounts.signIn('https://s.test', {
    email: 'alice@example.com', password: 'x', label: browserLabel({ browserName: 'Firefox', browserVersion: '153.7.0', platform: 'win' }),
  });
  await accounts.signIn('https://s.test', { email: 'alice@example.com', password: 'x', label: browserLabel({}) });
  assert.deepEqual(server.requests.map(({ body }) => body.label), ['Firefox 153 on Windows', undefined]);
  assert.equal(account?.ended ?? null, null);
});

test('signing up sends name, label and time zone, and leaves empty fields out', async () => {
  const { store } = await RecordingFixture.open();
  const server = new ScriptedServer();
  const reply = () => json(201, { user: ALICE.user, access: 'a', refresh: 'r' });
  server.script.set('/api/auth/register', [reply(), reply()]);
  const accounts = createAccounts({ store, api: createApi({ fetch: server.fetch, now: () => T0, timeoutMs: 1000 }) });
  const credentials = { email: 'alice@example.com', password: 'x' };
  await accounts.signUp('https://s.test', { ...credentials, name: 'Alice', label: 'Firefox', timeZone: 'Europe/Vienna' });
  await accounts.signUp('https://s.test', { ...credentials, name: '', label: '' });
  assert.deepEqual(server.requests.map(({ body }) => body), [
    { ...credentials, name: 'Alice', label: 'Firefox', timeZone: 'Europe/Vienna' }, credentials,
  ]);
});

test('401: after a lost reply to a refresh the next refresh sends the same token', async () => {
  const it = await world(1);
  it.server.access = 'another';
  it.server.script.set('/api/auth/refresh', [new TypeError('Failed to fetch')]);
  await it.run();
  assert.equal((await it.run({ manual: true })).state, 'synced');
  const sent = it.server.requests.filter(({ path }) => path === '/api/auth/refresh').map(({ body }) => body.refresh);
  assert.deepEqual(sent, ['refresh 1', 'refresh 1']);
});

test('signing out ends the session at the server, by its refresh token', async () => {
  const it = await world(0);
  const api = createApi({ fetch: it.server.fetch, now: () => it.time, timeoutMs: 1000 });
  const accounts = createAccounts({ store: it.store, api });
  await accounts.revoke(await accounts.signOut());
  assert.deepEqual(it.server.requests.map(({ path, body }) => [path, body]), [['/api/auth/logout', { refresh: 'refresh 1' }]]);
  assert.equal(await it.store.get('account'), undefined);
});

test('401: no network at refresh time does not sign anybody out', async () => {
  const it = await world(1);
  it.server.access = 'another';
  it.server.script.set('/api/auth/refresh', [new TypeError('Failed to fetch')]);
  const run = await it.run();
  assert.deepEqual([run.problem.kind, run.problem.reason], ['waiting', 'network']);
  assert.equal((await it.store.get('account')).needsSignIn, false);
});

test('401: a Wi-Fi portal\'s page as the reply to a refresh does not sign anybody out', async () => {
  const it = await world(1);
  it.server.access = 'another';
  it.server.script.set('/api/auth/refresh', [new Response('<h1>Pay for Wi-Fi</h1>', { status: 401 })]);
  await it.run();
  assert.equal((await it.store.get('account')).needsSignIn, false);
});

test('401 in HTML on every push ends no sign-in, and every record stays', async () => {
  const it = await world(2);
  it.server.next(...Array(10).fill(html(401)));
  const run = await it.run();
  assert.deepEqual([run.problem.kind, run.problem.reason], ['unusable', 'not-this-server']);
  assert.equal((await it.store.get('account')).needsSignIn, false);
  assert.equal(it.server.refreshes, 0);
  assert.deepEqual(await it.pending(), ['v0', 'v1']);
});

test('401 on the limits does not ask to sign in again', async () => {
  for (const reply of [html(401), () => error(401, 'not_authenticated')]) {
    const it = await world(1);
    it.server.script.set('/api/sync/limits', [reply]);
    assert.equal((await it.run()).problem.kind, 'unusable');
    assert.equal((await it.store.get('account')).needsSignIn, false);
  }
});

test('401: two calls at once share one refresh', async () => {
  const it = await world(0);
  it.server.access = 'another';
  const api = createApi({ fetch: it.server.fetch, now: () => it.time, timeoutMs: 1000 });
  const accounts = createAccounts({ store: it.store, api });
  const push = () => accounts.call(ALICE.key, '/api/sync/page-visits', { method: 'POST', body: '{"visits":[]}' });
  const replies = await Promise.all([push(), push(), push()]);
  assert.deepEqual(replies.map((reply) => reply?.kind), ['ok', 'ok', 'ok']);
  assert.equal(it.server.refreshes, 1);
});

test('401: a refresh that returns after another person signed in changes nothing', async () => {
  const it = await world(1);
  const bob = { ...ALICE, key: 'https://s.test#2', access: 'bob access', refresh: 'bob refresh' };
  it.server.access = 'another';
  it.server.script.set('/api/auth/refresh', [async (request, server) => {
    await it.store.set('account', bob);
    return server.own(request);
  }]);
  assert.equal((await it.run()).state, 'stopped');
  assert.deepEqual(await it.store.get('account'), bob);
  assert.ok(it.server.requests.every(({ token }) => token !== 'bob access'));
});

test('signing out removes the tokens and keeps pending records', async () => {
  const it = await world(2);
  const api = createApi({ fetch: it.server.fetch, now: () => it.time, timeoutMs: 1000 });
  const accounts = createAccounts({ store: it.store, api });
  await accounts.revoke(await accounts.signOut());
  assert.equal(await it.store.get('account'), undefined);
  assert.deepEqual(await it.pending(), ['v0', 'v1']);
  assert.deepEqual(it.server.requests.map(({ path, body }) => [path, body]), [['/api/auth/logout', { refresh: 'refresh 1' }]]);
});
