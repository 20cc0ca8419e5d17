/**
 * The reducer: (state, event) → (state, records changed). Pure; it reads no clock, makes no id and asks the browser
 * nothing, so that a trace of events always yields the same records.
 *
 * Every event has `type` and `now` (ms since the epoch), and from the recorder `run` and `tick`: which life of the
 * background and how many ms into it. Types and what more they bring:
 *   start      fresh, tabs, windows, idle   the background began; `fresh`: the browser did too
 *   snapshot       tabs, windows, unseen?       the browser's tabs as they are now; `unseen`: events before it are lost
 *   created    tabId, windowId, active          removed    tabId      replaced  tabId, oldTabId
 *   activated  tabId, windowId
 *   navigated  tabId, url, sameDocument?        failed     tabId, url
 *   updated    tabId, title?, audible?          metadata   tabId, url, metadata
 *   focus      windowId or null
 *   idle       idle: active | idle | locked, fullscreen?
 *   heartbeat  fullscreen?
 *   rules      rules, tabs, windows             pause      until: ms | 'resumed' | null; null brings tabs, windows
 *   owner      owner, adopt                     erase
 * Any event may lateFields bring `idleAfterGap`, what the browser says of the person after a long silence.
 */
import { NO_RULES, pageOf, samePage } from './recording-rules.js';
import { addVisit, aggregateOf, beginTotals, beginVisit, endVisit, reachedAt, withTime, withAwayReason } from './visits-and-totals.js';

/**
 * @typedef {import('./visits-and-totals.js').Visit} Visit
 * @typedef {import('./visits-and-totals.js').Totals} Totals
 * @typedef {{id: number, windowId: number, audible: boolean, page: import('./recording-rules.js').Page | null, title: string,
 *   failed: string | null, metadata: object, totals: Totals, visit: Visit | null}} Tab
 * `visit` is the tab's latest on its present page, going on or ended; `failed` the page whose error it shows.
 * @typedef {{owner: string, lastSeen: number, run: string, tick: number, idle: 'active' | 'idle' | 'locked',
 *   fullscreen: boolean, focused: boolean, focusedId: number | null, asleep: boolean, windowId: number | null, activeTabs: Record<number, number>,
 *   openTabId: number | null, pausedUntil: number | 'resumed' | null, rules: import('./recording-rules.js').Rules}} State
 * @typedef {Map<number, Tab>} Tabs
 */

/** @returns {State} */
export function firstState(now) {
  return {
    owner: '', lastSeen: now, run: '', tick: 0, idle: 'active', fullscreen: false, focused: false, focusedId: null, asleep: false,
    windowId: null, activeTabs: {}, openTabId: null, pausedUntil: null, rules: NO_RULES,
  };
}

/** Why the person is not with the page in front, or null: sound and full-screen video are watched without a hand on the mouse. */
export function awayReason(state, tabs) {
  if (state.idle === 'locked') return 'locked';
  if (!state.focused) return 'unfocused';
  const watching = state.fullscreen || (state.openTabId !== null && tabs.get(state.openTabId).audible);
  return state.idle === 'idle' && !watching ? 'idle' : null;
}

/** Seconds between two signs of life, or null when no page is open that needs them. */
export function heartbeatSeconds(state, tabs, timings) {
  if (state.openTabId === null) return null;
  return awayReason(state, tabs) === null ? timings.heartbeatSeconds : timings.awayHeartbeatSeconds;
}

/** True when `ms` without an event mean that nobody was there to record what happened. */
export function followsGap(state, tabs, ms, timings) {
  const seconds = heartbeatSeconds(state, tabs, timings);
  return seconds !== null && ms > seconds * timings.missedHeartbeats * 1000;
}

/**
 * @param {State} before
 * @param {Tabs} tabsBefore
 * @param {any} event
 * @param {import('../timings.js').Timings} timings
 * @returns {{state: State, tabs: Tabs, visits: Visit[], aggregates: object[], ended: boolean}}
 */
