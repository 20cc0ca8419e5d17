import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAddress } from '../../../extension/src/pages/server-address.js';

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

test('text that is no address is refused', () => {
  assert.deepEqual(serverAddress('  '), { problem: 'empty' });
  for (const typed of ['https://', 'not an address', 'https://a b', 'ftp://a.test', 'https://alice:secret@a.test']) {
    assert.deepEqual(serverAddress(typed), { problem: 'malformed' }, typed);
  }
});
