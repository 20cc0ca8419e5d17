/**
 * The extension's storage. No module but this and `store-records.js` knows IndexedDB. Scripts of web pages and content scripts cannot reach an
 * extension's own IndexedDB, so the account's tokens are stored here too.
 *
 * A record lies in one of four object stores: pending, parked (with `errors` and `retryAt`), synced (with `syncedAt`)
 * or held (a rule of the person forbids to send it). Each is ordered by owner and age, so the pending records are found
 * without a walk over the others. One object store with an index would be slower: Chromium leaves stale entries in an
 * index and looks each of them up again, and counting took seconds after a large backlog.
 *
 * @typedef {'visits' | 'aggregates'} Kind
 * @typedef {'pending' | 'parked' | 'synced' | 'held'} Place
 * @typedef {import('./capture/visits-and-totals.js').Visit} Visit
 * @typedef {import('./capture/visits-and-totals.js').Aggregate} Aggregate
 * @typedef {(Visit | Aggregate) & {errors?: Record<string, unknown>, retryAt?: number | null, syncedAt?: number}} StoredRecord
 * @typedef {{owner: string, day: number, activeMs: number, visits: number, domains: Record<string, number>}} Day
 * @typedef {{pending: number, parked: number, synced: number, held: number, pendingVisits: number}} Counts
 * @typedef {Record<Place, IDBObjectStore>} RecordStores
 */
import { erasesVisit, totalsAfter } from './capture/erasure-rules.js';
import { localDay } from './capture/local-days.js';
import { NO_RULES, allowedTotals, allowedVisit } from './capture/recording-rules.js';
import { ALL_STORES, KINDS, PLACES, addDay, changeDays, current, keyOf, putOnly, putVisits, recordStores, resultOf, storeOf, storesOf } from './store-records.js';

const VERSION = 2;
/** Records read in one transaction, so that no transaction takes long. */
const SLICE_LENGTH = 1000;
/**
 * Opens the store and creates it where it is missing.
 * @param {{indexedDB?: IDBFactory, name?: string}} [from]
 */
export async function openStore({ indexedDB = globalThis.indexedDB, name = 'record' } = {}) {
  const opening = indexedDB.open(name, VERSION);
  opening.onupgradeneeded = () => createStores(opening.result);
  const db = await resultOf(opening);
  // A context with newer code could not upgrade the database while this connection is open.
  db.onversionchange = () => db.close();
  return new Store(db);
}

/** @param {IDBDatabase} db */
function createStores(db) {
  /**
   * @param {string} name
   * @param {IDBObjectStoreParameters} [options]
   */
  const create = (name, options) => {
    if (!db.objectStoreNames.contains(name)) db.createObjectStore(name, options);
  };
  create('meta');
  create('tabs', { keyPath: 'id' });
  create('days', { keyPath: ['owner', 'day'] });
  for (const name of ALL_STORES) create(name, { keyPath: ['owner', 'startedAt', 'id'] });
}

/** The range of all keys of one owner. IndexedDB sorts arrays after numbers, so `[owner, []]` is the end. */
const allOf = (/** @type {string} */ owner) => IDBKeyRange.bound([owner], [owner, []]);

/**
 * The range from the first to the last of some records. A batch is a continuous range of the pending records, and one
 * request for the range is far cheaper than one a record.
 * @param {string} owner
 * @param {{startedAt: number}[]} records
 */
function rangeOf(owner, records) {
  const starts = records.map(({ startedAt }) => startedAt);
  return IDBKeyRange.bound([owner, starts.reduce((a, b) => Math.min(a, b))], [owner, starts.reduce((a, b) => Math.max(a, b)), []]);
}

export class Store {
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

  // ------------------------------------------------------------------ single values

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

  // ------------------------------------------------------------------ capture

  /**
   * The last committed state and tabs of the reducer. The state is undefined before the first event.
   * @returns {Promise<{state: import('./capture/visit-reducer.js').State | undefined, tabs: import('./capture/visit-reducer.js').Tabs}>}
   */
  loadCapture() {
    return this.transact(['meta', 'tabs'], 'readonly', async (tx) => {
      const [state, tabs] = await Promise.all([
        resultOf(tx.objectStore('meta').get('capture')), resultOf(tx.objectStore('tabs').getAll()),
      ]);
      return { state, tabs: new Map(tabs.map((tab) => [tab.id, tab])) };
    });
  }