export function reduce(before, tabsBefore, event, timings) {
  const step = new Step(before, tabsBefore, event, timings);
  step.passTime();
  step.apply();
  step.updateOpenVisit();
  return step.result();
}

class Step {
  constructor(state, tabs, event, timings) {
    this.state = { ...state };
    this.tabs = new Map(tabs);
    this.event = event;
    this.timings = timings;
    this.visits = new Map();
    this.aggregates = new Map();
    this.ended = false;
  }

  get now() {
    return this.event.now;
  }

  set(tabId, changes) {
    const tab = { ...this.tabs.get(tabId), ...changes };
    this.tabs.set(tabId, tab);
    return tab;
  }

  /** The visit that goes on, or null. */
  get open() {
    return this.state.openTabId === null ? null : this.tabs.get(this.state.openTabId).visit;
  }

  set open(visit) {
    this.set(this.state.openTabId, { visit });
  }

  passTime() {
    const { state, event } = this;
    const byDate = event.now - state.lastSeen;
    const byTick = event.run && event.run === state.run ? event.tick - state.tick : null;
    if (event.type === 'start' && event.fresh) {
      this.endBrowserRun();
    } else if (event.unseen || followsGap(state, this.tabs, Math.max(byDate, byTick ?? 0), this.timings)) {
      // Nobody was there to say whether a person was: asleep, switched off, or the clock was set.
      this.endOpen();
      if (event.idleAfterGap) state.idle = event.idleAfterGap;
      state.asleep = state.idle !== 'active';
    } else if (this.open) {
      // A clock that was set forward shows in the date alone, one set back makes it negative.
      const ms = byTick === null ? byDate : byDate < 0 ? byTick : Math.min(byDate, byTick);
      this.open = withTime(this.open, Math.max(0, ms), this.away() === null);
    }
    state.lastSeen = event.now;
    state.run = event.run ?? '';
    state.tick = event.tick ?? 0;
    // Pages are not followed during a pause, so it can only end with a look at the tabs.
    if (typeof state.pausedUntil === 'number' && event.now >= state.pausedUntil && event.tabs) state.pausedUntil = null;
  }

  apply() {
    const { state, event } = this;
    switch (event.type) {
      case 'start':
        if (event.fresh) {
          state.idle = event.idle ?? 'active';
          state.fullscreen = false;
          state.asleep = false;
        }
        this.applySnapshot(event.fresh);
        break;
      case 'snapshot':
        this.applySnapshot(false);
        break;
      case 'created':
        this.ensureTab(event.tabId, event.windowId);
        if (event.active) this.activate(event.tabId, event.windowId);
        break;
      case 'removed':
        this.closeTab(event.tabId, event.now);
        break;
      case 'replaced':
        this.replaceTab(event.oldTabId, event.tabId);
        break;
      case 'activated':
        this.ensureTab(event.tabId, event.windowId);
        this.set(event.tabId, { windowId: event.windowId });
        this.activate(event.tabId, event.windowId);
        state.asleep = false;
        break;
      case 'navigated':
        this.ensureTab(event.tabId, event.windowId ?? null);
        this.showPage(event.tabId, event.url);
        break;
      case 'failed':
        if (this.tabs.has(event.tabId)) {
          this.leavePage(event.tabId);
          this.set(event.tabId, { page: null, failed: pageOf(event.url, state.rules)?.url ?? null, title: '' });
        }
        break;
      case 'updated':
        this.updateTab();
        break;
      case 'metadata':
        this.applyMetadata();
        break;
      case 'focus':
        state.focusedId = event.windowId;
        if (event.windowId !== null) state.asleep = false;
        break;
      case 'idle':
        state.idle = event.idle;
        state.fullscreen = event.fullscreen ?? false;
        if (event.idle === 'active') state.asleep = false;
        break;
      case 'heartbeat':
        state.fullscreen = event.fullscreen ?? state.fullscreen;
        break;
      case 'rules':
        state.rules = event.rules;
        this.applySnapshot(false, true);
        break;
      case 'pause':
        state.pausedUntil = event.until;
        if (event.until === null) this.applySnapshot(false);
        else for (const tabId of [...this.tabs.keys()]) this.showPage(tabId, '');
        break;
      case 'owner':
        this.changeOwner();
        break;
      case 'erase':
        this.restartRecords();
        break;
    }
  }

