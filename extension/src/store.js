/**
 * What the extension keeps, and the one module that knows IndexedDB. Pages' scripts and content scripts cannot reach an
 * extension's own IndexedDB, so the tokens lie here too.
 *
 * A record lies in one of three object stores by how it stands for sending: pending, parked (then with `errors` and
 * `retryAt`) or synced (then with `syncedAt`), each in the order of owner and age, so that a backlog is found without
 * looking at what is done. Moving a record is cheaper than an index over all of them: Chromium leaves stale entries in
 * an index and looks each one up again, which made counting after a large backlog take seconds.
 */
const VERSION = 1;
const EACH_TIME = 1000;
/** @typedef {'visits' | 'aggregates'} Kind */
export const KINDS = /** @type {Kind[]} */ (['visits', 'aggregates']);
const PLACES = ['pending', 'parked', 'synced'];
const storeOf = (kind, place) => `${kind} ${place}`;
const storesOf = (kind) => PLACES.map((place) => storeOf(kind, place));
const ALL_STORES = KINDS.flatMap(storesOf);

/**
 * Opens the store, making it where there is none.
 * @param {{indexedDB?: IDBFactory, name?: string}} [from]
 */
export async function openStore({ indexedDB = globalThis.indexedDB, name = 'record' } = {}) {
  const opening = indexedDB.open(name, VERSION);
  opening.onupgradeneeded = () => build(opening.result);
  const db = await resultOf(opening);
  // Another context with newer code waits for this connection to go.
  db.onversionchange = () => db.close();
  return new Store(db);
}

/** @param {IDBDatabase} db */
function build(db) {
  db.createObjectStore('meta');
  db.createObjectStore('tabs', { keyPath: 'id' });
  db.createObjectStore('days', { keyPath: ['owner', 'day'] });
  for (const kind of KINDS) {
    for (const name of storesOf(kind)) db.createObjectStore(name, { keyPath: ['owner', 'startedAt', 'id'] });
  }
}

const keyOf = ({ owner, startedAt, id }) => [owner, startedAt, id];
/** All keys of one owner. */
const allOf = (owner) => IDBKeyRange.bound([owner], [owner, []]);

export class Store {
  /** @param {IDBDatabase} db */
  constructor(db) {
    this.db = db;
  }

  close() {
    this.db.close();
  }

  /**
   * Runs `work` in one transaction and answers what it returns once the transaction is complete; when `work` or any
   * request fails, nothing of it remains.
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

  // ------------------------------------------------------------------ settings and the like

  /** The stored value of a name, or undefined. */
  get(name) {
    return this.transact(['meta'], 'readonly', (tx) => resultOf(tx.objectStore('meta').get(name)));
  }

  /** Stores a value under a name; it is on the disk when this returns. */
  set(name, value) {
    return this.change(name, () => value);
  }

  /**
   * Replaces a stored value by what `change` makes of it, in one transaction, and answers the new value.
   * @param {string} name
   * @param {(old: any) => any} change
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

  /** The reducer's state and tabs as last committed; state is undefined before the first event. */
  loadCapture() {
    return this.transact(['meta', 'tabs'], 'readonly', async (tx) => {
      const [state, tabs] = await Promise.all([
        resultOf(tx.objectStore('meta').get('capture')), resultOf(tx.objectStore('tabs').getAll()),
      ]);
      return { state, tabs: new Map(tabs.map((tab) => [tab.id, tab])) };
    });
  }

  /**
   * Writes one event's outcome: state, the tabs that changed and the records it yielded, all or nothing.
   * @param {{state: object, putTabs: object[], dropTabs: number[], visits: any[], aggregates: any[]}} outcome
   */
  commitCapture({ state, putTabs, dropTabs, visits, aggregates }) {
    const stores = ['meta', 'tabs'];
    if (visits.length) stores.push(...storesOf('visits'), 'days');
    if (aggregates.length) stores.push(...storesOf('aggregates'));
    return this.transact(stores, 'readwrite', async (tx) => {
      const waits = [resultOf(tx.objectStore('meta').put(state, 'capture'))];
      for (const tab of putTabs) waits.push(resultOf(tx.objectStore('tabs').put(tab)));
      for (const id of dropTabs) waits.push(resultOf(tx.objectStore('tabs').delete(id)));
      for (const aggregate of aggregates) waits.push(putPending(tx, 'aggregates', aggregate));
      waits.push(putVisits(tx, visits));
      await Promise.all(waits);
    });
  }

  /**
   * What one owner did on one local day: active ms and number of visits, in all and by domain.
   * @param {string} owner
   * @param {number} instant  any time of that day
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
   * @param {any} [after]  a record; only later ones are answered
   */
  pending(kind, owner, limit, after) {
    const range = after ? IDBKeyRange.bound(keyOf(after), [owner, []], true) : allOf(owner);
    return this.read(storeOf(kind, 'pending'), (records) => records.getAll(range, limit));
  }

