/** The person's copy of the records as JSON: wire names, and the state of sending beside each record. */
import { KINDS, PLACES } from '../store-records.js';
import { WIRE } from '../sync/wire.js';

/** @typedef {import('../store.js').StoredRecord} StoredRecord */

/**
 * The records of one owner as one JSON text. The text is built slice by slice.
 * @param {import('../store.js').Store} store
 * @param {string} owner
 * @param {{exportedAt: string, extensionVersion: string}} about
 * @param {(done: number) => void} [onProgress]
 */
export async function exportAll(store, owner, about, onProgress) {
  /** @type {BlobPart[]} */
  const pieces = [JSON.stringify(about).slice(0, -1)];
  let done = 0;
  for (const kind of KINDS) {
    pieces.push(`,\n"${WIRE[kind].list}":[`);
    let separator = '\n';
    for (const place of PLACES) {
      for await (const slice of store.slicesOf(kind, place, owner)) {
        // The browser keeps a blob's text outside the script's memory.
        pieces.push(new Blob([separator, slice.map((record) => exported(kind, place, record)).join(',\n')]));
        separator = ',\n';
        done += slice.length;
        onProgress?.(done);
      }
    }
    pieces.push(']');
  }
  pieces.push('}\n');
  return new Blob(pieces, { type: 'application/json' });
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
