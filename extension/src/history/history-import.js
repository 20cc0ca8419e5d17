/**
 * Brings the browser's own history to the server: a run of sending takes it window by window as a further source. Only
 * how far it has come is stored, after each window. After a stop in the middle of a window the window is read again, and
 * the server answers `unchanged`.
 *
 * @typedef {{stored: number, erased: number, refused: number, forbidden: number}} Fates  visits by what became of them.
 *   `erased`: the person erased them before. `forbidden`: a rule of the person keeps them here
 * @typedef {{owner: string, status: 'running' | 'stopped' | 'done', problem: 'permission' | 'history' | 'server' | null, total: number,
 *   to: number, before: number, fates: Fates}} HistoryImport
 *   `problem`: why it stopped by itself. `server`: the server gave an answer that this version does not know.
 *   Visits from before `to` are brought. Those from `before` on are done. `total` is their number as it was counted
 * @typedef {import('../sync/sync-run.js').Source} Source
 * @typedef {import('../capture/recording-rules.js').Rules} Rules
 * @typedef {import('../sync/wire.js').Verdict} Verdict
 * @typedef {import('./history-records.js').HistoryVisit} HistoryVisit
 *
 * @typedef {object} World
 * @property {{get: (name: string) => Promise<any>, change: <T>(name: string, change: (old: any) => T) => Promise<T>}} store
 * @property {() => import('./history-reading.js').HistoryApi | undefined} api  undefined without the permission
 * @property {import('./history-reading.js').Family} family
 * @property {() => Promise<Rules>} rules  the present ones
 * @property {import('../sync/wire.js').Client} client  of this browser
 * @property {() => number} now
 */
import { historyVisitToWire } from '../sync/wire.js';
import { windowsBefore } from './history-reading.js';
import { historyClientId, historyRecords } from './history-records.js';

const NAME = 'historyImport';

export class HistoryImporter {
  /** @param {World} world */
  constructor(world) {
    this.world = world;
  }

  /**
   * The import of an account, or null where it has none.
   * @param {string} owner
   * @returns {Promise<HistoryImport | null>}
   */
  async of(owner) {
    const found = await this.world.store.get(NAME);
    return found?.owner === owner ? found : null;
  }

  /**
   * True while an account's import goes on, with `to` only the one that began with it.
   * @param {string} owner
   * @param {number} [to]
   */
  async isRunning(owner, to) {
    const found = await this.of(owner);
    return found?.status === 'running' && (to === undefined || found.to === to);
  }

  /**
   * Begins anew with all visits from before now.
   * @param {string} owner
   * @param {number} total
   */
  begin(owner, total) {
    const to = this.world.now();
    return this.world.store.change(NAME, () => (/** @type {HistoryImport} */ ({
      owner, status: 'running', problem: null, total, to, before: to, fates: { stored: 0, erased: 0, refused: 0, forbidden: 0 },
    })));
  }

  /**
   * Stops an account's import, or lets it go on.
   * @param {string} owner
   * @param {'running' | 'stopped' | 'done'} status
   * @param {HistoryImport['problem']} [problem]
   */
  setStatus(owner, status, problem = null) {
    return this.world.store.change(NAME, (now) => (now?.owner === owner && now.status !== 'done' ? { ...now, status, problem } : now));
  }

  /**
   * The windows that are still to be sent, each as a source. The next window is read once the run has sent the one before.
   * @param {string} owner
   * @returns {AsyncGenerator<Source>}
   */
  async *sources(owner) {
    const begun = await this.of(owner);
    if (begun?.status !== 'running') return;
    // What the person erased while the server was away must reach it first. It knows then which visits to refuse.
    const waiting = (await this.world.store.get('waitingErasures')) ?? [];
    if (waiting.some((/** @type {{owner: string}} */ one) => one.owner === owner)) return;
    const api = this.world.api();
    if (!api) {
      await this.setStatus(owner, 'stopped', 'permission');
      return;
    }
    let windows = windowsBefore(api, this.world.family, begun.before);
    for (;;) {
      let next;
      try {
        next = await windows.next();
      } catch {
        await this.setStatus(owner, 'stopped', this.world.api() ? 'history' : 'permission');
        return;
      }
      if (next.done) {
        await this.setStatus(owner, 'done');
        return;
      }
      const { from, before, visits } = next.value;
      const rules = await this.world.rules();
      const { records, forbidden } = await historyRecords(visits, { family: this.world.family, owner, rules });
      const source = new WindowSource(this, begun, records, rules);
      if (records.length) yield source;
      if (!(await this.isRunning(owner, begun.to))) return;
      if (!(await source.isOfPresentRules())) {
        windows = windowsBefore(api, this.world.family, before);
      } else if (source.settled.size < records.length) {
        await this.setStatus(owner, 'stopped', 'server');
        return;
      } else {
        await this.windowIsDone(begun, from, { ...source.fates, forbidden });
      }
    }
  }

  /**
   * @param {HistoryImport} begun
   * @param {number} from
   * @param {Fates} fates
   */
  windowIsDone({ owner, to }, from, fates) {
    return this.world.store.change(NAME, (/** @type {HistoryImport | undefined} */ now) => {
      if (now?.owner !== owner || now.to !== to || now.before <= from) return now;
      const { stored, erased, refused, forbidden } = now.fates;
      return {
        ...now, before: from, fates: {
          stored: stored + fates.stored, erased: erased + fates.erased, refused: refused + fates.refused, forbidden: forbidden + fates.forbidden,
        },
      };
    });
  }
}

/**
 * The visits of one window, as a source of sending.
 * @implements {Source}
 */
class WindowSource {
  /**
   * @param {HistoryImporter} importer
   * @param {HistoryImport} begun
   * @param {HistoryVisit[]} records
   * @param {Rules} rules  by which the records were made
   */
  constructor(importer, begun, records, rules) {
    this.importer = importer;
    this.begun = begun;
    this.records = records;
    this.rules = JSON.stringify(rules);
    this.client = { ...importer.world.client, anonymousClientId: historyClientId(importer.world.family) };
    /** @type {Set<string>} */
    this.settled = new Set();
    this.fates = { stored: 0, erased: 0, refused: 0 };
  }

  /** @param {HistoryVisit} record */
  toWire(record) {
    return historyVisitToWire(record);
  }

  async isOfPresentRules() {
    return JSON.stringify(await this.importer.world.rules()) === this.rules;
  }

  /**
   * @param {number} limit
   * @param {{id: string}} [after]
   */
  async pending(limit, after) {
    const place = after ? this.records.findIndex(({ id }) => id === after.id) + 1 : 0;
    return this.records.slice(place, place + limit);
  }

  /**
   * Nothing is sent any more after a stop or another rule. The window is read again then.
   * @template {{id: string}} T
   * @param {T[]} records
   * @returns {Promise<T[]>}
   */
  async stillPending(records) {
    const goesOn = (await this.importer.isRunning(this.begun.owner, this.begun.to)) && (await this.isOfPresentRules());
    return goesOn ? records.filter(({ id }) => !this.settled.has(id)) : [];
  }

  /** @param {Verdict[]} verdicts */
  async settle(verdicts) {
    for (const { id, verdict } of verdicts) {
      this.settled.add(id);
      this.fates[verdict === 'parked' ? 'refused' : verdict] += 1;
    }
  }
}
