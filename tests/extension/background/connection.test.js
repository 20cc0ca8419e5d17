import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Connection } from '../../../extension/src/background/connection.js';
import { createApi } from '../../../extension/src/sync/api-call.js';
import { ScriptedServer, error, json } from '../scripted-server.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const SERVER = 'https://s.test';
const START = '/api/auth/connect';
const ASK = '/api/auth/connect/g1';
const grant = (/** @type {string} */ id = 'g1') => json(201, { id, number: '0472', expiresAt: T0 + 600_000, page: `https://s.test/account/connect/${id}` });
const waiting = () => json(202, { expiresAt: T0 + 600_000 });
const signedIn = () => json(200, { user: { id: '7', email: 'alice@example.com' }, access: 'a', refresh: 'r' });
const PURPOSE = { server: SERVER, keyServer: 'https://earlier.test', serverId: 'id', adopt: true };

async function world() {
  const { store } = await RecordingFixture.open();
  const server = new ScriptedServer();
  server.script.set(START, [grant()]);
  /** @type {any} */
  const it = { store, server, time: T0, used: [], unwanted: [], alarms: [] };
  const api = createApi({ fetch: server.fetch, now: () => it.time, timeoutMs: 1000 });
  it.restart = () => {
    it.connection = new Connection({
      store, api, now: () => it.time, pollSeconds: 0.001, alarm: { set: async (seconds) => { it.alarms.push(seconds); } },
      onSignedIn: async (account, purpose) => { it.used.push([account, purpose]); },
      onUnwanted: async (account) => { it.unwanted.push(account); },
    });
  };
  it.restart();
  return it;
}

test('the wait asks until the person has allowed it, and then uses the account once', async () => {
  const it = await world();
  it.server.script.set(ASK, [waiting(), waiting(), signedIn()]);
  const { grant: started } = await it.connection.begin(PURPOSE, 'Firefox 153 on Linux');
  assert.equal(started.number, '0472');
  await it.connection.wait();
  assert.equal(it.server.requests.filter(({ path }) => path === ASK).length, 3);
  const [[account, purpose]] = it.used;
  assert.deepEqual([account.key, account.server, account.user.email, account.access, account.refresh], ['https://earlier.test#7', SERVER, 'alice@example.com', 'a', 'r']);
  assert.deepEqual([purpose.keyServer, purpose.serverId, purpose.adopt], ['https://earlier.test', 'id', true]);
  assert.equal(await it.connection.stored(), undefined);
  assert.equal(it.alarms.at(-1), null);
  await it.connection.wait();
  assert.equal(it.used.length, 1);
});

for (const [reply, problem] of /** @type {const} */ ([[error(403, 'denied'), 'denied'], [error(410, 'expired'), 'expired']])) {
  test(`${problem} ends the wait and is kept for the page`, async () => {
    const it = await world();
    it.server.script.set(ASK, [waiting(), reply]);
    await it.connection.begin(PURPOSE, '');
    await it.connection.wait();
    assert.deepEqual([(await it.connection.stored()).problem, it.used.length, it.alarms.at(-1)], [problem, 0, null]);
  });
}

test('after ten minutes the wait ends without another question', async () => {
  const it = await world();
  it.time = T0 + 600_000;
  await it.connection.begin(PURPOSE, '');
  await it.connection.wait();
  assert.equal((await it.connection.stored()).problem, 'expired');
  assert.equal(it.server.requests.filter(({ path }) => path === ASK).length, 0);
});

test('the wait goes on after the background was stopped', async () => {
  const it = await world();
  it.server.script.set(ASK, [() => new Promise(() => {})]);
  await it.connection.begin(PURPOSE, '');
  it.restart();
  it.server.script.set(ASK, [signedIn()]);
  await it.connection.wait();
  assert.equal(it.used.length, 1);
});

test('a sign-in that comes after the person has cancelled is ended at the server and not used', async () => {
  const it = await world();
  it.server.script.set(ASK, [async () => {
    await it.connection.cancel();
    return signedIn();
  }]);
  await it.connection.begin(PURPOSE, '');
  await it.connection.wait();
  assert.deepEqual([it.used.length, it.unwanted.map(({ refresh }) => refresh)], [0, ['r']]);
  assert.equal(await it.connection.stored(), undefined);
});

test('a second start gives up the first', async () => {
  const it = await world();
  it.server.script.set(START, [grant(), grant('g2')]);
  it.server.script.set(ASK, [async () => {
    await it.connection.begin(PURPOSE, '');
    return signedIn();
  }]);
  it.server.script.set('/api/auth/connect/g2', [signedIn()]);
  await it.connection.begin(PURPOSE, '');
  await it.connection.wait();
  assert.deepEqual([it.unwanted.length, it.used.length], [1, 1]);
});

test('a start at the moment when an earlier wait ends is not missed', async () => {
  const it = await world();
  it.server.script.set(ASK, [signedIn()]);
  let begun = null;
  it.connection.alarm = { set: async () => {
    begun ??= it.connection.begin(PURPOSE, '');
    await begun;
  } };
  await it.connection.wait();
  assert.equal(it.used.length, 1);
});

test('a server that cannot be reached is told, and nothing is stored', async () => {
  const it = await world();
  it.server.script.set(START, [new TypeError('Failed to fetch')]);
  const reply = await it.connection.begin(PURPOSE, '');
  assert.deepEqual([reply.kind, reply.reason, reply.grant], ['wait', 'network', undefined]);
  assert.equal(await it.connection.stored(), undefined);
});
