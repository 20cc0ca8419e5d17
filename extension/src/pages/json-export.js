/** A copy of the records for the person: the words of the wire, with how sending stands beside each. */
import { KINDS } from '../store.js';
import { WIRE } from '../sync/wire.js';

/**
 * The export as pieces of one JSON text, made slice by slice.
 * @param {import('../store.js').Store} store
 * @param {{exportedAt: string, extensionVersion: string}} about
 * @param {(done: number) => void} [onProgress]
 */
export async function exportAll(store, about, onProgress) {
  const pieces = [`${JSON.stringify(about).slice(0, -1)}`];
  let done = 0;
  for (const kind of KINDS) {
    pieces.push(`,\n"${WIRE[kind].list}":[`);
    let first = true;
    for await (const slice of store.slices(kind)) {
      // A blob holds its text outside of the script's memory.
      pieces.push(new Blob([slice.map((record) => exported(kind, record)).map((text, i) => (first && i === 0 ? `\n${text}` : `,\n${text}`)).join('')]));
      first = false;
      done += slice.length;
      onProgress?.(done);
    }
    pieces.push(']');
  }
  pieces.push('}\n');
  return new Blob(pieces, { type: 'application/json' });
}

/** One record as JSON. */
export function exported(kind, record) {
  return JSON.stringify({ ...WIRE[kind].record(record), sending: sendingOf(record) });
}

function sendingOf(record) {
  if (record.syncedAt !== undefined) return { state: 'sent', at: record.syncedAt };
  if (record.errors !== undefined) return { state: 'refused', errors: record.errors };
  return { state: 'waiting' };
}