  away() {
    return awayReason(this.state, this.tabs);
  }

  /** The tab whose page is in front, or null. */
  frontTab() {
    const { state } = this;
    if (state.asleep || state.pausedUntil !== null || state.windowId === null) return null;
    const tab = this.tabs.get(state.activeTabs[state.windowId]);
    return tab?.page ? tab : null;
  }

  /** Ends and begins what the event ended and began, and hands out what a reader may see of it. */
  updateOpenVisit() {
    const { state, event } = this;
    // A new window may have the focus before its first tab is known; one whose tabs are never told, as a private one,
    // is none of ours.
    state.focused = state.focusedId !== null && state.activeTabs[state.focusedId] !== undefined;
    if (state.focused) state.windowId = state.focusedId;
    const front = this.frontTab();
    if (this.open && (front?.id !== state.openTabId || !samePage(this.open.url, front.page.url))) this.endOpen();
    // A locked screen shows nothing: a page that comes to the front behind it waits for the person.
    if (!this.open && front && state.idle !== 'locked') {
      state.openTabId = front.id;
      this.set(front.id, {
        visit: beginVisit({
          id: `pv_${event.now}_${event.nonce}`, owner: state.owner, tabId: front.id, page: front.page, title: front.title,
          metadata: front.metadata, now: event.now,
        }),
      });
    }
    if (!this.open) return;
    this.open = withAwayReason(this.open, this.away(), this.resumedBy());
    if (event.type === 'heartbeat') {
      this.open = { ...this.open, heartbeatAt: reachedAt(this.open) };
      this.markChanged(state.openTabId);
    }
  }

  resumedBy() {
    if (this.away() !== null) return null;
    return this.event.type === 'focus' ? 'focused' : this.event.type === 'updated' ? 'audible' : 'active';
  }

  result() {
    const { state, tabs, ended } = this;
    return { state, tabs, ended, visits: [...this.visits.values()], aggregates: [...this.aggregates.values()] };
  }

  /** Marks the tab's visit and aggregate as changed, if the visit is long enough to be one. */
  markChanged(tabId) {
    const tab = this.tabs.get(tabId);
    if (!tab.visit || tab.visit.durationMs < this.timings.shortestVisitMs) return;
    this.markVisitChanged(tabId);
    this.markAggregateChanged(tabId, null);
  }

  markVisitChanged(tabId) {
    const { visit } = this.tabs.get(tabId);
    // A second change in the same step is the same revision to a reader.
    const revision = this.visits.has(visit.id) ? visit.revision : visit.revision + 1;
    const changed = this.set(tabId, { visit: { ...visit, revision } }).visit;
    this.visits.set(changed.id, changed);
  }

  markAggregateChanged(tabId, closedAt) {
    const tab = this.tabs.get(tabId);
    const totals = { ...tab.totals, revision: tab.totals.revision + 1 };
    this.set(tabId, { totals });
    const open = this.state.openTabId === tabId && tab.visit.durationMs >= this.timings.shortestVisitMs;
    const record = aggregateOf(open ? addVisit(totals, tab.visit) : totals, tabId, closedAt);
    this.aggregates.set(`${record.owner} ${record.id} ${record.startedAt}`, record);
  }

  endOpen() {
    const { state } = this;
    if (state.openTabId === null) return;
    const tabId = state.openTabId;
    const visit = endVisit(this.open);
    state.openTabId = null;
    if (visit.durationMs < this.timings.shortestVisitMs) {
      this.set(tabId, { visit: null });
      return;
    }
    this.set(tabId, { visit, totals: addVisit(this.tabs.get(tabId).totals, visit) });
    this.ended = true;
    this.markChanged(tabId);
  }