  /**
   * Writes the outcome of one event in one transaction: state, changed tabs and changed records. A visit that the rules
   * of the state forbid is held at once, so that no run of sending finds it.
   * @param {{state: {rules?: import('./capture/recording-rules.js').Rules}, putTabs: object[], dropTabs: number[], visits: Visit[], aggregates: Aggregate[]}} outcome
   */
  commitCapture({ state, putTabs, dropTabs, visits, aggregates }) {
    const stores = ['meta', 'tabs'];
    if (visits.length) stores.push(...storesOf('visits'), 'days');
    if (aggregates.length) stores.push(...storesOf('aggregates'));
    return this.transact(stores, 'readwrite', async (tx) => {
      /** @type {Promise<unknown>[]} */
      const waits = [resultOf(tx.objectStore('meta').put(state, 'capture'))];
      for (const tab of putTabs) waits.push(resultOf(tx.objectStore('tabs').put(tab)));
      for (const id of dropTabs) waits.push(resultOf(tx.objectStore('tabs').delete(id)));
      for (const aggregate of aggregates) waits.push(putOnly(recordStores(tx, 'aggregates'), 'pending', aggregate));
      waits.push(putVisits(tx, visits, state.rules ?? NO_RULES));
      await Promise.all(waits);
    });
  }

  /**
   * The totals of one owner on one local day: active ms and number of visits, and active ms by domain.
   * @param {string} owner
   * @param {number} instant  any time of that day
   * @returns {Promise<{activeMs: number, visits: number, domains: Record<string, number>}>}
   */
  async day(owner, instant) {
    const key = [owner, localDay(instant)];
    const found = await this.transact(['days'], 'readonly', (tx) => resultOf(tx.objectStore('days').get(key)));
    return { activeMs: found?.activeMs ?? 0, visits: found?.visits ?? 0, domains: found?.domains ?? {} };
  }

  // ------------------------------------------------------------------ sending

  /**
   * The oldest pending records of an owner, in the order of sending.
   * @param {Kind} kind
   * @param {string} owner
   * @param {number} limit
   * @param {{owner: string, startedAt: number, id: string}} [after]  only later records are returned
   * @returns {Promise<StoredRecord[]>}
   */
  pending(kind, owner, limit, after) {
    const range = after ? IDBKeyRange.bound(keyOf(after), [owner, []], true) : allOf(owner);
    return this.read(storeOf(kind, 'pending'), (records) => records.getAll(range, limit));
  }

  /**
   * The records of a batch that are still pending in the same version.
   * @template {{id: string, owner: string, startedAt: number, revision: number}} T
   * @param {Kind} kind
   * @param {string} owner
   * @param {T[]} records
   * @returns {Promise<T[]>}
   */
  async stillPending(kind, owner, records) {
    const found = await this.read(storeOf(kind, 'pending'), (pending) => pending.getAll(rangeOf(owner, records)));
    const revisions = new Map(found.map((/** @type {StoredRecord} */ { id, startedAt, revision }) => [`${startedAt} ${id}`, revision]));
    return records.filter(({ id, startedAt, revision }) => revisions.get(`${startedAt} ${id}`) === revision);
  }

  /**
   * Applies the server's verdict to each sent record, in one transaction. A record that changed during the upload is
   * left alone, so that it is sent again. An erased record is deleted and leaves the day totals. The result is the
   * number of settled records.
   * @param {Kind} kind
   * @param {string} owner
   * @param {import('./sync/wire.js').Verdict[]} verdicts
   * @param {number} now
   * @returns {Promise<number>}
   */
  settle(kind, owner, verdicts, now) {
    if (!verdicts.length) return Promise.resolve(0);
    const erases = verdicts.some(({ verdict }) => verdict === 'erased');
    // With `days` in each transaction, the popup's status would wait for every batch of a backlog.
    return this.transact(erases ? [...storesOf(kind), 'days'] : storesOf(kind), 'readwrite', async (tx) => {
      const { pending, parked, synced } = recordStores(tx, kind);
      /** @type {StoredRecord[]} */
      const records = await resultOf(pending.getAll(rangeOf(owner, verdicts)));
      const byId = new Map(records.map((record) => [`${record.startedAt} ${record.id}`, record]));
      let settled = 0;
      for (const { id, startedAt, revision, verdict, errors = {}, retryAt = null } of verdicts) {
        const record = byId.get(`${startedAt} ${id}`);
        if (!record || record.revision !== revision) continue;
        pending.delete(keyOf(record));
        if (verdict === 'stored') synced.put({ ...record, syncedAt: now });
        else if (verdict === 'parked') parked.put({ ...record, errors, retryAt });
        else if ('url' in record) await changeDays(tx, record, null);
        settled += 1;
      }
      return settled;
    });
  }

