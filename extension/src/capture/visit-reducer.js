/**
 * The reducer: (state, tabs, event) → (state, tabs, changed records). It is pure: it reads no clock, makes no ids and
 * asks the browser nothing. A trace of events always yields the same records.
 */
import { changeOwner, dropErased, restartRecords } from './owners-and-erasures.js';
import { applyMetadata, loseDocument, losePage, showPage, updateTab } from './pages-and-titles.js';
import { followsGap } from './presence.js';
import { allowedTotals, pageOf, samePage } from './recording-rules.js';
import { Step } from './reducer-step.js';
import {
  activate, applySnapshot, attachTab, closeTab, endBrowserRun, ensureTab, movedVisit, replaceTab, showsTheSame,
} from './tabs-and-windows.js';
import { beginVisit, reachedAt, withAwayReason, withTime } from './visits-and-totals.js';

export { firstState } from './recording-state.js';

/**
 * @typedef {import('./recording-state.js').State} State
 * @typedef {import('./recording-state.js').Tabs} Tabs
 * @typedef {import('./recording-state.js').Event} Event
 * @typedef {import('./visits-and-totals.js').Visit} Visit
 * @typedef {import('./visits-and-totals.js').Aggregate} Aggregate
 * @typedef {import('../timings.js').Timings} Timings
 */

/**
 * @param {State} before
 * @param {Tabs} tabsBefore
 * @param {Event} event
 * @param {Timings} timings
 * @returns {{state: State, tabs: Tabs, visits: Visit[], aggregates: Aggregate[], ended: boolean}}
 */
export function reduce(before, tabsBefore, event, timings) {
  const fresh = event.type === 'start' && event.fresh && !(event.reinstalled && showsTheSame(tabsBefore, event.tabs));
  const step = new Step(before, tabsBefore, event, timings, fresh);
  passTime(step);
  apply(step);
  updateOpenVisit(step);
  return step.result();
}

/** @param {Step} step */
function passTime(step) {
  const { state, event } = step;
  const byDate = event.now - state.lastSeen;
  const byTick = event.run && event.run === state.run ? (event.tick ?? 0) - state.tick : null;
  const unseen = (event.type === 'snapshot' || event.type === 'start') && event.unseen;
  // A tick that also counts while the machine sleeps tells a clock that was set from sleep.
  const passed = event.ticksInSleep && byTick !== null ? byTick : Math.max(byDate, byTick ?? 0);
  if (step.fresh) {
    endBrowserRun(step);
  } else if (unseen || followsGap(state, step.tabs, passed, step.timings)) {
    // The machine slept or was off, or its clock was set. Nothing says whether the person was there.
    if (step.open && !unseen && byTick !== null && !followsGap(state, step.tabs, byTick, step.timings)) {
      // This run measured the time that the machine was awake. A date that jumped does not take it away.
      step.open = withTime(step.open, Math.max(0, byTick), step.away() === null);
    }
    step.endOpen();
    if (event.idleAfterGap) state.idle = event.idleAfterGap;
    state.asleep = state.idle !== 'active';
  } else if (step.open && event.goneTabId !== state.openTabId) {
    // A clock set forward shows in the date alone. A clock set back makes the date's difference negative.
    const ms = byTick === null ? byDate : byDate < 0 ? byTick : Math.min(byDate, byTick);
    step.open = withTime(step.open, Math.max(0, ms), step.away() === null);
  }
  state.lastSeen = event.now;
  state.run = event.run ?? '';
  state.tick = event.tick ?? 0;
  // Pages are not followed during a pause, so a pause ends only with an event that brings the tabs.
  if (typeof state.pausedUntil === 'number' && event.now >= state.pausedUntil && 'tabs' in event) state.pausedUntil = null;
}

