import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAddress as addressOf } from '../../../extension/src/pages/server-address.js';

/** @param {string} typed */
const serverAddress = (typed) => {
  const { open, ...rest } = /** @type {any} */ (addressOf(typed));
  return open ? { ...rest, open } : rest;
};

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
  assert.deepEqual(serverAddress('http://172.32.0.1'), { problem: 'not-https' });
  assert.deepEqual(serverAddress('http://[2001:db8::1]'), { problem: 'not-https' });
  assert.deepEqual(serverAddress('http://local'), { problem: 'not-https' });
});

test('a server in the own network may do without https, after a warning', () => {
  for (const server of ['http://192.168.1.5:8000', 'http://10.0.0.1', 'http://172.16.0.9', 'http://nas.local', 'http://[fd00::1]:8000']) {
    assert.deepEqual(serverAddress(server), { server, open: true });
  }
  assert.deepEqual(serverAddress('192.168.1.5:8000'), { server: 'http://192.168.1.5:8000', open: true });
  assert.deepEqual(serverAddress('https://nas.local'), { server: 'https://nas.local' });
});

test('the address of a page of the server is understood', () => {
  assert.deepEqual(serverAddress('https://sync.example.org/dashboard/week/2025-11-17?x=1'), { server: 'https://sync.example.org' });
  assert.deepEqual(serverAddress('https://example.org/sync/account/sign-in'), { server: 'https://example.org/sync' });
  assert.deepEqual(serverAddress('http://127.0.0.1:8000/dashboard'), { server: 'http://127.0.0.1:8000' });
});

test('text that is no address is refused', () => {
  assert.deepEqual(serverAddress('  '), { problem: 'empty' });
  for (const typed of ['https://', 'not an address', 'https://a b', 'ftp://a.test', 'https://alice:secret@a.test']) {
    assert.deepEqual(serverAddress(typed), { problem: 'malformed' }, typed);
  }
});