  /**
   * The number of pending and parked records of an owner, and of synced records of all owners.
   * @param {string} owner
   * @returns {Promise<Counts>}
   */
  counts(owner) {
    return this.transact(ALL_STORES, 'readonly', async (tx) => {
      /**
       * @param {Kind} kind
       * @param {Place} place
       * @param {IDBKeyRange} range
       */
      const count = (kind, place, range) => resultOf(tx.objectStore(storeOf(kind, place)).count(range));
      const [pendingVisits, pendingAggregates, ...rest] = await Promise.all([
        ...KINDS.map((kind) => count(kind, 'pending', allOf(owner))), ...KINDS.map((kind) => count(kind, 'parked', allOf(owner))),
        ...KINDS.map((kind) => count(kind, 'synced', allOf(owner))), ...KINDS.map((kind) => count(kind, 'held', allOf(owner))),
      ]);
      return { pending: pendingVisits + pendingAggregates, parked: rest[0] + rest[1], synced: rest[2] + rest[3], held: rest[4] + rest[5], pendingVisits };
    });
  }

  /**
   * The number of pending records of a kind and owner.
   * @param {Kind} kind
   * @param {string} owner
   */
  pendingCount(kind, owner) {
    return this.read(storeOf(kind, 'pending'), (records) => records.count(allOf(owner)));
  }

  /**
   * The first parked records of an owner, with `kind`, `errors` and `retryAt`. `limit` holds for each kind.
   * @param {string} owner
   * @param {number} [limit]
   * @returns {Promise<(StoredRecord & {kind: Kind})[]>}
   */
  async parked(owner, limit = 100) {
    /** @type {(StoredRecord & {kind: Kind})[]} */
    const found = [];
    for (const kind of KINDS) {
      /** @type {StoredRecord[]} */
      const records = await this.read(storeOf(kind, 'parked'), (parked) => parked.getAll(allOf(owner), limit));
      found.push(...records.map((record) => ({ ...record, kind })));
    }
    return found;
  }

  /**
   * Makes parked records of an owner pending again: those with a `retryAt` up to `due`, or all of them without `due`.
   * The result is their number.
   * @param {string} owner
   * @param {number} [due]
   */
  async release(owner, due) {
    let released = 0;
    for (const kind of KINDS) {
      await this.eachRecord(kind, 'parked', allOf(owner), ({ errors, retryAt, ...record }, stores) => {
        if (due !== undefined && !(typeof retryAt === 'number' && retryAt <= due)) return;
        released += 1;
        stores.parked.delete(keyOf(record));
        stores.pending.put(record);
      });
    }
    return released;
  }

  /**
   * Deletes records synced earlier than `before`, and returns their number.
   * @param {number} before
   */
  async prune(before) {
    let pruned = 0;
    for (const kind of KINDS) {
      await this.eachRecord(kind, 'synced', undefined, (record, stores) => {
        if (record.syncedAt === undefined || record.syncedAt >= before) return;
        pruned += 1;
        stores.synced.delete(keyOf(record));
      });
    }
    return pruned;
  }

  /**
   * Gives an account the records made while nobody was signed in, and returns their number. It may be called again
   * after a failure half-way.
   * @param {string} owner
   */
  async adopt(owner) {
    let adopted = 0;
    for (const kind of KINDS) {
      for (const place of PLACES) {
        await this.eachRecord(kind, place, allOf(''), async (record, stores) => {
          adopted += 1;
          stores[place].delete(keyOf(record));
          const taken = { ...record, owner };
          // A visit that went on meanwhile is stored under its new owner already, in a newer version.
          const newer = await current(stores, keyOf(taken));
          if (!newer || newer.record.revision < taken.revision) stores[place].put(taken);
        });
      }
    }
    await this.adoptDays(owner);
    return adopted;
  }

