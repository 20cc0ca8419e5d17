import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendingProblem, serverProblem, signInProblem } from '../../../extension/src/pages/problem-texts.js';

test('the text of every problem names the server', () => {
  const reasons = ['network', 'timeout', 'throttled', 'unavailable', 'permission', 'redirect', 'refuses-all', 'said-no', 'not-this-server'];
  for (const reason of reasons) {
    assert.match(sendingProblem({ kind: 'unusable', reason, detail: 'Why' }, 'https://s.test'), /s\.test/, reason);
    if (reason !== 'refuses-all') assert.match(serverProblem(reason, 'https://s.test'), /s\.test/, reason);
  }
  assert.match(sendingProblem({ kind: 'sign-in', reason: 'refused' }, 'https://s.test'), /Sign in again/);
});

test('after too many tries the text tells how long to wait', () => {
  const error = { code: 'throttled', detail: 'x' };
  assert.match(signInProblem({ problem: 'throttled', error, waitMs: 12_000 }, 'https://s.test', false), /Wait 12 s/);
  assert.match(signInProblem({ problem: 'throttled', error, waitMs: null }, 'https://s.test', false), /Wait 1 min/);
});

test('the text of a failed sign-in names the field at fault', () => {
  const errors = { password: ['This password is too short.'], email: ['Enter a valid email address.'] };
  assert.equal(signInProblem({ problem: 'refused', error: { code: 'invalid', detail: 'x', errors } }, 'https://s.test', true),
    'Password: This password is too short. E-mail: Enter a valid email address.');
  assert.equal(signInProblem({ problem: 'unauthorized', error: null }, 'https://s.test', false), 'The e-mail address or the password is not right.');
  assert.match(signInProblem({ problem: 'said-no', error: { code: 'registration_closed', detail: 'x' } }, 'https://s.test', true), /no new accounts/);
});
