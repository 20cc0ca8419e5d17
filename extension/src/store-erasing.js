/**
 * What the rules and the erasures of a person do to the stored records.
 *
 * @typedef {import('./store.js').Place} Place
 */
import { erasesVisit, totalsAfter } from './capture/erasure-rules.js';
import { allowedTotals, allowedVisit } from './capture/recording-rules.js';
import { StoreConnection, allOf } from './store-connection.js';
import { ALL_STORES, PLACES, changeDays, isCounted, keyOf, resultOf } from './store-records.js';

export class ErasingStore extends StoreConnection {
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
        await changeDays(stores.held.transaction, isCounted(place) ? record : null, allowed);
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
        if (isCounted(place)) await changeDays(stores[place].transaction, record, null);
      }, ['days']);
      if (forget) {
        await this.eachRecord('aggregates', place, allOf(owner), (record, stores) => {
          if ('domains' in record) stores[place].put(allowedTotals(record, rules));
        });
      }
    }
    return found;
  }

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
        if (isCounted(place)) await changeDays(stores[place].transaction, record, null);
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
   * Deletes the records and day totals of an owner. Other owners' records, settings, account and the reducer's state
   * stay.
   * @param {string} owner
   */
  erase(owner) {
    return this.transact([...ALL_STORES, 'days'], 'readwrite', async (tx) => {
      await Promise.all([...ALL_STORES, 'days'].map((name) => resultOf(tx.objectStore(name).delete(allOf(owner)))));
    }, { durability: 'strict' });
  }
}