  /** @param {string} owner */
  adoptDays(owner) {
    return this.transact(['days'], 'readwrite', async (tx) => {
      const days = tx.objectStore('days');
      /** @type {Day[]} */
      const unowned = await resultOf(days.getAll(allOf('')));
      for (const day of unowned) {
        /** @type {Day} */
        const mine = (await resultOf(days.get([owner, day.day]))) ?? { owner, day: day.day, activeMs: 0, visits: 0, domains: {} };
        addDay(mine, day);
        days.put(mine);
        days.delete(['', day.day]);
      }
    });
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

  // ------------------------------------------------------------------ rules

  /**
   * Applies the person's rules to the records that are not sent yet. A visit that they forbid is held: it is not sent and
   * not in the day's totals, until they allow it again. Other records are cut to their allowed form.
   * @param {import('./capture/recording-rules.js').Rules} rules
   */
  async applyRules(rules) {
    for (const place of /** @type {Place[]} */ (['pending', 'parked', 'held'])) {
      await this.eachRecord('visits', place, undefined, async (record, stores) => {
        if (!('url' in record)) return;
        const allowed = allowedVisit(record, rules);
        if (allowed === (place === 'held' ? null : record)) return;
        stores[place].delete(keyOf(record));
        const { errors, retryAt, ...unsent } = allowed ?? record;
        (allowed ? stores.pending : stores.held).put(unsent);
        await changeDays(stores.held.transaction, place === 'held' ? null : record, allowed);
      }, ['days']);
    }
    for (const place of /** @type {Place[]} */ (['pending', 'parked'])) {
      await this.eachRecord('aggregates', place, undefined, (record, stores) => {
        if ('domains' in record) stores[place].put(allowedTotals(record, rules));
      });
    }
  }

  /**
   * The number of an owner's stored visits that the rules forbid. `forget` deletes them, and leaves the forbidden sites
   * out of the totals of tabs and days.
   * @param {string} owner
   * @param {import('./capture/recording-rules.js').Rules} rules
   * @param {{forget?: boolean}} [options]
   */
  async forbidden(owner, rules, { forget = false } = {}) {
    let found = 0;
    for (const place of PLACES) {
      await this.eachRecord('visits', place, allOf(owner), async (record, stores) => {
        if (!('url' in record) || allowedVisit(record, rules)) return;
        found += 1;
        if (!forget) return;
        stores[place].delete(keyOf(record));
        if (place !== 'held') await changeDays(stores[place].transaction, record, null);
      }, ['days']);
      if (forget) {
        await this.eachRecord('aggregates', place, allOf(owner), (record, stores) => {
          if ('domains' in record) stores[place].put(allowedTotals(record, rules));
        });
      }
    }
    return found;
  }

  // ------------------------------------------------------------------ erasures

  /**
   * The sites and the visit ids of an owner's records.
   * @param {string} owner
   */
  async sitesAndIds(owner) {
    /** @type {Set<string>} */
    const sites = new Set();
    /** @type {Set<string>} */
    const ids = new Set();
    for await (const slice of this.slices('visits', owner)) {
      for (const record of slice) {
        if ('url' in record) sites.add(record.domain);
        ids.add(record.id);
      }
    }
    for await (const slice of this.slices('aggregates', owner)) {
      for (const record of slice) {
        if (!('domains' in record)) continue;
        for (const site of Object.keys(record.domains)) sites.add(site);
        if (record.currentDomain !== null) sites.add(record.currentDomain);
      }
    }
    return { sites, ids };
  }

  /**
   * The numbers of an owner's records that the rules erase: all visits, those of them that the server does not have, and
   * tabs whose totals are erased or lose something.
   * @param {string} owner
   * @param {import('./capture/erasure-rules.js').Erasure[]} erasures
   */
  async countErased(owner, erasures) {
    const counts = { visits: 0, unsent: 0, tabs: 0 };
    for (const place of PLACES) {
      for await (const slice of this.slicesOf('visits', place, owner)) {
        const found = slice.filter((record) => 'url' in record && erasesVisit(erasures, record)).length;
        counts.visits += found;
        if (place !== 'synced') counts.unsent += found;
      }
      for await (const slice of this.slicesOf('aggregates', place, owner)) {
        counts.tabs += slice.filter((record) => 'domains' in record && totalsAfter(erasures, record) !== record).length;
      }
    }
    return counts;
  }

  /**
   * Deletes an owner's records that the rules erase, wherever they lie, and takes erased sites out of tabs' totals. The
   * result is the number of deleted visits.
   * @param {string} owner
   * @param {import('./capture/erasure-rules.js').Erasure[]} erasures
   */
  async applyErasures(owner, erasures) {
    let erased = 0;
    for (const place of PLACES) {
      await this.eachRecord('visits', place, allOf(owner), async (record, stores) => {
        if (!('url' in record) || !erasesVisit(erasures, record)) return;
        erased += 1;
        stores[place].delete(keyOf(record));
        if (place !== 'held') await changeDays(stores[place].transaction, record, null);
      }, ['days']);
      await this.eachRecord('aggregates', place, allOf(owner), (record, stores) => {
        if (!('domains' in record)) return;
        const left = totalsAfter(erasures, record);
        if (left === null) stores[place].delete(keyOf(record));
        else if (left !== record) stores[place].put(left);
      });
    }
    return erased;
  }

  /**
   * Makes all synced records of an owner pending again, and returns their number.
   * @param {string} owner
   */
  async sendAgain(owner) {
    let marked = 0;
    for (const kind of KINDS) {
      await this.eachRecord(kind, 'synced', allOf(owner), ({ syncedAt, ...record }, stores) => {
        marked += 1;
        stores.synced.delete(keyOf(/** @type {StoredRecord} */ (record)));
        stores.pending.put(record);
      });
    }
    return marked;
  }

  /**
   * The number of synced records of an owner, by kind, without an owner those of all.
   * @param {string} [owner]
   */
  async syncedCounts(owner) {
    const range = owner === undefined ? undefined : allOf(owner);
    const [visits, aggregates] = await Promise.all(KINDS.map((kind) => this.read(storeOf(kind, 'synced'), (synced) => synced.count(range))));
    return { visits, aggregates };
  }

  // ------------------------------------------------------------------ export and erasing

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
            range = IDBKeyRange.bound(keyOf(slice[slice.length - 1]), range.upper, true);
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
        await putOnly(stores, isAsSent ? place : allowed ? 'pending' : 'held', allowed ?? record);
        await changeDays(tx, known && known.place !== 'held' && 'url' in known.record ? known.record : null, allowed);
      }
      return restored;
    });
  }

  /**
   * The URLs of an owner's visits since an instant, each with its site.
   * @param {string} owner
   * @param {number} since  ms since the epoch
   * @returns {Promise<Map<string, string>>}
   */
  async urlsSince(owner, since) {
    const urls = new Map();
    for await (const slice of this.slices('visits')) {
      for (const record of slice) if ('url' in record && record.owner === owner && record.startedAt >= since) urls.set(record.url, record.domain);
    }
    return urls;
  }

  /**
   * The number of stored records of an owner, by kind, without an owner those of all.
   * @param {string} [owner]
   */
  total(owner) {
    const range = owner === undefined ? undefined : allOf(owner);
    return this.transact(ALL_STORES, 'readonly', async (tx) => {
      const [visits, aggregates] = await Promise.all(KINDS.map(async (kind) => {
        const counts = await Promise.all(storesOf(kind).map((name) => resultOf(tx.objectStore(name).count(range))));
        return counts.reduce((a, b) => a + b);
      }));
      return { visits, aggregates };
    });
  }

  /**
   * Deletes the records and day totals of an owner. Other owners' records, settings, account and the reducer's state
   * stay.
   * @param {string} owner
   */
  erase(owner) {
    return this.transact([...ALL_STORES, 'days'], 'readwrite', async (tx) => {
      await Promise.all([...ALL_STORES, 'days'].map((name) => resultOf(tx.objectStore(name).delete(allOf(owner)))));
    }, { durability: 'strict' });
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
}
