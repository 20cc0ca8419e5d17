/**
 * The object stores of records, and the work on records within one transaction.
 *
 * @typedef {import('./store.js').Kind} Kind
 * @typedef {import('./store.js').Place} Place
 * @typedef {import('./store.js').Visit} Visit
 * @typedef {import('./store.js').Aggregate} Aggregate
 * @typedef {import('./store.js').StoredRecord} StoredRecord
 * @typedef {import('./store.js').Day} Day
 * @typedef {import('./store.js').RecordStores} RecordStores
 */
import { hourParts } from './capture/local-days.js';
import { allowedVisit } from './capture/recording-rules.js';

export const KINDS = /** @type {Kind[]} */ (['visits', 'aggregates']);
export const PLACES = /** @type {Place[]} */ (['pending', 'parked', 'synced', 'held']);
export const storeOf = (/** @type {Kind} */ kind, /** @type {Place} */ place) => `${kind} ${place}`;
export const storesOf = (/** @type {Kind} */ kind) => PLACES.map((place) => storeOf(kind, place));
export const ALL_STORES = KINDS.flatMap(storesOf);

export const keyOf = (/** @type {{owner: string, startedAt: number, id: string}} */ { owner, startedAt, id }) => [owner, startedAt, id];

/**
 * True when the visits of a place are in the totals of the days. The server has no refused visit, and its totals would
 * differ from those here.
 * @param {Place} place
 */
export const isCounted = (place) => place === 'pending' || place === 'synced';

/**
 * @param {string} owner
 * @param {number} day
 * @returns {Day}
 */
export const emptyDay = (owner, day) => ({ owner, day, activeMs: 0, visits: 0, domains: {}, hours: {} });

/**
 * @param {IDBTransaction} tx
 * @param {Kind} kind
 */
export function recordStores(tx, kind) {
  return /** @type {RecordStores} */ (Object.fromEntries(PLACES.map((place) => [place, tx.objectStore(storeOf(kind, place))])));
}

/**
 * Stores a record in one place and removes it from the others.
 * @param {RecordStores} stores
 * @param {Place} place
 * @param {Visit | Aggregate} record
 */
export async function putOnly(stores, place, record) {
  const others = PLACES.filter((one) => one !== place);
  await Promise.all([resultOf(stores[place].put(record)), ...others.map((one) => resultOf(stores[one].delete(keyOf(record))))]);
}

/**
 * Stores visits one after the other, because two visits may add to the same day.
 * @param {IDBTransaction} tx
 * @param {Visit[]} visits
 * @param {import('./capture/recording-rules.js').Rules} rules
 */
export async function putVisits(tx, visits, rules) {
  for (const visit of visits) {
    const stores = recordStores(tx, 'visits');
    // Until its adoption is complete, the visit is stored and counted without an owner.
    const old = (await current(stores, keyOf(visit))) ?? (await current(stores, keyOf({ ...visit, owner: '' })));
    const allowed = allowedVisit(visit, rules);
    await putOnly(stores, allowed ? 'pending' : 'held', allowed ?? visit);
    await changeDays(tx, old && isCounted(old.place) ? /** @type {Visit} */ (old.record) : null, allowed);
  }
}

/**
 * The record under a key in any place, or undefined.
 * @param {RecordStores} stores
 * @param {IDBValidKey} key
 * @returns {Promise<{place: Place, record: StoredRecord} | undefined>}
 */
export async function current(stores, key) {
  const found = await Promise.all(PLACES.map(async (place) => ({ place, record: await resultOf(stores[place].get(key)) })));
  return found.find(({ record }) => record !== undefined);
}

/**
 * Takes one visit out of the days' totals and adds another.
 * @param {IDBTransaction} tx
 * @param {Visit | null} removed
 * @param {Visit | null} added
 */
export async function changeDays(tx, removed, added) {
  /** @type {Map<string, Day>} */
  const changes = new Map();
  for (const [visit, sign] of /** @type {const} */ ([[removed, -1], [added, 1]])) {
    for (const { day, hour, activeMs, visits } of visit ? hourParts(visit) : []) {
      const { owner, domain } = /** @type {Visit} */ (visit);
      const change = changes.get(`${day} ${owner}`) ?? emptyDay(owner, day);
      const ms = sign * activeMs;
      addDay(change, { activeMs: ms, visits: sign * visits, domains: { [domain]: ms }, hours: { [hour]: ms } });
      changes.set(`${day} ${owner}`, change);
    }
  }
  const days = tx.objectStore('days');
  for (const change of changes.values()) {
    if (!change.activeMs && !change.visits && Object.keys({ ...change.domains, ...change.hours }).length === 0) continue;
    /** @type {Day} */
    const day = (await resultOf(days.get([change.owner, change.day]))) ?? emptyDay(change.owner, change.day);
    addDay(day, change);
    await resultOf(days.put(day));
  }
}

/**
 * Adds to the totals of a day.
 * @param {Day} day
 * @param {Pick<Day, 'activeMs' | 'visits' | 'domains' | 'hours'>} more
 */
export function addDay(day, { activeMs, visits, domains, hours }) {
  day.activeMs += activeMs;
  day.visits += visits;
  addSums(day.domains, domains);
  // Days that were stored by a version without hours have none.
  day.hours ??= {};
  addSums(day.hours, hours ?? {});
}

/**
 * Adds to sums by name. A name without any time is left out.
 * @param {Record<string, number>} sums
 * @param {Record<string, number>} more
 */
function addSums(sums, more) {
  for (const [name, ms] of Object.entries(more)) {
    const sum = (sums[name] ?? 0) + ms;
    if (sum === 0) delete sums[name];
    else sums[name] = sum;
  }
}

/**
 * The last records of an object store within a range, last first.
 * @param {IDBObjectStore} records
 * @param {IDBKeyRange} range
 * @param {number} limit
 * @returns {Promise<StoredRecord[]>}
 */
export function lastRecords(records, range, limit) {
  const request = records.openCursor(range, 'prev');
  /** @type {StoredRecord[]} */
  const found = [];
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor) found.push(cursor.value);
      if (cursor && found.length < limit) cursor.continue();
      else resolve(found);
    };
    request.onerror = () => reject(request.error);
  });
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
export function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
