/**
 * The reducer: (state, tabs, event) → (state, tabs, changed records). It is pure: it reads no clock, makes no ids and
 * asks the browser nothing. A trace of events always yields the same records.
 *
 * Each event has `type` and `now` (ms since the epoch). The recorder adds `run` and `tick`: the id of this run of the
 * background and the ms since the run began. It also adds `idleAfterGap`, the browser's word on the person, after a
 * long silence.
 *
 * @typedef {import('./visits-and-totals.js').Visit} Visit
 * @typedef {import('./visits-and-totals.js').Totals} Totals
 * @typedef {import('./visits-and-totals.js').Aggregate} Aggregate
 * @typedef {import('./visits-and-totals.js').AwayReason} AwayReason
 * @typedef {import('./recording-rules.js').Rules} Rules
 * @typedef {import('../timings.js').Timings} Timings
 *
 * @typedef {'active' | 'idle' | 'locked'} IdleState
 * @typedef {number | 'resumed' | null} PausedUntil  `resumed`: until the person resumes
 * @typedef {{tabId: number, windowId: number, active: boolean, url?: string, title?: string, audible?: boolean}} SeenTab
 * @typedef {{windowId: number, focused: boolean, last?: boolean}} SeenWindow
 * @typedef {{tabs: SeenTab[], windows: SeenWindow[]}} Snapshot  the browser's tabs and windows at this moment
 *
 * @typedef {{now: number, run?: string, tick?: number, ticksInSleep?: boolean, nonce?: string, idleAfterGap?: IdleState,
 *   seenFocus?: number | null, seenMinimized?: boolean, goneTabId?: number}} EventBase  `seenFocus`: the window that has the
 *   focus by the browser's own answer. `seenMinimized`: the window that had it last is minimised. `goneTabId`: the tab in front, whose page has crashed.
 * @typedef {EventBase & {type: 'updated', tabId: number, title?: string, url?: string, read?: boolean, audible?: boolean,
 *   documentId?: string | null}} UpdatedEvent
 *   `url` is the tab's URL at that moment. A `read` title was not announced, it stood in the tab. `documentId`: the
 *   document that the tab holds now.
 * @typedef {EventBase & {type: 'metadata', tabId: number, url: string, metadata: object}} MetadataEvent
 * @typedef {EventBase & {type: 'owner', owner: string, adopt: boolean}} OwnerEvent
 * @typedef {(EventBase & {type: 'start', fresh: boolean, reinstalled?: boolean, unseen?: boolean, idle?: IdleState} & Snapshot)
 *   | (EventBase & {type: 'snapshot', unseen?: boolean} & Snapshot)
 *   | (EventBase & {type: 'created', tabId: number, windowId: number, active: boolean})
 *   | (EventBase & {type: 'removed', tabId: number})
 *   | (EventBase & {type: 'replaced', tabId: number, oldTabId: number})
 *   | (EventBase & {type: 'activated', tabId: number, windowId: number})
 *   | (EventBase & {type: 'detached', tabId: number})
 *   | (EventBase & {type: 'attached', tabId: number, windowId: number} & Snapshot)
 *   | (EventBase & {type: 'navigated', tabId: number, url: string, sameDocument?: boolean, windowId?: number, documentId?: string})
 *   | (EventBase & {type: 'failed', tabId: number, url: string})
 *   | UpdatedEvent | MetadataEvent | OwnerEvent
 *   | (EventBase & {type: 'focus', windowId: number | null})
 *   | (EventBase & {type: 'idle', idle: IdleState, fullscreen?: boolean})
 *   | (EventBase & {type: 'heartbeat', fullscreen?: boolean})
 *   | (EventBase & {type: 'rules', rules: Rules} & Snapshot)
 *   | (EventBase & {type: 'pause', until: number | 'resumed'})
 *   | (EventBase & {type: 'pause', until: null} & Snapshot)
 *   | (EventBase & {type: 'erased', erasures: import('./erasure-rules.js').Erasure[]})
 *   | (EventBase & {type: 'presence', soundCounts: boolean})
 *   | (EventBase & {type: 'erase'})} Event
 *   `start`: the background began; `fresh`: the browser began too, or, where `reinstalled`, perhaps the extension alone. `unseen`: events before this snapshot are lost.
 *
 * @typedef {{id: number, windowId: number | null, audible: boolean, page: import('./recording-rules.js').Page | null,
 *   title: string, failed: string | null, metadata: object, totals: Totals, visit: Visit | null,
 *   before?: {at: number, visit: Visit, totals: Totals} | null, retitled?: {at: number, old: string} | null,
 *   anchor?: {at: number, url: string} | null, early?: {url: string, title: string} | null, withheld?: boolean,
 *   leftAt?: number | null, documentId?: string | null, recordedAs?: number}} Tab
 *   `visit` is the latest visit of the present page, ended or not. `failed` is the URL of the error page in the tab.
 *   `before` is the visit that the latest same-document change ended, with the totals without it. `retitled`: when the
 *   title changed last, and the title before. `anchor`: the latest jump within the page. `early` is the title of a page
 *   whose navigation is not known yet. `leftAt`: when the visit ended, until its late title has come. `withheld`: the tab still shows the title of a page that is not recorded.
 *   `documentId`: the document that was committed last. `recordedAs`: the number of this tab in records, where the browser has given it another id since.
 * @typedef {{owner: string, lastSeen: number, run: string, tick: number, idle: IdleState, fullscreen: boolean,
 *   focused: boolean, focusedId: number | null, asleep: boolean, windowId: number | null,
 *   activeTabs: Record<number, number>, openTabId: number | null, pausedUntil: PausedUntil, rules: Rules,
 *   minimized?: boolean, soundCounts?: boolean, moving?: {tabId: number, at: number, visit: Visit, totals: Totals} | null}} State
 *   `windowId` is the window in front, `focusedId` the window that the browser called focused. `asleep`: the machine
 *   woke and nobody has been seen since. `openTabId` is the tab of the visit that goes on. `minimized`: the window in
 *   front is minimised. `soundCounts`: a page with sound is watched while another program has the focus, too; the person
 *   can switch that off. `moving`: the tab in front that was taken out of its window last, its open visit then, and the
 *   totals without that visit.
 * @typedef {Map<number, Tab>} Tabs
 */