  /**
   * Gives each sent record its fate, in one transaction. A record that has changed or gone since is left alone, so
   * that what changed during the upload is sent again.
   * @param {Kind} kind
   * @param {string} owner
   * @param {{id: string, startedAt: number, revision: number, verdict: 'stored' | 'parked', errors?: object, retryAt?: number | null}[]} verdicts
   * @param {number} now
   */
  settle(kind, owner, verdicts, now) {
    if (!verdicts.length) return Promise.resolve(0);
    return this.transact(storesOf(kind), 'readwrite', async (tx) => {
      const [pending, parked, synced] = storesOf(kind).map((name) => tx.objectStore(name));
      // A batch is a stretch of what is pending: one request for all of it costs a fraction of one a record.
      const starts = verdicts.map(({ startedAt }) => startedAt);
      const [first, last] = [starts.reduce((a, b) => Math.min(a, b)), starts.reduce((a, b) => Math.max(a, b))];
      const stretch = IDBKeyRange.bound([owner, first], [owner, last, []]);
      const current = new Map((await resultOf(pending.getAll(stretch))).map((record) => [record.id, record]));
      let settled = 0;
      for (const { id, revision, verdict, errors = {}, retryAt = null } of verdicts) {
        const record = current.get(id);
        if (record?.revision !== revision) continue;
        pending.delete(keyOf(record));
        if (verdict === 'stored') synced.put({ ...record, syncedAt: now });
        else parked.put({ ...record, errors, retryAt });
        settled += 1;
      }
      return settled;
    });
  }

  /** How many records of an owner wait and are parked, and how many of anybody are synced and still here. */
  counts(owner) {
    return this.transact(ALL_STORES, 'readonly', async (tx) => {
      const count = (kind, place, range) => resultOf(tx.objectStore(storeOf(kind, place)).count(range));
      const [pendingVisits, pendingAggregates, ...rest] = await Promise.all([
        ...KINDS.map((kind) => count(kind, 'pending', allOf(owner))), ...KINDS.map((kind) => count(kind, 'parked', allOf(owner))),
        ...KINDS.map((kind) => count(kind, 'synced')),
      ]);
      return { pending: pendingVisits + pendingAggregates, parked: rest[0] + rest[1], synced: rest[2] + rest[3], pendingVisits };
    });
  }

  /** How many records of a kind wait for an owner. */
  pendingCount(kind, owner) {
    return this.read(storeOf(kind, 'pending'), (records) => records.count(allOf(owner)));
  }

  /** The first parked records of an owner, with `kind`, `errors` and `retryAt`. */
  async parked(owner, limit = 100) {
    const found = [];
    for (const kind of KINDS) {
      const records = await this.read(storeOf(kind, 'parked'), (parked) => parked.getAll(allOf(owner), limit));
      found.push(...records.map((record) => ({ ...record, kind })));
    }
    return found;
  }

  /**
   * Makes parked records pending again: all of an owner, or those whose time to try again has come by `due`.
   * @param {string} owner
   * @param {number} [due]
   */
  async release(owner, due) {
    let released = 0;
    for (const kind of KINDS) {
      await this.eachRecord(kind, 'parked', allOf(owner), ({ errors, retryAt, ...record }, stores) => {
        if (due !== undefined && !(retryAt !== null && retryAt <= due)) return;
        released += 1;
        stores.parked.delete(keyOf(record));
        stores.pending.put(record);
      });
    }
    return released;
  }

  /**
   * Deletes what the server has had since before `before`; nothing that waits or is parked.
   * @param {number} before
   */
  async prune(before) {
    let pruned = 0;
    for (const kind of KINDS) {
      await this.eachRecord(kind, 'synced', undefined, (record, stores) => {
        if (record.syncedAt >= before) return;
        pruned += 1;
        stores.synced.delete(keyOf(record));
      });
    }
    return pruned;
  }

