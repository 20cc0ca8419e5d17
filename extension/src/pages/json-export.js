/**
 * The person's copy of the records as JSON: wire names, and the state of sending beside each record. It is of one moment
 * and of one account, and names both.
 *
 * @typedef {import('../store.js').StoredRecord} StoredRecord
 * @typedef {import('../sync/accounts.js').Account} Account
 * @typedef {{server: string, serverId?: string, id: string, email: string}} Owner
 * @typedef {{exportedAt: string, extensionVersion: string, anonymousClientId: string, owner: Owner | null,
 *   client?: {browserName: string, browserVersion: string, platform: string}}} About
 *   `owner`: null for records that were made while nobody was signed in
 */
import { KINDS } from '../store-records.js';
import { WIRE } from '../sync/wire.js';

export const FORMAT = 'browsing-record-export';
/** A file of a later version is refused. */
export const FORMAT_VERSION = 1;

/**
 * @param {Account | null | undefined} account
 * @returns {Owner | null}
 */
export function ownerOf(account) {
  if (!account) return null;
  const { server, serverId, user } = account;
  return { server, ...(serverId === undefined ? {} : { serverId }), id: user.id, email: user.email };
}

/**
 * The records of one owner as one JSON text. The text is built slice by slice.
 * @param {import('../store.js').Store} store
 * @param {string} owner
 * @param {About} about
 * @param {(done: number) => void} [onProgress]
 */
export async function exportAll(store, owner, about, onProgress) {
  /** @type {Record<import('../store.js').Kind, BlobPart[]>} */
  const pieces = { visits: [], aggregates: [] };
  let done = 0;
  await store.snapshot(owner, (kind, place, slice) => {
    const separator = pieces[kind].length ? ',\n' : '\n';
    // The browser keeps a blob's text outside the script's memory.
    pieces[kind].push(new Blob([separator, slice.map((record) => exported(kind, place, record)).join(',\n')]));
    done += slice.length;
    onProgress?.(done);
  });
  const head = JSON.stringify({ format: FORMAT, version: FORMAT_VERSION, ...about }).slice(0, -1);
  const lists = KINDS.flatMap((kind) => [`,\n"${WIRE[kind].list}":[`, ...pieces[kind], ']']);
  return new Blob([head, ...lists, '}\n'], { type: 'application/json' });
}

/**
 * One record as JSON.
 * @param {import('../store.js').Kind} kind
 * @param {import('../store.js').Place} place
 * @param {StoredRecord} record
 */
export function exported(kind, place, record) {
  return JSON.stringify({ ...WIRE[kind].record(record), sending: sendingState(place, record) });
}

/**
 * A record that a rule of the person forbids to send is `held`.
 * @param {import('../store.js').Place} place
 * @param {StoredRecord} record
 */
function sendingState(place, { syncedAt, errors }) {
  switch (place) {
    case 'synced': return { state: 'sent', at: syncedAt };
    case 'parked': return { state: 'refused', errors };
    case 'held': return { state: 'held' };
    default: return { state: 'waiting' };
  }
}
