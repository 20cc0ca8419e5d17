/**
 * The connection to the database, and the walks over its records. `store.js` and `store-erasing.js` build on it.
 *
 * @typedef {import('./store.js').Kind} Kind
 * @typedef {import('./store.js').Place} Place
 * @typedef {import('./store.js').StoredRecord} StoredRecord
 * @typedef {import('./store.js').RecordStores} RecordStores
 */
import { PLACES, keyOf, recordStores, resultOf, storeOf, storesOf } from './store-records.js';

/** Records read in one transaction, so that no transaction takes long. */
const SLICE_LENGTH = 1000;

/** The range of all keys of one owner. IndexedDB sorts arrays after numbers, so `[owner, []]` is the end. */
export const allOf = (/** @type {string} */ owner) => IDBKeyRange.bound([owner], [owner, []]);

export class StoreConnection {
  /** @param {IDBDatabase} db */
  constructor(db) {
    this.db = db;
  }

  close() {
    this.db.close();
  }

  /**
   * Runs `work` in one transaction and returns its result once the transaction is complete. When `work` or a request
   * fails, the transaction is undone as a whole.
   * @template T
   * @param {string[]} stores
   * @param {IDBTransactionMode} mode
   * @param {(tx: IDBTransaction) => T | Promise<T>} work
   * @param {IDBTransactionOptions} [options]
   * @returns {Promise<T>}
   */
  async transact(stores, mode, work, options) {
    const tx = this.db.transaction(stores, mode, options);
    const done = new Promise((resolve, reject) => {
      tx.oncomplete = () => resolve(undefined);
      tx.onabort = () => reject(tx.error ?? new DOMException('The transaction was aborted.', 'AbortError'));
    });
    done.catch(() => {});
    let result;
    try {
      result = await work(tx);
    } catch (error) {
      try {
        tx.abort();
      } catch {
        // Already aborted by the failure itself.
      }
      throw error;
    }
    await done;
    return result;
  }

  /**
   * The result of one request to one object store.
   * @template T
   * @param {string} name
   * @param {(objectStore: IDBObjectStore) => IDBRequest<T>} request
   * @returns {Promise<T>}
   */
  read(name, request) {
    return this.transact([name], 'readonly', (tx) => resultOf(request(tx.objectStore(name))));
  }

  /**
   * The stored value of a name, or undefined.
   * @param {string} name
   * @returns {Promise<any>}
   */
  get(name) {
    return this.transact(['meta'], 'readonly', (tx) => resultOf(tx.objectStore('meta').get(name)));
  }

  /**
   * Stores a value under a name. The value is on the disk when the promise resolves.
   * @param {string} name
   * @param {unknown} value
   */
  set(name, value) {
    return this.change(name, () => value);
  }

  /**
   * Replaces a stored value by the result of `change`, in one transaction. `undefined` deletes it.
   * @template T
   * @param {string} name
   * @param {(old: any) => T} change
   * @returns {Promise<T>}
   */
  change(name, change) {
    return this.transact(['meta'], 'readwrite', async (tx) => {
      const meta = tx.objectStore('meta');
      const value = change(await resultOf(meta.get(name)));
      if (value === undefined) await resultOf(meta.delete(name));
      else await resultOf(meta.put(value, name));
      return value;
    }, { durability: 'strict' });
  }

  /**
   * Calls `change` for each record of one place, in transactions of bounded length. `change` gets the record and the
   * three object stores of its kind.
   * @param {Kind} kind
   * @param {Place} place
   * @param {IDBKeyRange | undefined} range
   * @param {(record: StoredRecord, stores: RecordStores) => unknown} change
   * @param {string[]} [more]  other object stores that `change` uses
   */
  async eachRecord(kind, place, range, change, more = []) {
    /** @type {IDBValidKey | null} */
    let after = null;
    for (;;) {
      /** @type {IDBValidKey | null} */
      const from = after;
      /** @type {StoredRecord[]} */
      const batch = await this.transact([...storesOf(kind), ...more], 'readwrite', async (tx) => {
        const stores = recordStores(tx, kind);
        const within = from === null ? range
          : range ? IDBKeyRange.bound(from, range.upper, true, range.upperOpen) : IDBKeyRange.lowerBound(from, true);
        const found = await resultOf(stores[place].getAll(within, SLICE_LENGTH));
        for (const record of found) await change(record, stores);
        return found;
      });
      if (batch.length < SLICE_LENGTH) return;
      after = keyOf(batch[batch.length - 1]);
    }
  }

  /**
   * The records of a kind, of one owner or of all, in slices, so that an export holds only one slice in memory.
   * @param {Kind} kind
   * @param {string} [owner]
   * @returns {AsyncGenerator<StoredRecord[]>}
   */
  async *slices(kind, owner) {
    for (const place of PLACES) yield* this.slicesOf(kind, place, owner);
  }

  /**
   * The same of one place.
   * @param {Kind} kind
   * @param {Place} place
   * @param {string} [owner]
   * @returns {AsyncGenerator<StoredRecord[]>}
   */
  async *slicesOf(kind, place, owner) {
    const all = owner === undefined ? undefined : allOf(owner);
    let range = all;
    for (;;) {
      const rest = range;
      /** @type {StoredRecord[]} */
      const slice = await this.read(storeOf(kind, place), (records) => records.getAll(rest, SLICE_LENGTH));
      if (slice.length) yield slice;
      if (slice.length < SLICE_LENGTH) return;
      const last = keyOf(slice[slice.length - 1]);
      range = all ? IDBKeyRange.bound(last, all.upper, true) : IDBKeyRange.lowerBound(last, true);
    }
  }
}
