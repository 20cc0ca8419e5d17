import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reasonOf } from '../../../extension/src/pages/server-reachability.js';

test('a browser\'s error is mapped to a reason', () => {
  assert.equal(reasonOf('net::ERR_NAME_NOT_RESOLVED'), 'no-such-host');
  assert.equal(reasonOf('net::ERR_CONNECTION_REFUSED'), 'refused');
  assert.equal(reasonOf('net::ERR_CERT_AUTHORITY_INVALID'), 'certificate');
  assert.equal(reasonOf('Error code 2152398878'), 'no-such-host');
  assert.equal(reasonOf('Error code 2152398861'), 'refused');
  assert.equal(reasonOf('Error code 2153390067'), 'certificate');
  assert.equal(reasonOf(''), 'network');
});
