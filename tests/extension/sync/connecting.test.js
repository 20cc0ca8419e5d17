import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApi } from '../../../extension/src/sync/api-call.js';
import { askForAnswer, challengeOf, startGrant } from '../../../extension/src/sync/connecting.js';
import { ScriptedServer, error, json } from '../scripted-server.js';
import { T0 } from '../recording-fixture.js';
import { html } from './sync-world.js';

const SERVER = 'https://s.test';
const GRANT = { id: 'a:b', number: '0472', expiresAt: T0 + 600_000, page: 'https://s.test/account/connect/a:b' };

function world() {
  const server = new ScriptedServer();
  return { server, api: createApi({ fetch: server.fetch, now: () => T0, timeoutMs: 1000 }) };
}

test('the challenge is the S256 of the verifier, as in the example of RFC 7636', async () => {
  assert.equal(await challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
});

test('a start sends the challenge and the label, and never the verifier', async () => {
  const { server, api } = world();
  server.script.set('/api/auth/connect', [json(201, GRANT), json(201, GRANT)]);
  const { grant } = await startGrant(api, SERVER, 'Firefox 153 on Linux');
  const other = (await startGrant(api, SERVER, '')).grant;
  assert.deepEqual({ ...grant, verifier: '' }, { ...GRANT, verifier: '' });
  assert.match(grant?.verifier ?? '', /^[A-Za-z0-9_-]{43}$/);
  assert.notEqual(grant?.verifier, other?.verifier);
  assert.deepEqual(server.requests[0].body, { challenge: await challengeOf(grant?.verifier ?? ''), label: 'Firefox 153 on Linux' });
  assert.deepEqual(Object.keys(server.requests[1].body), ['challenge']);
});

for (const [name, changes] of Object.entries({
  'a number of five digits': { number: '12345' }, 'a number that is none': { number: 472 }, 'no id': { id: '' }, 'no time': { expiresAt: 'soon' },
  'a page that is a script': { page: 'javascript:alert(1)' },
})) {
  test(`a grant with ${name} is not taken`, async () => {
    const { server, api } = world();
    server.script.set('/api/auth/connect', [json(201, { ...GRANT, ...changes })]);
    const reply = await startGrant(api, SERVER, '');
    assert.deepEqual([reply.kind, reply.reason, reply.grant], ['unusable', 'not-this-server', undefined]);
  });
}

test('the answer is asked for with the verifier, at a path that holds any id', async () => {
  const { server, api } = world();
  server.script.set('/api/auth/connect/a%3Ab', [json(202, { expiresAt: GRANT.expiresAt })]);
  assert.deepEqual(await askForAnswer(api, SERVER, { id: 'a:b', verifier: 'secret' }), { state: 'waiting', waitMs: null });
  assert.deepEqual(server.requests[0].body, { verifier: 'secret' });
});

for (const [name, reply, state] of /** @type {[string, any, string][]} */ ([
  ['403 denied', error(403, 'denied'), 'denied'], ['410 expired', error(410, 'expired'), 'expired'],
  ['404 of a server with another key', error(404, 'not_found'), 'expired'], ['403 of a proxy', html(403), 'waiting'],
  ['502', html(502), 'waiting'], ['no network', new TypeError('Failed to fetch'), 'waiting'], ['a page of a portal', html(200), 'waiting'],
])) {
  test(`${name} counts as ${state}`, async () => {
    const { server, api } = world();
    server.script.set('/api/auth/connect/x', [reply]);
    assert.equal((await askForAnswer(api, SERVER, { id: 'x', verifier: 'v' })).state, state);
  });
}

test('a server that is busy says how long to wait', async () => {
  const { server, api } = world();
  server.script.set('/api/auth/connect/x', [error(429, 'throttled', { 'Retry-After': '7' })]);
  assert.deepEqual(await askForAnswer(api, SERVER, { id: 'x', verifier: 'v' }), { state: 'waiting', waitMs: 7000 });
});
