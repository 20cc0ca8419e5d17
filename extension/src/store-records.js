/**
 * The object stores of records, and the work on records within one transaction. Only `store.js` and the export use it.
 *
 * @typedef {import('./store.js').Kind} Kind
 * @typedef {import('./store.js').Place} Place
 * @typedef {import('./store.js').Visit} Visit
 * @typedef {import('./store.js').Aggregate} Aggregate
 * @typedef {import('./store.js').StoredRecord} StoredRecord
 * @typedef {import('./store.js').Day} Day
 * @typedef {import('./store.js').RecordStores} RecordStores
 */
import { dayParts } from './capture/local-days.js';
import { allowedVisit } from './capture/recording-rules.js';

export const KINDS = /** @type {Kind[]} */ (['visits', 'aggregates']);
export const PLACES = /** @type {Place[]} */ (['pending', 'parked', 'synced', 'held']);
export const storeOf = (/** @type {Kind} */ kind, /** @type {Place} */ place) => `${kind} ${place}`;
export const storesOf = (/** @type {Kind} */ kind) => PLACES.map((place) => storeOf(kind, place));
export const ALL_STORES = KINDS.flatMap(storesOf);

export const keyOf = (/** @type {{owner: string, startedAt: number, id: string}} */ { owner, startedAt, id }) => [owner, startedAt, id];

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
    await changeDays(tx, old && old.place !== 'held' ? /** @type {Visit} */ (old.record) : null, allowed);
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
    for (const { day, activeMs, visits } of visit ? dayParts(visit) : []) {
      const { owner, domain } = /** @type {Visit} */ (visit);
      const change = changes.get(`${day} ${owner}`) ?? { owner, day, activeMs: 0, visits: 0, domains: {} };
      addDay(change, { activeMs: sign * activeMs, visits: sign * visits, domains: { [domain]: sign * activeMs } });
      changes.set(`${day} ${owner}`, change);
    }
  }
  const days = tx.objectStore('days');
  for (const change of changes.values()) {
    if (!change.activeMs && !change.visits && Object.keys(change.domains).length === 0) continue;
    /** @type {Day} */
    const day = (await resultOf(days.get([change.owner, change.day]))) ?? { ...change, activeMs: 0, visits: 0, domains: {} };
    addDay(day, change);
    await resultOf(days.put(day));
  }
}

/**
 * Adds to the totals of a day. A domain without any time is left out.
 * @param {Day} day
 * @param {{activeMs: number, visits: number, domains: Record<string, number>}} more
 */
export function addDay(day, { activeMs, visits, domains }) {
  day.activeMs += activeMs;
  day.visits += visits;
  for (const [domain, ms] of Object.entries(domains)) {
    const sum = (day.domains[domain] ?? 0) + ms;
    if (sum === 0) delete day.domains[domain];
    else day.domains[domain] = sum;
  }
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
