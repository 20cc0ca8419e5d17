/**
 * What the extension keeps, and the one module that knows IndexedDB. Pages' scripts and content scripts cannot reach an
 * extension's own IndexedDB, so the tokens lie here too.
 *
 * A record is stored as its reducer made it, with where it stands for sending: `pendingOf` (its owner) while it waits,
 * `parkedOf` with `errors` and `retryAt` once refused, `syncedAt` once the server has it. The indexes hold a record
 * only in the one place where it is, so a backlog is found without looking at what is done.
 */
const VERSION = 1;
const EACH_TIME = 1000;
/** @typedef {'visits' | 'aggregates'} Kind */
export const KINDS = /** @type {Kind[]} */ (['visits', 'aggregates']);

/**
 * Opens the store, making it where there is none.
 * @param {{indexedDB?: IDBFactory, name?: string}} [from]
 */
export async function openStore({ indexedDB = globalThis.indexedDB, name = 'record' } = {}) {
  const opening = indexedDB.open(name, VERSION);
  opening.onupgradeneeded = () => build(opening.result);
  const db = await answer(opening);
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
    const records = db.createObjectStore(kind, { keyPath: 'id' });
    records.createIndex('pending', ['pendingOf', 'startedAt', 'id']);
    records.createIndex('parked', ['parkedOf', 'startedAt', 'id']);
    records.createIndex('synced', 'syncedAt');
  }
}