  /**
   * Gives an account what was recorded while nobody was signed in. May be called again after a failure half-way.
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
          // What went on meanwhile is there under its new owner already, and newer.
          const newer = await current(stores, keyOf(taken));
          if (!newer || newer.revision < taken.revision) stores[place].put(taken);
        });
      }
    }
    await this.transact(['days'], 'readwrite', async (tx) => {
      const days = tx.objectStore('days');
      for (const day of await resultOf(days.getAll(allOf('')))) {
        const mine = (await resultOf(days.get([owner, day.day]))) ?? { owner, day: day.day, activeMs: 0, visits: 0, domains: {} };
        mine.activeMs += day.activeMs;
        mine.visits += day.visits;
        for (const [domain, ms] of Object.entries(day.domains)) mine.domains[domain] = (mine.domains[domain] ?? 0) + ms;
        days.put(mine);
        days.delete(['', day.day]);
      }
    });
    return adopted;
  }

  /**
   * Walks one place in bounded transactions, so that nobody waits long for the store; `change` gets a record and the
   * three object stores of its kind by place.
   * @param {Kind} kind
   * @param {string} place
   * @param {IDBKeyRange | undefined} range
   * @param {(record: any, stores: Record<string, IDBObjectStore>) => any} change
   */
  async eachRecord(kind, place, range, change) {
    let after = null;
    for (;;) {
      const batch = await this.transact(storesOf(kind), 'readwrite', async (tx) => {
        const stores = Object.fromEntries(PLACES.map((one) => [one, tx.objectStore(storeOf(kind, one))]));
        const within = after === null ? range
          : range ? IDBKeyRange.bound(after, range.upper, true, range.upperOpen) : IDBKeyRange.lowerBound(after, true);
        const found = await resultOf(stores[place].getAll(within, EACH_TIME));
        for (const record of found) await change(record, stores);
        return found;
      });
      if (batch.length < EACH_TIME) return;
      after = keyOf(batch.at(-1));
    }
  }

  // ------------------------------------------------------------------ the person's own copy

  /**
   * All records of a kind, in slices, so that an export never holds more than one.
   * @param {Kind} kind
   */
  async *slices(kind) {
    for (const name of storesOf(kind)) {
      let after = null;
      for (;;) {
        const range = after === null ? undefined : IDBKeyRange.lowerBound(after, true);
        const slice = await this.read(name, (records) => records.getAll(range, EACH_TIME));
        if (slice.length) yield slice;
        if (slice.length < EACH_TIME) break;
        after = keyOf(slice.at(-1));
      }
    }
  }

  /** How many records lie here, of everybody. */
  total() {
    return this.transact(ALL_STORES, 'readonly', async (tx) => {
      const [visits, aggregates] = await Promise.all(KINDS.map(async (kind) => {
        const counts = await Promise.all(storesOf(kind).map((name) => resultOf(tx.objectStore(name).count())));
        return counts.reduce((a, b) => a + b);
      }));
      return { visits, aggregates };
    });
  }

  /** Deletes every record and the day totals; settings, account and capture state stay. */
  erase() {
    return this.transact([...ALL_STORES, 'days'], 'readwrite', async (tx) => {
      await Promise.all([...ALL_STORES, 'days'].map((name) => resultOf(tx.objectStore(name).clear())));
    }, { durability: 'strict' });
  }

  /** The answer to one request to one object store. */
  read(name, request) {
    return this.transact([name], 'readonly', (tx) => resultOf(request(tx.objectStore(name))));
  }
}

/**
 * The number of the local day of an instant, as yyyymmdd.
 * @param {number} instant
 */
export function localDay(instant) {
  const date = new Date(instant);
  return date.getFullYear() * 10000 + (date.getMonth() + 1) * 100 + date.getDate();
}

/** Makes a record pending, wherever it was. */
async function putPending(tx, kind, record) {
  const [pending, parked, synced] = storesOf(kind).map((name) => tx.objectStore(name));
  await Promise.all([
    resultOf(pending.put(record)), resultOf(parked.delete(keyOf(record))), resultOf(synced.delete(keyOf(record))),
  ]);
}

/** One after the other, since two visits may add to one day. */
async function putVisits(tx, visits) {
  for (const visit of visits) {
    const stores = Object.fromEntries(PLACES.map((place) => [place, tx.objectStore(storeOf('visits', place))]));
    // One that is being adopted may still lie, and count, under nobody.
    const old = (await current(stores, keyOf(visit))) ?? (await current(stores, keyOf({ ...visit, owner: '' })));
    await putPending(tx, 'visits', visit);
    await addToDay(tx, visit, visit.activeMs - (old?.activeMs ?? 0), old ? 0 : 1);
  }
}

/** The record under a key, wherever it is, or undefined. */
async function current(stores, key) {
  const found = await Promise.all(PLACES.map((place) => resultOf(stores[place].get(key))));
  return found.find((record) => record !== undefined);
}

async function addToDay(tx, visit, activeMs, visits) {
  if (!activeMs && !visits) return;
  const days = tx.objectStore('days');
  const day = localDay(visit.startedAt);
  const found = (await resultOf(days.get([visit.owner, day]))) ?? { owner: visit.owner, day, activeMs: 0, visits: 0, domains: {} };
  found.activeMs += activeMs;
  found.visits += visits;
  found.domains[visit.domain] = (found.domains[visit.domain] ?? 0) + activeMs;
  await resultOf(days.put(found));
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