  /** The browser that this state tells of is gone: everything ends at its last sign of life. */
  endBrowserRun() {
    const { state } = this;
    for (const tabId of [...this.tabs.keys()]) this.closeTab(tabId, state.lastSeen);
    Object.assign(state, { activeTabs: {}, windowId: null, openTabId: null });
  }

  ensureTab(tabId, windowId) {
    if (this.tabs.has(tabId)) return;
    this.tabs.set(tabId, {
      id: tabId, windowId, audible: false, page: null, title: '', failed: null,
      metadata: {}, totals: beginTotals(this.state.owner, this.now), visit: null,
    });
  }

  closeTab(tabId, closedAt) {
    if (!this.tabs.has(tabId)) return;
    if (this.state.openTabId === tabId) this.endOpen();
    const tab = this.tabs.get(tabId);
    if (tab.visit) {
      this.set(tabId, { visit: { ...tab.visit, closedAt } });
      this.markVisitChanged(tabId);
    }
    if (tab.totals.pages > 0) this.markAggregateChanged(tabId, closedAt);
    this.leaveWindow(tabId);
    this.tabs.delete(tabId);
  }

  replaceTab(oldTabId, tabId) {
    const old = this.tabs.get(oldTabId);
    if (!old) return;
    const wasActive = this.state.activeTabs[old.windowId] === oldTabId;
    this.closeTab(oldTabId, this.now);
    this.ensureTab(tabId, old.windowId);
    this.set(tabId, { page: old.page, title: old.title, audible: old.audible, metadata: old.metadata });
    if (wasActive) this.activate(tabId, old.windowId);
  }

  changeActive() {
    this.state.activeTabs = { ...this.state.activeTabs };
    return this.state.activeTabs;
  }

  activate(tabId, windowId) {
    this.changeActive()[windowId] = tabId;
    this.state.windowId ??= windowId;
  }

  leaveWindow(tabId) {
    const active = this.changeActive();
    for (const windowId of Object.keys(active)) if (active[windowId] === tabId) delete active[windowId];
  }

  /** The tab shows another page now; the same page again, as after a reload, changes nothing. */
  showPage(tabId, url) {
    const tab = this.tabs.get(tabId);
    const page = this.state.pausedUntil === null ? pageOf(url, this.state.rules) : null;
    if (tab.page && page && samePage(tab.page.url, page.url)) return;
    // A page that changes in front of nobody's eyes is rare enough to take it for somebody's doing.
    if (this.event.type === 'navigated' && this.state.activeTabs[this.state.windowId] === tabId) this.state.asleep = false;
    this.leavePage(tabId);
    this.set(tabId, { page, failed: null, metadata: {}, title: page && this.event.sameDocument ? tab.title : '' });
  }

  leavePage(tabId) {
    if (this.state.openTabId === tabId) this.endOpen();
    this.set(tabId, { visit: null });
  }

  updateTab() {
    const { event } = this;
    const tab = this.tabs.get(event.tabId);
    if (!tab) return;
    if (event.audible !== undefined) this.set(event.tabId, { audible: event.audible });
    if (event.title === undefined || !tab.page) return;
    // Until a page has a title, browsers show its address in that place.
    const title = tab.page.nameless || isUrlAsTitle(event.title, tab.page.url) ? '' : event.title;
    if (title === '' && tab.title !== '' && !tab.page.nameless) return;
    this.set(event.tabId, { title });
    this.changeVisit(event.tabId, { title });
  }

  applyMetadata() {
    const { state, event } = this;
    const tab = this.tabs.get(event.tabId);
    const page = pageOf(event.url, state.rules);
    if (!tab?.page || !page || page.nameless || !samePage(tab.page.url, page.url)) return;
    this.set(event.tabId, { metadata: event.metadata });
    this.changeVisit(event.tabId, { metadata: event.metadata });
  }

