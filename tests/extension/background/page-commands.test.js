import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PageCommands } from '../../../extension/src/background/page-commands.js';
import { createAccounts } from '../../../extension/src/sync/accounts.js';
import { createApi } from '../../../extension/src/sync/api-call.js';
import { ScriptedServer, json } from '../scripted-server.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';
import { ALICE } from '../sync/sync-world.js';

const SIGNED_IN = { user: ALICE.user, access: 'new access', refresh: 'new refresh' };
const FORM = { server: ALICE.server, email: 'alice@example.com', password: 'x', name: '', isNew: false, adopt: false };

async function world() {
  const { store } = await RecordingFixture.open();
  const server = new ScriptedServer();
  for (const path of ['/api/auth/login', '/api/auth/register']) server.script.set(path, [json(200, SIGNED_IN), json(200, SIGNED_IN)]);
  const api = createApi({ fetch: server.fetch, now: () => T0, timeoutMs: 1000 });
  const steps = /** @type {string[]} */ ([]);
  /** @type {any} */
  const worker = {
    store, api, accounts: createAccounts({ store, api }), client: { browserName: 'Firefox', browserVersion: '153.0', platform: 'linux' },
    settings: {}, account: () => store.get('account'), connection: { cancel: async () => {} },
    allowRecording: async () => { steps.push('allow'); }, applyAccount: async () => { steps.push('apply'); return 0; }, sync: () => { steps.push('sync'); },
  };
  const sent = () => server.requests.filter(({ path }) => path.startsWith('/api/auth/')).map(({ body }) => body);
  return { store, steps, sent, commands: new PageCommands(worker) };
}

test('signing in again sends the token of the sign-in that has ended, so that the server knows this browser', async () => {
  const { store, sent, commands } = await world();
  await store.set('account', { ...ALICE, needsSignIn: true });
  assert.equal((await commands.signIn(FORM)).ok, true);
  assert.equal(sent()[0].refresh, 'refresh 1');
});

test('a token is sent to the address that gave it, and to no other', async () => {
  const { store, sent, commands } = await world();
  await store.set('account', { ...ALICE, needsSignIn: true });
  await commands.signIn({ ...FORM, server: 'https://other.test' });
  assert.equal('refresh' in sent()[0], false);
});

test('signing up sends the time zone of this browser', async () => {
  const { sent, commands } = await world();
  await commands.signIn({ ...FORM, isNew: true });
  assert.equal(sent()[0].timeZone, Intl.DateTimeFormat().resolvedOptions().timeZone);
});

test('a sign-in is the choice of a server: recording is allowed before the account is used', async () => {
  const { store, steps, commands } = await world();
  await commands.signIn(FORM);
  assert.deepEqual(steps, ['allow', 'apply', 'sync']);
  assert.equal((await store.get('account')).access, 'new access');
});
