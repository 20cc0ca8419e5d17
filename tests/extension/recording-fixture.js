/** A fixture for traces: a store in memory, a clock that the test moves, and a background that can be killed. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { Recorder } from '../../extension/src/capture/event-recorder.js';
import { openStore } from '../../extension/src/store.js';
import { TIMINGS } from '../../extension/src/timings.js';

globalThis.IDBKeyRange ??= IDBKeyRange;

/** 2025-11-17 10:00:00 UTC. */
export const T0 = 1763373600000;

export class RecordingFixture {
  constructor({ timings = TIMINGS, killEachStep = false } = {}) {
    this.indexedDB = new IDBFactory();
    this.timings = timings;
    this.killEachStep = killEachStep;
    this.seconds = 0;
    this.shift = 0;
    this.runs = 0;
    this.nonces = 0;
    this.idle = 'active';
    this.failures = [];
    this.tabs = [];
    this.windows = [];
  }

  static async open(options) {
    const fixture = new RecordingFixture(options);
    await fixture.restartBackground();
    return fixture;
  }

  /** A new life of the background, on the same disk. */
  async restartBackground() {
    this.store?.close();
    this.runs += 1;
    this.bornAt = this.seconds;
    this.store = await openStore({ indexedDB: this.indexedDB });
    this.recorder = new Recorder({
      store: this.store,
      timings: this.timings,
      nonce: () => `n${(this.nonces += 1)}`,
      askIdle: async () => this.idle,
      snapshot: async () => ({ tabs: this.tabs, windows: this.windows }),
      onFailure: (error) => this.failures.push(error?.name ?? null),
    });
  }

  get now() {
    return Math.round(T0 + this.seconds * 1000 + this.shift);
  }

  /** An event `seconds` after the beginning. */
  async at(seconds, type, more = {}) {
    this.seconds = seconds;
    const event = { type, now: this.now, run: `run ${this.runs}`, tick: Math.round((seconds - this.bornAt) * 1000), ...more };
    const outcome = await this.recorder.record(event);
    if (this.killEachStep) await this.restartBackground();
    return outcome;
  }

  /** A browser with one window, 1, and one tab, 1, with nothing in it, in front. */
  async start(seconds = 0, more = {}) {
    this.tabs = [{ tabId: 1, windowId: 1, active: true, url: 'about:blank', title: '' }];
    this.windows = [{ windowId: 1, focused: true, last: true }];
    return this.at(seconds, 'start', { fresh: true, idle: 'active', tabs: this.tabs, windows: this.windows, ...more });
  }

  async all(kind) {
    const found = [];
    for await (const slice of this.store.slices(kind)) found.push(...slice);
    return found.sort((a, b) => a.startedAt - b.startedAt || a.tabId - b.tabId);
  }

  /** The visits, each as `[url, start, end, active]` in seconds from the beginning; end null while it goes on. */
  async visitRows() {
    const seconds = (ms) => (ms === null ? null : (ms - T0) / 1000);
    return (await this.all('visits')).map((visit) => [
      visit.url, seconds(visit.startedAt), seconds(visit.endedAt), visit.activeMs / 1000,
    ]);
  }
}
