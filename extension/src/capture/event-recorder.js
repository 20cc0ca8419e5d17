/**
 * Feeds events to the reducer one at a time and writes each outcome in one transaction before the next begins. It keeps
 * the last committed state in memory; after a failure it forgets that and starts again from what is on the disk.
 */
import { firstState, followsGap, heartbeatSeconds, reduce } from './visit-reducer.js';

/**
 * @typedef {{now: number, run: string, tick: number}} Reading  one look at the clock
 * @typedef {{state: import('./visit-reducer.js').State, ended: boolean, changed: number, openId: string | null,
 *   heartbeatSeconds: number | null}} Outcome
 * An event may have `lateFields`, which answers more of the event when its turn has come.
 */
export class Recorder {
  /**
   * @param {object} world
   * @param {import('../store.js').Store} world.store
   * @param {import('../timings.js').Timings} world.timings
   * @param {() => string} world.nonce  64 random bits or more, as text
   * @param {() => Promise<string>} world.askIdle  what the browser says of the person now
   * @param {() => Promise<object>} world.snapshot  the browser's tabs and windows, for a `snapshot` event
   * @param {(outcome: Outcome) => void} [world.onRecorded]
   * @param {(error: Error | null) => void} [world.onFailure]  called when recording stops, and with null when it goes on
   */
  constructor({ store, timings, nonce, askIdle, snapshot, onRecorded, onFailure }) {
    Object.assign(this, { store, timings, nonce, askIdle, snapshot, onRecorded, onFailure });
    this.loaded = null;
    this.failure = null;
    this.retryAt = 0;
    this.last = Promise.resolve();
  }

  /**
   * Records an event after all earlier ones; answers the outcome, or null when recording is stopped by a failure.
   * @param {Reading & {type: string}} event
   * @param {boolean} [retry]  try even though recording is stopped
   * @returns {Promise<Outcome | null>}
   */
  record(event, retry = false) {
    const turn = this.last.then(() => this.step(event, retry));
    this.last = turn.catch(() => {});
    return turn;
  }

  /** The state as last committed, or the first one. */
  async state() {
    await this.last;
    return this.loaded?.state ?? (await this.store.loadCapture()).state ?? firstState(0);
  }

  async step(event, retry) {
    if (this.failure && !retry && event.now < this.retryAt) return null;
    try {
      if (!this.loaded) {
        const { state, tabs } = await this.store.loadCapture();
        this.loaded = { state: state ?? firstState(event.now), tabs };
      }
      // What happened while recording was stopped is unknown; the tabs are as they are.
      if (this.failure && event.type !== 'start') await this.apply({ ...event, type: 'snapshot', unseen: true, ...(await this.snapshot()) });
      const outcome = await this.apply(event);
      if (this.failure) {
        this.failure = null;
        this.onFailure?.(null);
      }
      return outcome;
    } catch (error) {
      this.loaded = null;
      this.retryAt = event.now + this.timings.heartbeatSeconds * 1000;
      const first = !this.failure;
      this.failure = error;
      if (first) this.onFailure?.(error);
      return null;
    }
  }

  async apply(event) {
    const { state, tabs } = this.loaded;
    const { lateFields, ...said } = event;
    const known = { nonce: this.nonce(), ...said, ...(await lateFields?.(state)) };
    const silence = event.now - state.lastSeen;
    if (followsGap(state, tabs, silence, this.timings)) known.idleAfterGap ??= await this.askIdle();
    const after = reduce(state, tabs, known, this.timings);
    const putTabs = [...after.tabs.values()].filter((tab) => tabs.get(tab.id) !== tab);
    const dropTabs = [...tabs.keys()].filter((id) => !after.tabs.has(id));
    await this.store.commitCapture({
      state: after.state, putTabs, dropTabs, visits: after.visits, aggregates: after.aggregates,
    });
    this.loaded = { state: after.state, tabs: after.tabs };
    const { openTabId } = after.state;
    const outcome = {
      state: after.state, ended: after.ended, changed: after.visits.length + after.aggregates.length,
      openId: openTabId === null ? null : after.tabs.get(openTabId).visit.id,
      heartbeatSeconds: heartbeatSeconds(after.state, after.tabs, this.timings),
    };
    this.onRecorded?.(outcome);
    return outcome;
  }
}
