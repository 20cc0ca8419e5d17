/** Batches of pending records within the server's limits. */

const encoder = new TextEncoder();
/** Bytes of a body that are left free for the fields around the records. */
const ENVELOPE_BYTES = 4096;

/**
 * @template T
 * @typedef {{record: T, text: string}} BatchRecord  `text` is the record as JSON of the wire
 */

/**
 * The longest run of records, from the first on, that fits in one body. It holds at least one record of any size.
 * @template T
 * @param {T[]} records
 * @param {{maxRecords: number, maxBodyBytes: number}} limits
 * @param {(record: T) => object} toWire
 * @returns {BatchRecord<T>[]}
 */
export function cutBatch(records, limits, toWire) {
  /** @type {BatchRecord<T>[]} */
  const batch = [];
  let bytes = ENVELOPE_BYTES;
  for (const record of records) {
    if (batch.length === limits.maxRecords) break;
    const text = JSON.stringify(toWire(record));
    bytes += encoder.encode(text).byteLength + 1;
    if (batch.length && bytes > limits.maxBodyBytes) break;
    batch.push({ record, text });
  }
  return batch;
}

/**
 * The two halves of a batch. The first is the longer one of an odd batch.
 * @template T
 * @param {T[]} batch
 * @returns {[T[], T[]]}
 */
export function halves(batch) {
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)];
}
