/** A text for each problem. It tells the person what to do. */
import { countText, durationText } from './formatting.js';

/**
 * @param {{kind: string, reason: string, detail?: string | null}} problem  of a run of sending
 * @param {string} server
 * @returns {string}
 */
export function sendingProblem({ kind, reason, detail = null }, server) {
  const name = hostOf(server);
  if (kind === 'sign-in') return sessionEndText(null);
  if (kind === 'storage') return `This browser could not write to its disk (${reason}). Make some room. Nothing is lost.`;
  if (kind === 'fault') return `The extension has a fault (${reason}: ${detail ?? ''}). Nothing is lost. It tries again by itself.`;
  switch (reason) {
    case 'network': return `No connection to ${name}. Your records wait here and go out later.`;
    case 'timeout': return `${name} took too long to answer. Your records wait here and go out later.`;
    case 'throttled': return `${name} asks for a pause. Sending goes on by itself.`;
    case 'unavailable': return `${name} is busy or being restarted. Sending goes on by itself.`;
    case 'permission': return `The browser does not let the extension reach ${name}. Allow it in the options.`;
    case 'redirect': return `${name} redirects to another address, so it cannot be used. Check the server address.`;
    case 'server-error': return `${name} has a fault${detail ? ` (${detail})` : ''}. Your records wait here and go out later. If it stays so, tell the person who runs it.`;
    case 'another-server': return `${name} is another server than the one that you signed in to. Nothing was sent. Sign out and in again to use it.`;
    case 'proxy-limit': return `A proxy in front of ${name} refuses even a single record as too large. The person who runs it must raise its limit.`;
    case 'refuses-all': return `${name} refuses all records: ${detail ?? 'it gave no reason'}. Tell the person who runs it.`;
    case 'said-no': return `${name} says: ${detail ?? 'no'}`;
    default: return `${name} does not answer like a sync server${detail ? ` (${detail})` : ''}. Check the server address.`;
  }
}

/**
 * @param {import('../sync/schedule.js').Notice} notice  of the last run
 * @param {string} server
 */
export function sendingNotice({ refused, unknown }, server) {
  const name = hostOf(server);
  const texts = [];
  if (refused) texts.push(`${name} refused ${countText(refused, 'record')}.`);
  if (unknown) texts.push(`${name} answered ${countText(unknown, 'record')} in a way that this version of the extension does not know. They wait here. An update of the extension may help.`);
  return texts.join(' ');
}

/**
 * Why this session has ended.
 * @param {{reason: string, at: number} | null} ended  as the server said it
 */
export function sessionEndText(ended) {
  const again = 'Sign in again to go on sending; nothing is lost.';
  const at = ended ? new Date(ended.at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }) : '';
  switch (ended?.reason) {
    case 'refresh_reuse': return `This browser was signed out for safety on ${at}: its sign-in was used twice, so somebody may have copied it. ${again}`;
    case 'password_changed': return `The password was changed on ${at}, which signed this browser out. ${again}`;
    case 'signed_out_remotely': return `This browser was signed out from elsewhere on ${at}. ${again}`;
    default: return `Your sign-in has ended. ${again}`;
  }
}

/**
 * A problem of a server address, or of the server at it.
 * @param {string} problem
 * @param {string} server
 */
export function serverProblem(problem, server) {
  const name = hostOf(server);
  switch (problem) {
    case 'empty': return 'Enter the address of your server, such as https://sync.example.org.';
    case 'malformed': return 'This is not a web address. It looks like https://sync.example.org.';
    case 'not-https': return 'The address must begin with https://, so that nobody else can read your records on the way. Only a server on this computer or in your own network may use http://.';
    case 'open-network': return `${name} is in your own network and does not use https. Everybody in this network can read your records and your password on the way. Press the button again to use it all the same.`;
    case 'no-such-host': return `There is no server called ${name}. Check the spelling, and that you are online.`;
    case 'refused': return `${name} is there, but nothing answers at this address. Check the port, and that the server is running.`;
    case 'certificate': return `The certificate of ${name} is not valid, so the connection is not private. The person who runs the server must renew it.`;
    case 'offline': return 'This computer is offline. Connect it and try again.';
    case 'network': return `${name} cannot be reached. Check the address, and that the server is running.`;
    case 'timeout': return `${name} took too long to answer. Try again in a moment.`;
    case 'permission': return `The extension needs your permission to reach ${name}. Press the button again and choose Allow.`;
    case 'redirect': return `${name} redirects to another address. Open it in a tab and enter the address that your browser shows then.`;
    case 'server-error': return `${name} has a fault. Try again later, or tell the person who runs it.`;
    case 'throttled':
    case 'unavailable': return `${name} is busy. Try again in a moment.`;
    default: return `${name} answers, but it is not a sync server. Check the address.`;
  }
}

/**
 * Why signing in or signing up failed.
 * @param {{problem: string, waitMs?: number | null, error?: import('../sync/wire.js').ServerError | null}} answer
 * @param {string} server
 * @param {boolean} isNew
 */
export function signInProblem({ problem, error, waitMs }, server, isNew) {
  if (error?.code === 'registration_closed') return `${hostOf(server)} takes no new accounts. Ask the person who runs it for one.`;
  if (error?.errors) {
    /** @type {Record<string, string>} */
    const names = { email: 'E-mail', password: 'Password', name: 'Name' };
    return Object.entries(error.errors).map(([field, texts]) => `${names[field] ?? field}: ${[texts].flat().join(' ')}`).join(' ');
  }
  if (problem === 'unauthorized' || (error && !isNew && problem === 'refused')) {
    return 'The e-mail address or the password is not right.';
  }
  if (problem === 'throttled') return `Too many tries. Wait ${durationText(Math.max(waitMs ?? 60_000, 1000))} and try again.`;
  return error?.detail ?? serverProblem(problem, server);
}

/**
 * Why a sign-in on the server's page could not begin.
 * @param {{problem: string, waitMs?: number | null, error?: import('../sync/wire.js').ServerError | null}} answer
 * @param {string} server
 */
export function connectProblem({ problem, error, waitMs }, server) {
  if (error?.code === 'not_found') return `${hostOf(server)} is an older version without this function. Use e-mail and password instead.`;
  if (problem === 'throttled') return `Too many tries. Wait ${durationText(Math.max(waitMs ?? 60_000, 1000))} and try again.`;
  return error?.detail ?? serverProblem(problem, server);
}

/**
 * How the wait for an answer on the server's page ended.
 * @param {'denied' | 'expired'} problem
 */
export function connectionEndText(problem) {
  return problem === 'denied' ? '“Deny” was chosen on the page of the server, so this browser is not connected.'
    : 'Nobody chose “Allow” on the page of the server within ten minutes. Press “Connect” again.';
}

/**
 * Why recording has stopped.
 * @param {{name: string}} error
 */
export function recordingProblem({ name }) {
  return name === 'QuotaExceededError'
    ? 'Recording has stopped because the disk is full. Nothing was deleted. Make some room, then try again.'
    : `Recording has stopped because this browser could not store it (${name}). Nothing was deleted. Try again, or restart the browser.`;
}

/** @param {string} server */
function hostOf(server) {
  try {
    return new URL(server).host;
  } catch {
    return 'The server';
  }
}
