/** A store in memory, a recorder, a clock that the test sets, and a background that can be restarted. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { Recorder } from '../../extension/src/capture/event-recorder.js';
import { openStore } from '../../extension/src/store.js';
import { TIMINGS } from '../../extension/src/timings.js';

globalThis.IDBKeyRange ??= IDBKeyRange;

/** 2025-11-17 10:00:00 UTC. */
export const T0 = 1763373600000;

export class RecordingFixture {
  /** @param {import('../../extension/src/store.js').Store} store */
  constructor(store, { indexedDB = new IDBFactory(), killEachStep = false } = {}) {
    this.indexedDB = indexedDB;
    this.killEachStep = killEachStep;
    this.seconds = 0;
    this.clockShiftMs = 0;
    this.nonces = 0;
    /** @type {import('../../extension/src/capture/recording-state.js').IdleState} */
    this.idle = 'active';
    /** @type {(string | null)[]} */
    this.failures = [];
    /** @type {import('../../extension/src/capture/recording-state.js').SeenTab[]} */
    this.tabs = [];
    /** @type {import('../../extension/src/capture/recording-state.js').SeenWindow[]} */
    this.windows = [];
    this.store = store;
    this.runs = 1;
    this.runBegan = 0;
    this.recorder = this.newRecorder();
  }

  /** @param {{killEachStep?: boolean}} [options] */
  static async open(options) {
    const indexedDB = new IDBFactory();
    return new RecordingFixture(await openStore({ indexedDB }), { indexedDB, ...options });
  }

  /** Stops the background and starts another run on the same disk. */
  async restartBackground() {
    this.store.close();
    this.store = await openStore({ indexedDB: this.indexedDB });
    this.runs += 1;
    this.runBegan = this.seconds;
    this.recorder = this.newRecorder();
  }

  newRecorder() {
    return new Recorder({
      store: this.store,
      timings: TIMINGS,
      nonce: () => `n${(this.nonces += 1)}`,
      askIdle: async () => this.idle,
      snapshot: async () => ({ tabs: this.tabs, windows: this.windows }),
      onFailure: (error) => this.failures.push(error?.name ?? null),
    });
  }

  get now() {
    return Math.round(T0 + this.seconds * 1000 + this.clockShiftMs);
  }

  /**
   * Records an event `seconds` after the beginning.
   * @param {number} seconds
   * @param {string} type
   * @param {object} [more]
   */
  async at(seconds, type, more = {}) {
    this.seconds = seconds;
    const event = { type, now: this.now, run: `run ${this.runs}`, tick: Math.round((seconds - this.runBegan) * 1000), ...more };
    const outcome = await this.recorder.record(event);
    if (this.killEachStep) await this.restartBackground();
    return outcome;
  }

  /** Starts a browser with window 1 in front, and in it the empty tab 1. */
  async start(seconds = 0, more = {}) {
    this.tabs = [{ tabId: 1, windowId: 1, active: true, url: 'about:blank', title: '' }];
    this.windows = [{ windowId: 1, focused: true, last: true }];
    return this.at(seconds, 'start', { fresh: true, idle: 'active', tabs: this.tabs, windows: this.windows, ...more });
  }

  /** @returns {Promise<import('../../extension/src/capture/visits-and-totals.js').Visit[]>} */
  visits() {
    return this.all('visits');
  }

  /** @returns {Promise<import('../../extension/src/capture/visits-and-totals.js').Aggregate[]>} */
  aggregates() {
    return this.all('aggregates');
  }

  /**
   * @param {import('../../extension/src/store.js').Kind} kind
   * @returns {Promise<any[]>}
   */
  async all(kind) {
    const found = [];
    for await (const slice of this.store.slices(kind)) found.push(...slice);
    return found.sort((a, b) => a.startedAt - b.startedAt || a.tabId - b.tabId);
  }

  /** The visits, each as `[url, start, end, active]` in seconds from the beginning. An open visit has no end: null. */
  async visitRows() {
    const seconds = (ms) => (ms === null ? null : (ms - T0) / 1000);
    return (await this.visits()).map((visit) => [
      visit.url, seconds(visit.startedAt), seconds(visit.endedAt), visit.activeMs / 1000,
    ]);
  }
}
