/**
 * Visits that were open when the record of them was lost, as after a damaged profile. Nothing else would end them.
 */
import { endVisit } from './visits-and-totals.js';

const PLACES = /** @type {const} */ (['pending', 'parked', 'synced', 'held']);

/**
 * Ends each stored visit that began before `before` and is still open, at its last sign of life. It is sent again, unless
 * the rules hold it back. The result is their number.
 * @param {import('../store.js').Store} store
 * @param {string | null} openId  the visit that really goes on
 * @param {number} before  ms since the epoch
 */
export async function endAbandonedVisits(store, openId, before) {
  let ended = 0;
  for (const place of PLACES) {
    await store.eachRecord('visits', place, undefined, ({ errors, retryAt, syncedAt, ...visit }, stores) => {
      if (!('url' in visit) || visit.endedAt !== null || visit.id === openId || visit.startedAt >= before) return;
      ended += 1;
      const to = place === 'held' ? 'held' : 'pending';
      if (place !== to) stores[place].delete([visit.owner, visit.startedAt, visit.id]);
      stores[to].put({ ...endVisit(visit), revision: visit.revision + 1 });
    });
  }
  return ended;
}
