import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportAll } from '../../extension/src/export.js';
import { reasonOf } from '../../extension/src/probe.js';
import { serverAddress } from '../../extension/src/server-address.js';
import { enteringProblem, sendingProblem, serverProblem, spell, when } from '../../extension/src/words.js';
import { Stage, T0 } from './stage.js';

test('a server address is completed and trimmed', () => {
  assert.deepEqual(serverAddress(' https://sync.example.org/ '), { server: 'https://sync.example.org' });
  assert.deepEqual(serverAddress('sync.example.org'), { server: 'https://sync.example.org' });
  assert.deepEqual(serverAddress('https://example.org/sync/'), { server: 'https://example.org/sync' });
  assert.deepEqual(serverAddress('localhost:8000'), { server: 'http://localhost:8000' });
  assert.deepEqual(serverAddress('http://127.0.0.1:8000'), { server: 'http://127.0.0.1:8000' });
  assert.deepEqual(serverAddress('http://[::1]:8000'), { server: 'http://[::1]:8000' });
});

test('a server without https is refused, unless it is on this computer', () => {
  assert.deepEqual(serverAddress('http://sync.example.org'), { problem: 'not-https' });
  assert.deepEqual(serverAddress('http://127.0.0.1.example.org'), { problem: 'not-https' });
  assert.deepEqual(serverAddress('http://10.0.0.1'), { problem: 'not-https' });
});

test('what is no address is named so', () => {
  assert.deepEqual(serverAddress('  '), { problem: 'empty' });
  for (const typed of ['https://', 'not an address', 'https://a b', 'ftp://a.test', 'https://alice:secret@a.test']) {
    assert.deepEqual(serverAddress(typed), { problem: 'malformed' }, typed);
  }
});

test('the browser\'s errors become reasons', () => {
  assert.equal(reasonOf('net::ERR_NAME_NOT_RESOLVED'), 'no-such-host');
  assert.equal(reasonOf('net::ERR_CONNECTION_REFUSED'), 'refused');
  assert.equal(reasonOf('net::ERR_CERT_AUTHORITY_INVALID'), 'certificate');
  assert.equal(reasonOf('Error code 2152398878'), 'no-such-host');
  assert.equal(reasonOf('Error code 2152398861'), 'refused');
  assert.equal(reasonOf('Error code 2153390067'), 'certificate');
  assert.equal(reasonOf(''), 'network');
});

test('every problem of sending and of a server has words that name the server', () => {
  const reasons = ['network', 'timeout', 'throttled', 'unavailable', 'permission', 'redirect', 'refuses-all', 'said-no', 'not-this-server'];
  for (const reason of reasons) {
    assert.match(sendingProblem({ kind: 'unusable', reason, detail: 'Why' }, 'https://s.test'), /s\.test/, reason);
    if (reason !== 'refuses-all') assert.match(serverProblem(reason, 'https://s.test'), /s\.test/, reason);
  }
  assert.match(sendingProblem({ kind: 'sign-in' }, 'https://s.test'), /Sign in again/);
});

test('too many tries say for how long to wait', () => {
  const error = { code: 'throttled', detail: 'x' };
  assert.match(enteringProblem({ problem: 'throttled', error, waitMs: 12_000 }, 'https://s.test', false), /Wait 12 s/);
  assert.match(enteringProblem({ problem: 'throttled', error, waitMs: null }, 'https://s.test', false), /Wait 1 min/);
});

test('a sign-in that fails says which field is at fault', () => {
  const errors = { password: ['This password is too short.'], email: ['Enter a valid email address.'] };
  assert.equal(enteringProblem({ problem: 'refused', error: { code: 'invalid', detail: 'x', errors } }, 'https://s.test', true),
    'Password: This password is too short. E-mail: Enter a valid email address.');
  assert.equal(enteringProblem({ problem: 'unauthorized', error: null }, 'https://s.test', false), 'The e-mail address or the password is not right.');
  assert.match(enteringProblem({ problem: 'said-no', error: { code: 'registration_closed', detail: 'x' } }, 'https://s.test', true), /no new accounts/);
});

test('durations and instants are spelled for people', () => {
  assert.deepEqual([0, 1499, 59_400, 60_000, 3_599_999, 8_040_000].map(spell), ['0 s', '1 s', '59 s', '1 min', '1 h 0 min', '2 h 14 min']);
  assert.equal(when(T0 - 300_000, T0), '5 min ago');
  assert.equal(when(T0 + 120_000, T0), 'in 2 min');
  assert.equal(when(T0 - 1000, T0), 'just now');
});

test('an export is JSON that holds every record once, with how it stands', async () => {
  const stage = await Stage.open();
  await stage.start();
  await stage.at(0, 'navigated', { tabId: 1, url: 'https://a.test/' });
  await stage.at(5, 'navigated', { tabId: 1, url: 'https://b.test/' });
  await stage.at(9, 'removed', { tabId: 1 });
  const [first] = await stage.all('visits');
  await stage.store.settle('visits', '', [{ id: first.id, startedAt: first.startedAt, revision: first.revision, fate: 'stored' }], T0 + 10_000);
  const blob = await exportAll(stage.store, { exportedAt: '2025-11-17T10:00:00Z', extensionVersion: '0.1.0' });
  const copy = JSON.parse(await blob.text());
  assert.deepEqual(copy.visits.map((visit) => [visit.url, visit.sending.state]).sort(), [['https://a.test/', 'sent'], ['https://b.test/', 'waiting']]);
  assert.deepEqual(copy.aggregates.map(({ pageCount, totalActiveDuration }) => [pageCount, totalActiveDuration]), [[2, 9000]]);
  assert.equal(copy.extensionVersion, '0.1.0');
});

test('an export of nothing is JSON too', async () => {
  const { store } = await Stage.open();
  assert.deepEqual(JSON.parse(await (await exportAll(store, { exportedAt: 'x', extensionVersion: 'y' })).text()), {
    exportedAt: 'x', extensionVersion: 'y', visits: [], aggregates: [],
  });
});
