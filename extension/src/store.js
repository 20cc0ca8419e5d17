/**
 * The extension's storage. No module but this and its parts (`store-….js`) knows IndexedDB. Scripts of web pages and
 * content scripts cannot reach an extension's own IndexedDB, so the account's tokens are stored here too.
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
 * @typedef {{owner: string, day: number, activeMs: number, visits: number, domains: Record<string, number>, hours?: Record<string, number>}} Day
 *   `hours`: active ms by the hour of the clock, 0 to 23. Refused and held visits are in no totals of a day
 * @typedef {{pending: number, parked: number, synced: number, held: number, pendingVisits: number}} Counts
 * @typedef {Record<Place, IDBObjectStore>} RecordStores
 */
import { localDay } from './capture/local-days.js';
import { NO_RULES } from './capture/recording-rules.js';
import { allOf } from './store-connection.js';
import { ErasingStore } from './store-erasing.js';
import {
  ALL_STORES, KINDS, PLACES, addDay, changeDays, current, emptyDay, keyOf, lastRecords, putOnly, putVisits, recordStores, resultOf,
  storeOf, storesOf,
} from './store-records.js';

const VERSION = 2;

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

export class Store extends ErasingStore {
  /**
   * The last committed state and tabs of the reducer. The state is undefined before the first event.
   * @returns {Promise<{state: import('./capture/recording-state.js').State | undefined, tabs: import('./capture/recording-state.js').Tabs}>}
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
    const found = await this.storedDay(owner, instant);
    return { activeMs: found?.activeMs ?? 0, visits: found?.visits ?? 0, domains: found?.domains ?? {} };
  }

  /**
   * The active ms of one owner in each of the 24 hours of one local day.
   * @param {string} owner
   * @param {number} instant  any time of that day
   */
  async hoursOfDay(owner, instant) {
    const hours = (await this.storedDay(owner, instant))?.hours ?? {};
    return Array.from({ length: 24 }, (_, hour) => hours[hour] ?? 0);
  }

  /**
   * @param {string} owner
   * @param {number} instant
   * @returns {Promise<Day | undefined>}
   */
  storedDay(owner, instant) {
    return this.read('days', (days) => days.get([owner, localDay(instant)]));
  }

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
   * left alone, so that it is sent again. An erased record is deleted. It leaves the totals of the days, as a refused one
   * does. The result is the number of settled records.
   * @param {Kind} kind
   * @param {string} owner
   * @param {import('./sync/wire.js').Verdict[]} verdicts
   * @param {number} now
   * @returns {Promise<number>}
   */
  settle(kind, owner, verdicts, now) {
    if (!verdicts.length) return Promise.resolve(0);
    const leavesDays = verdicts.some(({ verdict }) => verdict !== 'stored');
    // With `days` in each transaction, the popup's status would wait for every batch of a backlog.
    return this.transact(leavesDays ? [...storesOf(kind), 'days'] : storesOf(kind), 'readwrite', async (tx) => {
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
        if (verdict !== 'stored' && 'url' in record) await changeDays(tx, record, null);
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
      await this.eachRecord(kind, 'parked', allOf(owner), async ({ errors, retryAt, ...record }, stores) => {
        if (due !== undefined && !(typeof retryAt === 'number' && retryAt <= due)) return;
        released += 1;
        stores.parked.delete(keyOf(record));
        stores.pending.put(record);
        if ('url' in record) await changeDays(stores.pending.transaction, null, /** @type {Visit} */ (record));
      }, ['days']);
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
        const mine = (await resultOf(days.get([owner, day.day]))) ?? emptyDay(owner, day.day);
        addDay(mine, day);
        days.put(mine);
        days.delete(['', day.day]);
      }
    });
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
   * The number of synced records of an owner, by kind.
   * @param {string} owner
   */
  async syncedCounts(owner) {
    const [visits, aggregates] = await Promise.all(KINDS.map((kind) => this.read(storeOf(kind, 'synced'), (synced) => synced.count(allOf(owner)))));
    return { visits, aggregates };
  }

  /**
   * The latest stored visits of an owner, newest first.
   * @param {string} owner
   * @param {number} limit
   * @returns {Promise<Visit[]>}
   */
  async latestVisits(owner, limit) {
    const found = await this.transact(storesOf('visits'), 'readonly', (tx) =>
      Promise.all(storesOf('visits').map((name) => lastRecords(tx.objectStore(name), allOf(owner), limit))));
    const visits = /** @type {Visit[]} */ (found.flat());
    return visits.sort((a, b) => b.startedAt - a.startedAt).slice(0, limit);
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
}
