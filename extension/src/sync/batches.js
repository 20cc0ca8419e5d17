/** Cutting pending records into batches that the server takes. */

const encoder = new TextEncoder();
/** Room in a body for what stands around the records, in bytes. */
const ENVELOPE_BYTES = 4096;

/**
 * The longest run of records from the first on that fits in one body; at least one, however large.
 * @template T
 * @param {T[]} records
 * @param {{maxRecords: number, maxBodyBytes: number}} limits
 * @param {(record: T) => object} toWire
 * @returns {{record: T, text: string}[]}
 */
export function cutBatch(records, limits, toWire) {
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
 * Two halves of a batch of two or more.
 * @template T
 * @param {T[]} batch
 * @returns {[T[], T[]]}
 */
export function halves(batch) {
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)];
}
