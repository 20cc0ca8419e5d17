/**
 * The part of the store that copies records out and in again.
 *
 * @typedef {import('./store.js').Kind} Kind
 * @typedef {import('./store.js').Place} Place
 * @typedef {import('./store.js').StoredRecord} StoredRecord
 */
import { allowedVisit } from './capture/recording-rules.js';
import { SLICE_LENGTH, allOf, laterThan } from './store-connection.js';
import { ErasingStore } from './store-erasing.js';
import { ALL_STORES, KINDS, PLACES, changeDays, current, isCounted, keyOf, putOnly, recordStores, resultOf, storeOf, storesOf } from './store-records.js';

export class CopyingStore extends ErasingStore {
  /**
   * Reads all records of an owner as they are at one moment. Writers wait until it is over.
   * @param {string} owner
   * @param {(kind: Kind, place: Place, slice: StoredRecord[]) => void} take
   */
  snapshot(owner, take) {
    return this.transact(ALL_STORES, 'readonly', async (tx) => {
      for (const kind of KINDS) {
        for (const place of PLACES) {
          let range = allOf(owner);
          for (;;) {
            /** @type {StoredRecord[]} */
            const slice = await resultOf(tx.objectStore(storeOf(kind, place)).getAll(range, SLICE_LENGTH));
            if (slice.length) take(kind, place, slice);
            if (slice.length < SLICE_LENGTH) break;
            range = laterThan(slice[slice.length - 1]);
          }
        }
      }
    });
  }

  /**
   * Puts exported records back where they were, and returns the number of those that are new or newer here. A visit that
   * the rules forbid is held.
   * @param {Kind} kind
   * @param {{place: Place, record: StoredRecord}[]} exported
   * @param {import('./capture/recording-rules.js').Rules} rules
   */
  restore(kind, exported, rules) {
    return this.transact([...storesOf(kind), 'days'], 'readwrite', async (tx) => {
      const stores = recordStores(tx, kind);
      let restored = 0;
      for (const { place, record } of exported) {
        const known = await current(stores, keyOf(record));
        if (known && known.record.revision >= record.revision) continue;
        restored += 1;
        if (!('url' in record)) {
          await putOnly(stores, place, record);
          continue;
        }
        const allowed = allowedVisit(record, rules);
        const isAsSent = allowed === record && place !== 'held';
        const target = isAsSent ? place : allowed ? 'pending' : 'held';
        await putOnly(stores, target, allowed ?? record);
        const counted = known && isCounted(known.place) && 'url' in known.record ? known.record : null;
        await changeDays(tx, counted, isCounted(target) ? allowed : null);
      }
      return restored;
    });
  }
}