import { erasesVisit, totalsAfter } from './erasure-rules.js';
import { awayReason, followsGap } from './presence.js';
import { MAX_TITLE, NO_RULES, allowedTotals, cutText, pageOf, samePage } from './recording-rules.js';
import {
  addVisit, aggregateOf, beginTotals, beginVisit, endVisit, reachedAt, resumeVisit, withAddress, withAwayReason, withTime,
} from './visits-and-totals.js';

/** A title that changes so shortly before a same-document change belongs to the new address. */
const TITLE_LEADS_MS = 500;
/** A visit that has ended takes one more title for so long. Titles that blink for attention come later and again. */
const LATE_TITLE_MS = 10_000;
/** A title that changes so shortly after a jump within the page makes the jump a page of its own. */
const TITLE_FOLLOWS_MS = 1500;

/**
 * @param {number} now
 * @returns {State}
 */
export function firstState(now) {
  return {
    owner: '', lastSeen: now, run: '', tick: 0, idle: 'active', fullscreen: false, focused: false, focusedId: null, asleep: false,
    windowId: null, activeTabs: {}, openTabId: null, pausedUntil: null, rules: NO_RULES,
  };
}

/**
 * @param {State} before
 * @param {Tabs} tabsBefore
 * @param {Event} event
 * @param {Timings} timings
 * @returns {{state: State, tabs: Tabs, visits: Visit[], aggregates: Aggregate[], ended: boolean}}
 */
export function reduce(before, tabsBefore, event, timings) {
  const step = new Step(before, tabsBefore, event, timings);
  step.passTime();
  step.apply();
  step.updateOpenVisit();
  return step.result();
}

