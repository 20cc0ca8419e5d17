/**
 * Signing in without a password. The extension sends the server a challenge, the person allows the sign-in on a page of
 * the server, and the extension takes its tokens by the verifier of the challenge (S256 of RFC 7636).
 *
 * @typedef {import('./api-call.js').Api} Api
 * @typedef {import('./api-call.js').Reply} Reply
 * @typedef {{id: string, number: string, expiresAt: number, page: string}} Grant
 *   `number` stands on the page too. `expiresAt`: ms since the epoch. `page`: the URL where the person answers
 * @typedef {Grant & {verifier: string}} StartedGrant
 * @typedef {{state: 'waiting', waitMs?: number | null} | {state: 'denied' | 'expired'} | {state: 'signed-in', who: import('./wire.js').SignedIn}} Answer
 *   `waitMs`: the wait that the server asked for
 */
import { grantOf, signedIn } from './wire.js';

const PATH = '/api/auth/connect';

/**
 * Starts a grant at the server. A reply of kind `ok` has the `grant`.
 * @param {Api} api
 * @param {string} server
 * @param {string} label  names this browser on the page
 * @returns {Promise<Reply & {grant?: StartedGrant}>}
 */
export async function startGrant(api, server, label) {
  const verifier = base64Url(crypto.getRandomValues(new Uint8Array(32)));
  const challenge = await challengeOf(verifier);
  const reply = await api(server, PATH, { method: 'POST', body: JSON.stringify({ challenge, ...(label ? { label } : {}) }) });
  if (reply.kind !== 'ok') return reply;
  const grant = grantOf(reply.body);
  return grant ? { ...reply, grant: { ...grant, verifier } } : { kind: 'unusable', reason: 'not-this-server', error: null };
}

/**
 * Asks whether the person has answered. An error that may pass counts as `waiting`.
 * @param {Api} api
 * @param {string} server
 * @param {{id: string, verifier: string}} grant
 * @returns {Promise<Answer>}
 */
export async function askForAnswer(api, server, { id, verifier }) {
  const reply = await api(server, `${PATH}/${encodeURIComponent(id)}`, { method: 'POST', body: JSON.stringify({ verifier }) });
  const who = reply.kind === 'ok' ? signedIn(reply.body) : null;
  if (who) return { state: 'signed-in', who };
  const code = reply.error?.code;
  if (code === 'denied') return { state: 'denied' };
  // A server whose key has changed does not know its own grant any more.
  if (code === 'expired' || code === 'not_found') return { state: 'expired' };
  return { state: 'waiting', waitMs: reply.retryAfterMs ?? null };
}

/**
 * The S256 of a verifier.
 * @param {string} verifier
 */
export async function challengeOf(verifier) {
  return base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}

/** @param {Uint8Array} bytes */
function base64Url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