/** Everything of one owner in an index that begins with the owner. */
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
    return this.transact(['meta'], 'readonly', (tx) => answer(tx.objectStore('meta').get(name)));
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
      const value = change(await answer(meta.get(name)));
      if (value === undefined) await answer(meta.delete(name));
      else await answer(meta.put(value, name));
      return value;
    }, { durability: 'strict' });
  }

  // ------------------------------------------------------------------ capture

  /** The reducer's state and tabs as last committed; state is undefined before the first event. */
  loadCapture() {
    return this.transact(['meta', 'tabs'], 'readonly', async (tx) => {
      const [state, tabs] = await Promise.all([
        answer(tx.objectStore('meta').get('capture')), answer(tx.objectStore('tabs').getAll()),
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
    if (visits.length) stores.push('visits', 'days');
    if (aggregates.length) stores.push('aggregates');
    return this.transact(stores, 'readwrite', async (tx) => {
      const waits = [answer(tx.objectStore('meta').put(state, 'capture'))];
      for (const tab of putTabs) waits.push(answer(tx.objectStore('tabs').put(tab)));
      for (const id of dropTabs) waits.push(answer(tx.objectStore('tabs').delete(id)));
      for (const aggregate of aggregates) {
        waits.push(answer(tx.objectStore('aggregates').put({ ...aggregate, pendingOf: aggregate.owner })));
      }
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
    const found = await this.transact(['days'], 'readonly', (tx) => answer(tx.objectStore('days').get(key)));
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
    const range = after
      ? IDBKeyRange.bound([owner, after.startedAt, after.id], [owner, []], true)
      : allOf(owner);
    return this.transact([kind], 'readonly', (tx) => answer(tx.objectStore(kind).index('pending').getAll(range, limit)));
  }

  /**
   * Gives each sent record its fate, in one transaction. A record that has changed or gone since is left alone, so
   * that what changed during the upload is sent again.
   * @param {Kind} kind
   * @param {string} owner
   * @param {{id: string, startedAt: number, revision: number, fate: 'stored' | 'parked', errors?: object, retryAt?: number | null}[]} fates
   * @param {number} now
   */
  settle(kind, owner, fates, now) {
    if (!fates.length) return Promise.resolve(0);
    return this.transact([kind], 'readwrite', async (tx) => {
      const records = tx.objectStore(kind);
      // A batch is a stretch of the index: one request for all of it costs a fraction of one a record.
      const starts = fates.map(({ startedAt }) => startedAt);
      const [first, last] = [starts.reduce((a, b) => Math.min(a, b)), starts.reduce((a, b) => Math.max(a, b))];
      const stretch = IDBKeyRange.bound([owner, first], [owner, last, []]);
      const current = new Map((await answer(records.index('pending').getAll(stretch))).map((record) => [record.id, record]));
      let settled = 0;
      fates.forEach((fate) => {
        const record = current.get(fate.id);
        if (!record || record.revision !== fate.revision) return;
        const bare = unplaced(record);
        records.put(fate.fate === 'stored'
          ? { ...bare, syncedAt: now }
          : { ...bare, parkedOf: owner, errors: fate.errors ?? {}, retryAt: fate.retryAt ?? null });
        settled += 1;
      });
      return settled;
    });
  }

  /** How many records of an owner wait, and how many are parked, by kind. */
  counts(owner) {
    return this.transact(KINDS, 'readonly', async (tx) => {
      const result = { pending: 0, parked: 0, synced: 0, pendingVisits: 0 };
      await Promise.all(KINDS.map(async (kind) => {
        const records = tx.objectStore(kind);
        const [pending, parked, synced] = await Promise.all([
          answer(records.index('pending').count(allOf(owner))), answer(records.index('parked').count(allOf(owner))),
          answer(records.index('synced').count()),
        ]);
        result.pending += pending;
        result.parked += parked;
        result.synced += synced;
        if (kind === 'visits') result.pendingVisits = pending;
      }));
      return result;
    });
  }

  /** How many records of a kind wait for an owner. */
  pendingCount(kind, owner) {
    return this.transact([kind], 'readonly', (tx) => answer(tx.objectStore(kind).index('pending').count(allOf(owner))));
  }

  /** Whether an owner has anything to send. */
  async hasPending(owner) {
    for (const kind of KINDS) if ((await this.pending(kind, owner, 1)).length) return true;
    return false;
  }

  /** The first parked records of an owner, with `kind`, `errors` and `retryAt`. */
  async parked(owner, limit = 100) {
    const found = [];
    for (const kind of KINDS) {
      const records = await this.transact([kind], 'readonly', (tx) =>
        answer(tx.objectStore(kind).index('parked').getAll(allOf(owner), limit)));
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
      await this.eachRecord(kind, 'parked', allOf(owner), (record) => {
        if (due !== undefined && !(record.retryAt !== null && record.retryAt <= due)) return undefined;
        released += 1;
        return { ...unplaced(record), pendingOf: owner };
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
      await this.eachRecord(kind, 'synced', IDBKeyRange.upperBound(before, true), () => {
        pruned += 1;
        return null;
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
    for (const [kind, index, place] of KINDS.flatMap((kind) => [[kind, 'pending', 'pendingOf'], [kind, 'parked', 'parkedOf']])) {
      await this.eachRecord(kind, index, allOf(''), async (record, records) => {
        adopted += 1;
        const taken = { ...record, owner, [place]: owner };
        if (kind === 'visits') return taken;
        // An aggregate's key names its owner; one that went on meanwhile is already there, and newer.
        taken.id = record.id.replace(/^[^ ]*/, owner);
        const newer = await answer(records.get(taken.id));
        if (!newer || newer.revision < taken.revision) records.put(taken);
        return null;
      });
    }
    await this.transact(['days'], 'readwrite', async (tx) => {
      const days = tx.objectStore('days');
      for (const day of await answer(days.getAll(allOf('')))) {
        const mine = (await answer(days.get([owner, day.day]))) ?? { owner, day: day.day, activeMs: 0, visits: 0, domains: {} };
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
   * Walks an index in bounded transactions, so that nobody waits long for the store: `change` answers a record to put,
   * null to delete, undefined to leave.
   * @param {Kind} kind
   * @param {string} index
   * @param {IDBKeyRange} range
   * @param {(record: any, records: IDBObjectStore) => any} change
   */
  async eachRecord(kind, index, range, change) {
    let after = null;
    for (;;) {
      const found = await this.transact([kind], 'readwrite', async (tx) => {
        const records = tx.objectStore(kind);
        const within = after === null ? range : IDBKeyRange.bound(after, range.upper, true, range.upperOpen);
        const batch = await answer(records.index(index).getAll(within, EACH_TIME));
        const path = records.index(index).keyPath;
        for (const record of batch) {
          const changed = await change(record, records);
          if (changed === null) records.delete(record.id);
          else if (changed !== undefined) records.put(changed);
        }
        // Many records share an instant of syncing; those walks delete what they see and start over instead.
        return { count: batch.length, last: Array.isArray(path) && batch.length ? path.map((name) => batch.at(-1)[name]) : null };
      });
      if (found.count < EACH_TIME) return;
      after = found.last;
    }
  }

  // ------------------------------------------------------------------ the person's own copy

  /**
   * All records of a kind, in slices, so that an export never holds more than one.
   * @param {Kind} kind
   */
  async *slices(kind) {
    let after = null;
    for (;;) {
      const range = after === null ? undefined : IDBKeyRange.lowerBound(after, true);
      const slice = await this.transact([kind], 'readonly', (tx) => answer(tx.objectStore(kind).getAll(range, EACH_TIME)));
      if (slice.length) yield slice;
      if (slice.length < EACH_TIME) return;
      after = slice.at(-1).id;
    }
  }

  /** How many records lie here, of everybody. */
  total() {
    return this.transact(KINDS, 'readonly', async (tx) => {
      const [visits, aggregates] = await Promise.all(KINDS.map((kind) => answer(tx.objectStore(kind).count())));
      return { visits, aggregates };
    });
  }

  /** Deletes every record and the day totals; settings, account and capture state stay. */
  erase() {
    return this.transact([...KINDS, 'days'], 'readwrite', async (tx) => {
      await Promise.all([...KINDS, 'days'].map((name) => answer(tx.objectStore(name).clear())));
    }, { durability: 'strict' });
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

/** One after the other, since two visits may add to one day. */
async function putVisits(tx, visits) {
  for (const visit of visits) {
    const records = tx.objectStore('visits');
    const old = await answer(records.get(visit.id));
    await answer(records.put({ ...visit, pendingOf: visit.owner }));
    await addToDay(tx, visit, visit.activeMs - (old?.activeMs ?? 0), old ? 0 : 1);
  }
}

async function addToDay(tx, visit, activeMs, visits) {
  if (!activeMs && !visits) return;
  const days = tx.objectStore('days');
  const day = localDay(visit.startedAt);
  const found = (await answer(days.get([visit.owner, day]))) ?? { owner: visit.owner, day, activeMs: 0, visits: 0, domains: {} };
  found.activeMs += activeMs;
  found.visits += visits;
  found.domains[visit.domain] = (found.domains[visit.domain] ?? 0) + activeMs;
  await answer(days.put(found));
}

/** A record without its place among pending, parked and synced. */
function unplaced({ pendingOf, parkedOf, syncedAt, errors, retryAt, ...record }) {
  return record;
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