  /** Changes what the latest visit of a tab says of its page, ended or not. */
  changeVisit(tabId, changes) {
    const { visit } = this.tabs.get(tabId);
    if (!visit || this.state.pausedUntil !== null) return;
    if (Object.keys(changes).every((key) => JSON.stringify(visit[key]) === JSON.stringify(changes[key]))) return;
    this.set(tabId, { visit: { ...visit, ...changes } });
    if (visit.endedAt !== null) this.markVisitChanged(tabId);
  }

  /** Brings the state in line with the tabs that the browser has. */
  applySnapshot(fresh, newRules = false) {
    const { state, event } = this;
    const present = new Set(event.tabs.map((tab) => tab.tabId));
    for (const tabId of [...this.tabs.keys()]) if (!present.has(tabId)) this.closeTab(tabId, this.now);
    for (const tab of event.tabs) {
      this.ensureTab(tab.tabId, tab.windowId);
      if (this.tabs.get(tab.tabId).windowId !== tab.windowId) {
        this.leaveWindow(tab.tabId);
        this.set(tab.tabId, { windowId: tab.windowId });
      }
      this.set(tab.tabId, { audible: Boolean(tab.audible) });
      const known = this.tabs.get(tab.tabId);
      const page = pageOf(tab.url, state.rules);
      const stale = newRules && known.page && page && known.page.nameless !== page.nameless;
      if ((page?.url ?? null) !== known.failed || known.failed === null) {
        if (stale) this.leavePage(tab.tabId), this.set(tab.tabId, { page: null });
        this.showPage(tab.tabId, tab.url);
      }
      if (tab.active) this.changeActive()[tab.windowId] = tab.tabId;
      if (tab.title && !this.tabs.get(tab.tabId).title) this.applyTitle(tab);
    }
    const windowIds = event.windows.map((window) => window.windowId);
    for (const windowId of Object.keys(state.activeTabs)) {
      if (!windowIds.includes(Number(windowId))) delete this.changeActive()[windowId];
    }
    const inFront = event.windows.find((window) => window.focused) ?? event.windows.find((window) => window.last);
    if (fresh || !windowIds.includes(state.windowId)) {
      state.windowId = inFront?.windowId ?? windowIds[0] ?? null;
      state.focusedId = inFront?.focused ? inFront.windowId : null;
    }
  }

  applyTitle({ tabId, title }) {
    const { event } = this;
    this.event = { ...event, tabId, title, audible: undefined };
    this.updateTab();
    this.event = event;
  }

  changeOwner() {
    const { state, event } = this;
    if (event.owner === state.owner) return;
    const adopted = event.adopt && state.owner === '';
    if (!adopted) this.endOpen();
    state.owner = event.owner;
    for (const [tabId, tab] of this.tabs) {
      if (adopted) {
        this.set(tabId, {
          totals: { ...tab.totals, owner: event.owner },
          visit: tab.visit && { ...tab.visit, owner: event.owner },
        });
      } else {
        // Totals of one person never contain what another did in the same tab.
        this.set(tabId, { totals: beginTotals(event.owner, this.now), visit: null });
      }
    }
  }

  /** The records are gone: what goes on begins anew, under keys that the server has not seen. */
  restartRecords() {
    this.state.openTabId = null;
    for (const tabId of [...this.tabs.keys()]) {
      this.set(tabId, { totals: beginTotals(this.state.owner, this.now), visit: null });
    }
  }
}

function isUrlAsTitle(title, url) {
  const bare = (text) => text.replace(/^https?:\/\//i, '').replace(/\/$/, '');
  const [shown, address] = [bare(title), bare(url)];
  // Where the rules cut the address, what they cut would still stand in the title.
  return shown === address || shown.startsWith(`${address}?`) || shown.startsWith(`${address}#`);
}