/** The work on one event. It copies state and tabs, so the arguments of `reduce` stay as they are. */
class Step {
  /**
   * @param {State} state
   * @param {Tabs} tabs
   * @param {Event} event
   * @param {Timings} timings
   */
  constructor(state, tabs, event, timings) {
    this.state = { ...state };
    this.tabs = new Map(tabs);
    this.event = event;
    this.timings = timings;
    /** @type {Map<string, Visit>} */
    this.visits = new Map();
    /** @type {Map<string, Aggregate>} */
    this.aggregates = new Map();
    this.ended = false;
    this.fresh = event.type === 'start' && event.fresh && !(event.reinstalled && showsTheSame(tabs, event.tabs));
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

  passTime() {
    const { state, event } = this;
    const byDate = event.now - state.lastSeen;
    const byTick = event.run && event.run === state.run ? (event.tick ?? 0) - state.tick : null;
    const unseen = (event.type === 'snapshot' || event.type === 'start') && event.unseen;
    // A tick that also counts while the machine sleeps tells a clock that was set from sleep.
    const passed = event.ticksInSleep && byTick !== null ? byTick : Math.max(byDate, byTick ?? 0);
    if (this.fresh) {
      this.endBrowserRun();
    } else if (unseen || followsGap(state, this.tabs, passed, this.timings)) {
      // The machine slept or was off, or its clock was set. Nothing says whether the person was there.
      if (this.open && !unseen && byTick !== null && !followsGap(state, this.tabs, byTick, this.timings)) {
        // This run measured the time that the machine was awake. A date that jumped does not take it away.
        this.open = withTime(this.open, Math.max(0, byTick), this.away() === null);
      }
      this.endOpen();
      if (event.idleAfterGap) state.idle = event.idleAfterGap;
      state.asleep = state.idle !== 'active';
    } else if (this.open && event.goneTabId !== state.openTabId) {
      // A clock set forward shows in the date alone. A clock set back makes the date's difference negative.
      const ms = byTick === null ? byDate : byDate < 0 ? byTick : Math.min(byDate, byTick);
      this.open = withTime(this.open, Math.max(0, ms), this.away() === null);
    }
    state.lastSeen = event.now;
    state.run = event.run ?? '';
    state.tick = event.tick ?? 0;
    // Pages are not followed during a pause, so a pause ends only with an event that brings the tabs.
    if (typeof state.pausedUntil === 'number' && event.now >= state.pausedUntil && 'tabs' in event) state.pausedUntil = null;
  }

  apply() {
    const { state, event } = this;
    switch (event.type) {
      case 'start':
        if (this.fresh) {
          state.idle = event.idle ?? 'active';
          state.fullscreen = false;
          state.asleep = false;
        }
        this.applySnapshot(event, { fresh: this.fresh });
        break;
      case 'snapshot':
        this.applySnapshot(event);
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
        if (event.documentId) this.set(event.tabId, { documentId: event.documentId });
        this.showPage(event.tabId, event.url);
        break;
      case 'detached':
        state.moving = null;
        if (event.tabId === state.openTabId && this.open) {
          state.moving = { tabId: event.tabId, at: event.now, visit: this.open, totals: this.tab(event.tabId).totals };
        }
        break;
      case 'attached':
        this.applySnapshot(event);
        this.attachTab(event.tabId, event.windowId);
        break;
      case 'failed':
        if (this.tabs.has(event.tabId)) this.losePage(event.tabId, pageOf(event.url, state.rules)?.url ?? null);
        break;
      case 'updated':
        this.updateTab(event);
        break;
      case 'metadata':
        this.applyMetadata(event);
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
        this.applySnapshot(event, { newRules: true });
        for (const [tabId, { totals, before }] of this.tabs) {
          const allowed = before && { ...before, totals: allowedTotals(before.totals, event.rules) };
          this.set(tabId, { totals: allowedTotals(totals, event.rules), before: allowed });
        }
        if (state.moving) state.moving = { ...state.moving, totals: allowedTotals(state.moving.totals, event.rules) };
        break;
      case 'pause':
        state.pausedUntil = event.until;
        if (event.until === null) this.applySnapshot(event);
        else for (const tabId of [...this.tabs.keys()]) this.showPage(tabId, '');
        break;
      case 'owner':
        this.changeOwner(event);
        break;
      case 'erased':
        this.dropErased(event.erasures);
        break;
      case 'presence':
        state.soundCounts = event.soundCounts;
        break;
      case 'erase':
        this.restartRecords();
        break;
    }
    // Chromium on X11 sends focus events one step late. The browser's answer is right, so it wins over all events.
    if (event.seenFocus !== undefined) state.focusedId = event.seenFocus;
    if (event.seenMinimized !== undefined) state.minimized = event.seenMinimized;
    if (event.goneTabId !== undefined) this.loseDocument(event.goneTabId);
  }

  /**
   * Takes the page from a tab whose document has crashed. The browser goes on to call the page's URL the tab's.
   * @param {number} tabId
   */
  loseDocument(tabId) {
    const page = this.tabs.get(tabId)?.page;
    if (page) this.losePage(tabId, page.url);
  }

  /**
   * Takes the page from a tab that shows an error page in its place.
   * @param {number} tabId
   * @param {string | null} url  the tab's URL by the browser
   */
  losePage(tabId, url) {
    this.leavePage(tabId);
    this.set(tabId, { page: null, failed: url, title: '' });
  }

  /**
   * A tab that was in front and is shown in its new window is in front, also before that window has the focus.
   * @param {number} tabId
   * @param {number} windowId
   */
  attachTab(tabId, windowId) {
    const { state } = this;
    if (state.moving?.tabId === tabId && state.activeTabs[windowId] === tabId) state.windowId = windowId;
  }

  /**
   * The visit of a tab that was moved between windows and is in front again at once: it goes on. Else null.
   * @param {Tab} tab  with a page
   * @returns {Visit | null}
   */
  movedVisit(tab) {
    const { moving, owner } = this.state;
    if (!moving || moving.tabId !== tab.id || !tab.page || moving.visit.owner !== owner) return null;
    const away = this.now - moving.at;
    if (away < 0 || away >= this.timings.shortestVisitMs || !samePage(moving.visit.url, tab.page.url)) return null;
    this.set(tab.id, { totals: { ...moving.totals, revision: tab.totals.revision } });
    return withTime({ ...moving.visit, revision: tab.visit?.revision ?? moving.visit.revision }, away, true);
  }

  away() {
    return awayReason(this.state, this.tabs);
  }

  /** The tab in front, or null when it shows no page that may be recorded. */
  frontTab() {
    const { state } = this;
    if (state.asleep || state.pausedUntil !== null || state.windowId === null) return null;
    const tab = this.tabs.get(state.activeTabs[state.windowId]);
    return tab?.page ? tab : null;
  }

  /** Ends and begins visits as the tab in front demands, and brings the open visit's idle periods up to date. */
  updateOpenVisit() {
    const { state, event } = this;
    // A new window may get the focus before its first tab is known. The tabs of a private window are never known, so
    // focus on it counts as away.
    state.focused = state.focusedId !== null && state.activeTabs[state.focusedId] !== undefined;
    if (state.focused) {
      state.windowId = state.focusedId;
      state.minimized = false;
    }
    const front = this.frontTab();
    if (this.open && !(front?.page && front.id === state.openTabId && samePage(this.open.url, front.page.url))) this.endOpen();
    // A locked screen shows nothing. A page that comes to the front behind it begins its visit after unlocking.
    if (!this.open && front?.page && state.idle !== 'locked') {
      state.openTabId = front.id;
      this.set(front.id, {
        visit: this.movedVisit(front) ?? beginVisit({
          id: `pv_${event.now}_${event.nonce}`, owner: state.owner, tabId: front.recordedAs ?? front.id, page: front.page, title: front.title,
          metadata: front.metadata, now: event.now,
        }),
      });
    }
    if (!this.open) return;
    this.open = withAwayReason(this.open, this.away(), this.resumedBy());
    if (event.type === 'heartbeat') {
      this.open = { ...this.open, heartbeatAt: reachedAt(this.open) };
      this.markChanged(/** @type {number} */ (state.openTabId));
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

  /** Closes all tabs at the last instant that was seen: the browser was started anew. */
  endBrowserRun() {
    const { state } = this;
    for (const tabId of [...this.tabs.keys()]) this.closeTab(tabId, state.lastSeen);
    Object.assign(state, { activeTabs: {}, windowId: null, openTabId: null, moving: null });
  }

  /**
   * @param {number} tabId
   * @param {number | null} windowId
   */
  ensureTab(tabId, windowId) {
    if (this.tabs.has(tabId)) return;
    this.tabs.set(tabId, {
      id: tabId, windowId, audible: false, page: null, title: '', failed: null,
      metadata: {}, totals: beginTotals(this.state.owner, this.now), visit: null,
    });
  }

  /**
   * @param {number} tabId
   * @param {number} closedAt
   */
  closeTab(tabId, closedAt) {
    if (!this.tabs.has(tabId)) return;
    if (this.state.openTabId === tabId) this.endOpen();
    const tab = this.tab(tabId);
    if (tab.visit) {
      this.set(tabId, { visit: { ...tab.visit, closedAt } });
      this.markVisitChanged(tabId);
    }
    if (tab.totals.pages > 0) this.markAggregateChanged(tabId, closedAt);
    this.leaveWindow(tabId);
    this.tabs.delete(tabId);
  }

  /**
   * The browser gives a tab another id, as when it discards the page. Records go on under the first number.
   * @param {number} oldTabId
   * @param {number} tabId
   */
  replaceTab(oldTabId, tabId) {
    const { state } = this;
    const old = this.tabs.get(oldTabId);
    if (!old) return;
    if (this.tabs.has(tabId)) {
      this.closeTab(oldTabId, this.now);
      return;
    }
    this.tabs.set(tabId, { ...old, id: tabId, recordedAs: old.recordedAs ?? oldTabId });
    this.tabs.delete(oldTabId);
    if (state.openTabId === oldTabId) state.openTabId = tabId;
    if (old.windowId !== null && state.activeTabs[old.windowId] === oldTabId) this.activate(tabId, old.windowId);
  }

  /** A copy of the active tabs that may be changed. */
  changeActive() {
    this.state.activeTabs = { ...this.state.activeTabs };
    return this.state.activeTabs;
  }

  /**
   * @param {number} tabId
   * @param {number} windowId
   */
  activate(tabId, windowId) {
    this.changeActive()[windowId] = tabId;
    this.state.windowId ??= windowId;
  }

  /** @param {number} tabId */
  leaveWindow(tabId) {
    const active = this.changeActive();
    for (const windowId of Object.keys(active).map(Number)) if (active[windowId] === tabId) delete active[windowId];
  }

  /**
   * Sets the page of a tab. The same page again, as after a reload, changes nothing.
   * @param {number} tabId
   * @param {string | undefined} url
   */
  showPage(tabId, url) {
    const { state, event } = this;
    const tab = this.tab(tabId);
    const page = state.pausedUntil === null ? pageOf(url, state.rules) : null;
    const sameDocument = event.type === 'navigated' && Boolean(event.sameDocument);
    if (tab.page && page && samePage(tab.page.url, page.url)) {
      if (!sameDocument || tab.page.url === page.url) return;
      if (!this.titleLed(tab)) {
        this.set(tabId, { anchor: { at: this.now, url: page.url } });
        return;
      }
    }
    // A page in front seldom changes without a person, so a navigation counts as a sign of the person.
    if (event.type === 'navigated' && state.windowId !== null && state.activeTabs[state.windowId] === tabId) state.asleep = false;
    this.turnTo(tabId, page, sameDocument);
  }

  /** @param {Tab} tab */
  titleLed(tab) {
    return Boolean(tab.retitled) && this.now - (tab.retitled?.at ?? 0) <= TITLE_LEADS_MS;
  }

  /**
   * @param {number} tabId
   * @param {import('./recording-rules.js').Page | null} page
   * @param {boolean} sameDocument
   */
  turnTo(tabId, page, sameDocument) {
    const tab = this.tab(tabId);
    const early = page && tab.early && tab.early.url === page.url ? tab.early.title : null;
    const title = !page || page.nameless ? '' : early ?? (sameDocument ? tab.title : '');
    const old = tab.retitled?.old ?? '';
    const led = sameDocument && this.titleLed(tab) && tab.visit?.title === tab.title;
    if (led && (old !== '' || !page)) this.changeVisit(tabId, { title: old });
    if (page && sameDocument && this.state.openTabId === tabId) this.changeAddress(tabId, page, title);
    else this.leavePage(tabId);
    const withheld = sameDocument && early === null && (!tab.page || tab.page.nameless || Boolean(tab.withheld));
    this.set(tabId, { page, failed: null, metadata: {}, title, retitled: null, anchor: null, early: null, withheld });
  }

  /** @param {number} tabId */
  leavePage(tabId) {
    if (this.state.openTabId === tabId) this.endOpen();
    this.set(tabId, { visit: null, before: null });
  }

  /**
   * Gives the open visit of a tab another address of the same document. The visit ends only if its address was in front
   * for a second. A visit that ended for the sake of a shorter address goes on when its address comes back.
   * @param {number} tabId
   * @param {import('./recording-rules.js').Page} page
   * @param {string} title
   */
  changeAddress(tabId, page, title) {
    const { visit, totals, before } = this.tab(tabId);
    if (!visit) return;
    const shortest = this.timings.shortestVisitMs;
    if (visit.durationMs - (visit.addressMs ?? 0) >= shortest) {
      this.endOpen();
      const ended = this.tab(tabId).visit;
      this.set(tabId, { visit: null, before: ended && { at: this.now, visit: ended, totals } });
    } else if (before && before.at === visit.startedAt && visit.durationMs < shortest && samePage(before.visit.url, page.url)) {
      const resumed = resumeVisit(before.visit, visit);
      this.set(tabId, { visit: resumed, before: null, totals: { ...before.totals, revision: totals.revision } });
    } else {
      this.set(tabId, { visit: withAddress(visit, page, title) });
    }
  }

  /** @param {Omit<UpdatedEvent, 'type' | 'now'>} update */
  updateTab({ tabId, title, audible, url, read = false, documentId }) {
    const tab = this.tabs.get(tabId);
    if (!tab) return;
    if (audible !== undefined) this.set(tabId, { audible });
    // Firefox shows its report of a crash under the page's URL. That document was never committed.
    if (documentId !== undefined && tab.documentId && documentId !== tab.documentId) {
      this.loseDocument(tabId);
      return;
    }
    if (title === undefined || this.state.pausedUntil !== null || (read && tab.withheld)) return;
    if (url !== undefined && this.keepEarlyTitle(tab, url, title)) return;
    if (!tab.page) return;
    // Browsers show the URL as the title until the page has one.
    const shown = tab.page.nameless || isUrlAsTitle(title, tab.page.url) ? '' : cutText(title, MAX_TITLE);
    if (shown === tab.title || (shown === '' && !tab.page.nameless)) return;
    const { anchor } = tab;
    if (anchor && tab.title !== '' && this.now - anchor.at <= TITLE_FOLLOWS_MS) {
      this.turnTo(tabId, pageOf(anchor.url, this.state.rules), true);
      this.set(tabId, { title: shown });
    } else {
      this.set(tabId, { title: shown, withheld: false, retitled: { at: this.now, old: this.titleLed(tab) ? tab.retitled?.old ?? '' : tab.title } });
    }
    if (this.takesTitle(tabId)) this.changeVisit(tabId, { title: shown });
  }

  /**
   * True when the visit of a tab is open or takes its late title now.
   * @param {number} tabId
   */
  takesTitle(tabId) {
    const { visit, leftAt } = this.tab(tabId);
    if (!visit || visit.endedAt === null) return true;
    this.set(tabId, { leftAt: null });
    return typeof leftAt === 'number' && this.now - leftAt <= LATE_TITLE_MS;
  }

  /**
   * Keeps the title of another page than the tab's known one until its navigation comes. The result is false when the
   * title belongs to the known page.
   * @param {Tab} tab
   * @param {string} url
   * @param {string} title
   */
  keepEarlyTitle(tab, url, title) {
    const page = pageOf(url, this.state.rules);
    if (tab.page && page && samePage(tab.page.url, page.url)) return false;
    const kept = page && !page.nameless && page.url !== tab.failed && !isUrlAsTitle(title, page.url);
    this.set(tab.id, { early: kept ? { url: page.url, title: cutText(title, MAX_TITLE) } : null });
    return true;
  }

  /** @param {MetadataEvent} event */
  applyMetadata({ tabId, url, metadata }) {
    const tab = this.tabs.get(tabId);
    const page = pageOf(url, this.state.rules);
    if (!tab?.page || !page || page.nameless || !samePage(tab.page.url, page.url)) return;
    this.set(tabId, { metadata });
    this.changeVisit(tabId, { metadata });
  }

  /**
   * Changes the title or metadata of a tab's latest visit, ended or not.
   * @param {number} tabId
   * @param {{title: string} | {metadata: object}} changes
   */
  changeVisit(tabId, changes) {
    const { visit } = this.tab(tabId);
    if (!visit || this.state.pausedUntil !== null) return;
    const changed = { ...visit, ...changes };
    if (JSON.stringify([changed.title, changed.metadata]) === JSON.stringify([visit.title, visit.metadata])) return;
    this.set(tabId, { visit: changed });
    if (visit.endedAt !== null) this.markVisitChanged(tabId);
  }

  /**
   * Brings tabs, windows and pages in line with the browser.
   * @param {Snapshot} snapshot
   * @param {{fresh?: boolean, newRules?: boolean}} [options]
   */
  applySnapshot({ tabs, windows }, { fresh = false, newRules = false } = {}) {
    const present = new Set(tabs.map((tab) => tab.tabId));
    for (const tabId of [...this.tabs.keys()]) if (!present.has(tabId)) this.closeTab(tabId, this.now);
    for (const tab of tabs) this.applySeenTab(tab, newRules);
    this.applySeenWindows(windows, fresh);
  }

  /**
   * @param {SeenTab} seen
   * @param {boolean} newRules
   */
  applySeenTab(seen, newRules) {
    const { tabId, windowId } = seen;
    this.ensureTab(tabId, windowId);
    if (this.tab(tabId).windowId !== windowId) {
      this.leaveWindow(tabId);
      this.set(tabId, { windowId });
    }
    const known = this.set(tabId, { audible: Boolean(seen.audible) });
    const page = pageOf(seen.url, this.state.rules);
    if (known.failed === null || known.failed !== (page?.url ?? null)) {
      // The URL may stay the same when a rule changes whether the title is kept, and the page when one cuts its fragment.
      const cut = newRules && known.page ? pageOf(known.page.url, this.state.rules)?.url !== known.page.url : false;
      if (newRules && known.page && page && (cut || known.page.nameless !== page.nameless)) {
        this.leavePage(tabId);
        this.set(tabId, { page: null });
      }
      this.showPage(tabId, seen.url);
    }
    if (seen.active) this.changeActive()[windowId] = tabId;
    if (seen.title && !this.tab(tabId).title) this.updateTab({ tabId, title: seen.title, url: seen.url, read: true });
  }

  /**
   * @param {SeenWindow[]} windows
   * @param {boolean} fresh
   */
  applySeenWindows(windows, fresh) {
    const { state } = this;
    const windowIds = windows.map((window) => window.windowId);
    for (const windowId of Object.keys(state.activeTabs).map(Number)) {
      if (!windowIds.includes(windowId)) delete this.changeActive()[windowId];
    }
    if (!fresh && state.windowId !== null && windowIds.includes(state.windowId)) return;
    const inFront = windows.find((window) => window.focused) ?? windows.find((window) => window.last);
    state.windowId = inFront?.windowId ?? windowIds[0] ?? null;
    state.focusedId = inFront?.focused ? inFront.windowId : null;
  }

  /** @param {OwnerEvent} event */
  changeOwner({ owner, adopt }) {
    const { state } = this;
    if (owner === state.owner) return;
    const adopted = adopt && state.owner === '';
    if (!adopted) this.endOpen();
    state.owner = owner;
    for (const [tabId, tab] of this.tabs) {
      if (adopted) {
        this.set(tabId, { totals: { ...tab.totals, owner }, visit: tab.visit && { ...tab.visit, owner } });
      } else {
        // The totals of one person must not contain visits of another person in the same tab.
        this.set(tabId, { totals: beginTotals(owner, this.now), visit: null });
      }
    }
  }

  /**
   * Drops what the rules erase. Totals that lose something end here, and others begin: the server would take the erased
   * sites out of the old ones for good, also what is added later.
   * @param {import('./erasure-rules.js').Erasure[]} erasures
   */
  dropErased(erasures) {
    const { state } = this;
    // The tab that is being moved would bring its former visit and totals back.
    state.moving = null;
    for (const [tabId, { visit, before, totals, recordedAs }] of [...this.tabs]) {
      if (before && erasesVisit(erasures, before.visit)) this.set(tabId, { before: null });
      const isErased = visit !== null && erasesVisit(erasures, visit);
      const isOpen = isErased && state.openTabId === tabId;
      if (isErased) this.set(tabId, { visit: null, before: null, leftAt: null });
      if (isOpen) state.openTabId = null;
      const left = totalsAfter(erasures, totals);
      if (left === totals && !isOpen) continue;
      this.set(tabId, { totals: beginTotals(state.owner, this.now), before: null });
      const isStored = totals.pages > 0 || (isOpen && visit.durationMs >= this.timings.shortestVisitMs);
      if (!left || !isStored) continue;
      const record = aggregateOf({ ...left, revision: totals.revision + 1 }, recordedAs ?? tabId, null);
      this.aggregates.set(`${record.owner} ${record.id} ${record.startedAt}`, record);
    }
  }

  /** Begins all visits and totals anew after the records were erased. The server has not seen their new keys. */
  restartRecords() {
    this.state.openTabId = null;
    this.state.moving = null;
    for (const tabId of [...this.tabs.keys()]) {
      this.set(tabId, { totals: beginTotals(this.state.owner, this.now), visit: null });
    }
  }
}

/**
 * True when the browser still shows most of the known pages in the same tabs: it went on running.
 * @param {Tabs} tabs
 * @param {SeenTab[]} seen
 */
function showsTheSame(tabs, seen) {
  const known = [...tabs.values()].filter((tab) => tab.page);
  const same = known.filter((tab) => {
    const url = seen.find(({ tabId }) => tabId === tab.id)?.url;
    return url !== undefined && tab.page !== null && samePage(pageOf(url, NO_RULES)?.url ?? '', tab.page.url);
  });
  return known.length > 0 && same.length * 2 > known.length;
}

/**
 * True when a title is the page's URL.
 * @param {string} title
 * @param {string} url
 */
export function isUrlAsTitle(title, url) {
  const bare = (/** @type {string} */ text) => text.replace(/^https?:\/\//i, '').replace(/\/$/, '');
  const [shown, kept] = [bare(title), bare(url)];
  // A rule may have cut the query or fragment off the URL. The title must not bring it back.
  return shown === kept || shown.startsWith(`${kept}?`) || shown.startsWith(`${kept}#`);
}