/** @param {Step} step */
function apply(step) {
  const { state, event } = step;
  switch (event.type) {
    case 'start':
      if (step.fresh) {
        state.idle = event.idle ?? 'active';
        state.fullscreen = false;
        state.asleep = false;
      }
      applySnapshot(step, event, { fresh: step.fresh });
      break;
    case 'snapshot':
      applySnapshot(step, event);
      break;
    case 'created':
      ensureTab(step, event.tabId, event.windowId);
      if (event.active) activate(step, event.tabId, event.windowId);
      break;
    case 'removed':
      closeTab(step, event.tabId, event.now);
      break;
    case 'replaced':
      replaceTab(step, event.oldTabId, event.tabId);
      break;
    case 'activated':
      ensureTab(step, event.tabId, event.windowId);
      step.set(event.tabId, { windowId: event.windowId });
      activate(step, event.tabId, event.windowId);
      state.asleep = false;
      break;
    case 'navigated':
      ensureTab(step, event.tabId, event.windowId ?? null);
      if (event.documentId) step.set(event.tabId, { documentId: event.documentId });
      showPage(step, event.tabId, event.url);
      break;
    case 'detached':
      state.moving = null;
      if (event.tabId === state.openTabId && step.open) {
        state.moving = { tabId: event.tabId, at: event.now, visit: step.open, totals: step.tab(event.tabId).totals };
      }
      break;
    case 'attached':
      applySnapshot(step, event);
      attachTab(step, event.tabId, event.windowId);
      break;
    case 'failed':
      if (step.tabs.has(event.tabId)) losePage(step, event.tabId, pageOf(event.url, state.rules)?.url ?? null);
      break;
    case 'updated':
      updateTab(step, event);
      break;
    case 'metadata':
      applyMetadata(step, event);
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
      applySnapshot(step, event, { newRules: true });
      for (const [tabId, { totals, before }] of step.tabs) {
        const allowed = before && { ...before, totals: allowedTotals(before.totals, event.rules) };
        step.set(tabId, { totals: allowedTotals(totals, event.rules), before: allowed });
      }
      if (state.moving) state.moving = { ...state.moving, totals: allowedTotals(state.moving.totals, event.rules) };
      break;
    case 'pause':
      state.pausedUntil = event.until;
      if (event.until === null) applySnapshot(step, event);
      else for (const tabId of [...step.tabs.keys()]) showPage(step, tabId, '');
      break;
    case 'owner':
      changeOwner(step, event);
      break;
    case 'erased':
      dropErased(step, event.erasures);
      break;
    case 'presence':
      state.soundCounts = event.soundCounts;
      break;
    case 'erase':
      restartRecords(step);
      break;
  }
  // Chromium on X11 sends focus events one step late. The browser's answer is right, so it wins over all events.
  if (event.seenFocus !== undefined) state.focusedId = event.seenFocus;
  if (event.seenMinimized !== undefined) state.minimized = event.seenMinimized;
  if (event.goneTabId !== undefined) loseDocument(step, event.goneTabId);
}

/**
 * The tab in front, or null when it shows no page that may be recorded.
 * @param {Step} step
 */
function frontTab(step) {
  const { state } = step;
  if (state.asleep || state.pausedUntil !== null || state.windowId === null) return null;
  const tab = step.tabs.get(state.activeTabs[state.windowId]);
  return tab?.page ? tab : null;
}

/**
 * Ends and begins visits as the tab in front demands, and brings the open visit's idle periods up to date.
 * @param {Step} step
 */
function updateOpenVisit(step) {
  const { state, event } = step;
  // A new window may get the focus before its first tab is known. The tabs of a private window are never known, so
  // focus on it counts as away.
  state.focused = state.focusedId !== null && state.activeTabs[state.focusedId] !== undefined;
  if (state.focused) {
    state.windowId = state.focusedId;
    state.minimized = false;
  }
  const front = frontTab(step);
  if (step.open && !(front?.page && front.id === state.openTabId && samePage(step.open.url, front.page.url))) step.endOpen();
  // A locked screen shows nothing. A page that comes to the front behind it begins its visit after unlocking.
  if (!step.open && front?.page && state.idle !== 'locked') {
    state.openTabId = front.id;
    step.set(front.id, {
      visit: movedVisit(step, front) ?? beginVisit({
        id: `pv_${event.now}_${event.nonce}`, owner: state.owner, tabId: front.recordedAs ?? front.id, page: front.page, title: front.title,
        metadata: front.metadata, now: event.now,
      }),
    });
  }
  if (!step.open) return;
  step.open = withAwayReason(step.open, step.away(), resumedBy(step));
  if (event.type === 'heartbeat') {
    step.open = { ...step.open, heartbeatAt: reachedAt(step.open) };
    step.markChanged(/** @type {number} */ (state.openTabId));
  }
}

/** @param {Step} step */
function resumedBy(step) {
  if (step.away() !== null) return null;
  return step.event.type === 'focus' ? 'focused' : step.event.type === 'updated' ? 'audible' : 'active';
}
