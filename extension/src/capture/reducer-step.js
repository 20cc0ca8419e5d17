/** The work on one event: copies of state and tabs, and the records that changed. Each subject has functions that take it. */
import { awayReason } from './presence.js';
import { addVisit, aggregateOf, endVisit } from './visits-and-totals.js';

/**
 * @typedef {import('./recording-state.js').State} State
 * @typedef {import('./recording-state.js').Tab} Tab
 * @typedef {import('./recording-state.js').Tabs} Tabs
 * @typedef {import('./recording-state.js').Event} Event
 * @typedef {import('./visits-and-totals.js').Visit} Visit
 * @typedef {import('./visits-and-totals.js').Aggregate} Aggregate
 * @typedef {import('../timings.js').Timings} Timings
 */

/** It copies state and tabs, so that those before the event stay as they are. */
export class Step {
  /**
   * @param {State} state
   * @param {Tabs} tabs
   * @param {Event} event
   * @param {Timings} timings
   * @param {boolean} fresh  the browser began with this event
   */
  constructor(state, tabs, event, timings, fresh) {
    this.state = { ...state };
    this.tabs = new Map(tabs);
    this.event = event;
    this.timings = timings;
    /** @type {Map<string, Visit>} */
    this.visits = new Map();
    /** @type {Map<string, Aggregate>} */
    this.aggregates = new Map();
    this.ended = false;
    this.fresh = fresh;
  }

  get now() {
    return this.event.now;
  }

  /**
   * A tab that must be known.
   * @param {number} tabId
   * @returns {Tab}
   */
  tab(tabId) {
    const tab = this.tabs.get(tabId);
    if (!tab) throw new Error(`There is no tab ${tabId}.`);
    return tab;
  }

  /**
   * @param {number} tabId
   * @param {Partial<Tab>} changes
   */
  set(tabId, changes) {
    const tab = { ...this.tab(tabId), ...changes };
    this.tabs.set(tabId, tab);
    return tab;
  }

  /** The visit that goes on, or null. */
  get open() {
    return this.state.openTabId === null ? null : this.tab(this.state.openTabId).visit;
  }

  set open(visit) {
    if (this.state.openTabId !== null) this.set(this.state.openTabId, { visit });
  }

  away() {
    return awayReason(this.state, this.tabs);
  }

  result() {
    const { state, tabs, ended } = this;
    return { state, tabs, ended, visits: [...this.visits.values()], aggregates: [...this.aggregates.values()] };
  }

  /**
   * Adds a tab's visit and aggregate to the result, unless the visit is still too short to count.
   * @param {number} tabId
   */
  markChanged(tabId) {
    const { visit } = this.tab(tabId);
    if (!visit || visit.durationMs < this.timings.shortestVisitMs) return;
    this.markVisitChanged(tabId);
    this.markAggregateChanged(tabId, null);
  }

  /** @param {number} tabId */
  markVisitChanged(tabId) {
    const { visit } = this.tab(tabId);
    if (!visit) return;
    // Two changes in one step are written once, so they share a revision.
    const revision = this.visits.has(visit.id) ? visit.revision : visit.revision + 1;
    const changed = { ...visit, revision };
    this.set(tabId, { visit: changed });
    this.visits.set(changed.id, changed);
  }

  /**
   * @param {number} tabId
   * @param {number | null} closedAt
   */
  markAggregateChanged(tabId, closedAt) {
    const tab = this.tab(tabId);
    const totals = { ...tab.totals, revision: tab.totals.revision + 1 };
    this.set(tabId, { totals });
    const open = this.state.openTabId === tabId && tab.visit && tab.visit.durationMs >= this.timings.shortestVisitMs;
    const record = aggregateOf(open && tab.visit ? addVisit(totals, tab.visit) : totals, tab.recordedAs ?? tabId, closedAt);
    this.aggregates.set(`${record.owner} ${record.id} ${record.startedAt}`, record);
  }

  endOpen() {
    const { state, open } = this;
    if (state.openTabId === null || !open) return;
    const tabId = state.openTabId;
    const visit = endVisit(open);
    state.openTabId = null;
    if (visit.durationMs < this.timings.shortestVisitMs) {
      this.set(tabId, { visit: null });
      return;
    }
    this.set(tabId, { visit, totals: addVisit(this.tab(tabId).totals, visit), leftAt: this.now });
    this.ended = true;
    this.markChanged(tabId);
  }
}
