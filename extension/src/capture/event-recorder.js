/**
 * Feeds events to the reducer one at a time. Each outcome is written in one transaction before the next event begins.
 * The recorder keeps the last committed state in memory. After a failure it drops that state and reads the disk again.
 */
import { followsGap, heartbeatSeconds } from './presence.js';
import { firstState } from './recording-state.js';
import { reduce } from './visit-reducer.js';

/**
 * @typedef {import('./recording-state.js').State} State
 * @typedef {{now: number, run: string, tick: number, ticksInSleep?: boolean}} ClockReading  `tick`: ms since this run of the
 *   background began. `ticksInSleep`: it counts while the machine sleeps, too.
 * @typedef {ClockReading & {type: string, lateFields?: (state: State) => Promise<object>, [field: string]: unknown}} RawEvent
 *   `lateFields` gives the fields that must be read when the event's turn has come.
 * @typedef {{state: State, ended: boolean, changed: number, openId: string | null, heartbeatSeconds: number | null}} Outcome
 *   `ended`: a visit ended. `changed` counts changed records. `openId` is the id of the visit that goes on.
 *
 * @typedef {object} World
 * @property {import('../store.js').Store} store
 * @property {import('../timings.js').Timings} timings
 * @property {() => string} nonce  64 random bits or more, as text
 * @property {() => Promise<import('./recording-state.js').IdleState>} askIdle  the browser's present word on the person
 * @property {() => Promise<import('./recording-state.js').Snapshot>} snapshot
 * @property {(outcome: Outcome) => void} [onRecorded]
 * @property {(error: Error | null) => void} [onFailure]  gets the error when recording stops, and null when it goes on
 */
export class Recorder {
  /** @param {World} world */
  constructor({ store, timings, nonce, askIdle, snapshot, onRecorded, onFailure }) {
    this.store = store;
    this.timings = timings;
    this.nonce = nonce;
    this.askIdle = askIdle;
    this.snapshot = snapshot;
    this.onRecorded = onRecorded;
    this.onFailure = onFailure;
    /** False until the person has said where the records go. Events are dropped until then. */
    this.isAllowed = true;
    /** @type {{state: State, tabs: import('./recording-state.js').Tabs} | null} */
    this.loaded = null;
    /** @type {Error | null} */
    this.failure = null;
    this.retryAt = 0;
    /** @type {Promise<unknown>} */
    this.last = Promise.resolve();
  }

  /**
   * Records an event after all earlier ones. The result is null when a failure has stopped recording, and before the
   * person has allowed it.
   * @param {RawEvent} event
   * @param {boolean} [retry]  true tries at once although recording is stopped
   * @returns {Promise<Outcome | null>}
   */
  record(event, retry = false) {
    const turn = this.last.then(() => this.step(event, retry));
    this.last = turn.catch(() => {});
    return turn;
  }

  /** The id of the visit that goes on by the last committed state, or null. */
  get openId() {
    const { state, tabs } = this.loaded ?? {};
    return typeof state?.openTabId === 'number' ? tabs?.get(state.openTabId)?.visit?.id ?? null : null;
  }

  /** The last committed state, or the first state of all. */
  async state() {
    await this.last;
    return this.loaded?.state ?? (await this.store.loadCapture()).state ?? firstState(0);
  }

  /**
   * @param {RawEvent} event
   * @param {boolean} retry
   */
  async step(event, retry) {
    if (!this.isAllowed) return null;
    if (this.failure && !retry && event.now < this.retryAt) return null;
    try {
      // Events were lost while recording was stopped. A snapshot brings the tabs up to date.
      if (this.failure && event.type !== 'start') {
        await this.apply({ ...event, type: 'snapshot', unseen: true, ...(await this.snapshot()) });
      }
      const outcome = await this.apply(event);
      if (this.failure) {
        this.failure = null;
        this.onFailure?.(null);
      }
      return outcome;
    } catch (reason) {
      const error = /** @type {Error} */ (reason);
      this.loaded = null;
      this.retryAt = event.now + this.timings.heartbeatSeconds * 1000;
      const first = !this.failure;
      this.failure = error;
      if (first) this.onFailure?.(error);
      return null;
    }
  }

  /**
   * @param {number} now
   * @returns {Promise<{state: State, tabs: import('./recording-state.js').Tabs}>}
   */
  async load(now) {
    if (this.loaded) return this.loaded;
    const { state, tabs } = await this.store.loadCapture();
    this.loaded = { state: state ?? firstState(now), tabs };
    return this.loaded;
  }

  /**
   * @param {RawEvent} raw
   * @returns {Promise<Outcome>}
   */
  async apply({ lateFields, ...early }) {
    const { state, tabs } = await this.load(early.now);
    const complete = { nonce: this.nonce(), ...early, ...(await lateFields?.(state)) };
    const event = /** @type {import('./recording-state.js').Event} */ (/** @type {unknown} */ (complete));
    if (followsGap(state, tabs, event.now - state.lastSeen, this.timings)) event.idleAfterGap ??= await this.askIdle();
    const after = reduce(state, tabs, event, this.timings);
    const putTabs = [...after.tabs.values()].filter((tab) => tabs.get(tab.id) !== tab);
    const dropTabs = [...tabs.keys()].filter((id) => !after.tabs.has(id));
    await this.store.commitCapture({
      state: after.state, putTabs, dropTabs, visits: after.visits, aggregates: after.aggregates,
    });
    this.loaded = { state: after.state, tabs: after.tabs };
    const outcome = {
      state: after.state, ended: after.ended, changed: after.visits.length + after.aggregates.length,
      openId: this.openId,
      heartbeatSeconds: heartbeatSeconds(after.state, after.tabs, this.timings),
    };
    this.onRecorded?.(outcome);
    return outcome;
  }
}
