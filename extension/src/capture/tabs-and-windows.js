/** The tabs and windows of the browser, and which of them are in front. */
import { leavePage, showPage, updateTab } from './pages-and-titles.js';
import { NO_RULES, pageOf, samePage } from './recording-rules.js';
import { beginTotals, withTime } from './visits-and-totals.js';

/**
 * @typedef {import('./reducer-step.js').Step} Step
 * @typedef {import('./recording-state.js').Tab} Tab
 * @typedef {import('./recording-state.js').Tabs} Tabs
 * @typedef {import('./recording-state.js').SeenTab} SeenTab
 * @typedef {import('./recording-state.js').SeenWindow} SeenWindow
 * @typedef {import('./recording-state.js').Snapshot} Snapshot
 * @typedef {import('./visits-and-totals.js').Visit} Visit
 */

/**
 * A tab that was in front and is shown in its new window is in front, also before that window has the focus.
 * @param {Step} step
 * @param {number} tabId
 * @param {number} windowId
 */
export function attachTab(step, tabId, windowId) {
  const { state } = step;
  if (state.moving?.tabId === tabId && state.activeTabs[windowId] === tabId) state.windowId = windowId;
}

/**
 * The visit of a tab that was moved between windows and is in front again at once: it goes on. Else null.
 * @param {Step} step
 * @param {Tab} tab  with a page
 * @returns {Visit | null}
 */
export function movedVisit(step, tab) {
  const { moving, owner } = step.state;
  if (!moving || moving.tabId !== tab.id || !tab.page || moving.visit.owner !== owner) return null;
  const away = step.now - moving.at;
  if (away < 0 || away >= step.timings.shortestVisitMs || !samePage(moving.visit.url, tab.page.url)) return null;
  step.set(tab.id, { totals: { ...moving.totals, revision: tab.totals.revision } });
  return withTime({ ...moving.visit, revision: tab.visit?.revision ?? moving.visit.revision }, away, true);
}

/**
 * Closes all tabs at the last instant that was seen: the browser was started anew.
 * @param {Step} step
 */
export function endBrowserRun(step) {
  const { state } = step;
  for (const tabId of [...step.tabs.keys()]) closeTab(step, tabId, state.lastSeen);
  Object.assign(state, { activeTabs: {}, windowId: null, openTabId: null, moving: null });
}

/**
 * @param {Step} step
 * @param {number} tabId
 * @param {number | null} windowId
 */
export function ensureTab(step, tabId, windowId) {
  if (step.tabs.has(tabId)) return;
  step.tabs.set(tabId, {
    id: tabId, windowId, audible: false, page: null, title: '', failed: null,
    metadata: {}, totals: beginTotals(step.state.owner, step.now), visit: null,
  });
}

/**
 * @param {Step} step
 * @param {number} tabId
 * @param {number} closedAt
 */
export function closeTab(step, tabId, closedAt) {
  if (!step.tabs.has(tabId)) return;
  if (step.state.openTabId === tabId) step.endOpen();
  const tab = step.tab(tabId);
  if (tab.visit) {
    step.set(tabId, { visit: { ...tab.visit, closedAt } });
    step.markVisitChanged(tabId);
  }
  if (tab.totals.pages > 0) step.markAggregateChanged(tabId, closedAt);
  leaveWindow(step, tabId);
  step.tabs.delete(tabId);
}

/**
 * The browser gives a tab another id, as when it discards the page. Records go on under the first number.
 * @param {Step} step
 * @param {number} oldTabId
 * @param {number} tabId
 */
export function replaceTab(step, oldTabId, tabId) {
  const { state } = step;
  const old = step.tabs.get(oldTabId);
  if (!old) return;
  if (step.tabs.has(tabId)) {
    closeTab(step, oldTabId, step.now);
    return;
  }
  step.tabs.set(tabId, { ...old, id: tabId, recordedAs: old.recordedAs ?? oldTabId });
  step.tabs.delete(oldTabId);
  if (state.openTabId === oldTabId) state.openTabId = tabId;
  if (old.windowId !== null && state.activeTabs[old.windowId] === oldTabId) activate(step, tabId, old.windowId);
}

/**
 * A copy of the active tabs that may be changed.
 * @param {Step} step
 */
function changeActive(step) {
  step.state.activeTabs = { ...step.state.activeTabs };
  return step.state.activeTabs;
}

/**
 * @param {Step} step
 * @param {number} tabId
 * @param {number} windowId
 */
export function activate(step, tabId, windowId) {
  changeActive(step)[windowId] = tabId;
  step.state.windowId ??= windowId;
}

/**
 * @param {Step} step
 * @param {number} tabId
 */
function leaveWindow(step, tabId) {
  const active = changeActive(step);
  for (const windowId of Object.keys(active).map(Number)) if (active[windowId] === tabId) delete active[windowId];
}

/**
 * Brings tabs, windows and pages in line with the browser.
 * @param {Step} step
 * @param {Snapshot} snapshot
 * @param {{fresh?: boolean, newRules?: boolean}} [options]
 */
export function applySnapshot(step, { tabs, windows }, { fresh = false, newRules = false } = {}) {
  const present = new Set(tabs.map((tab) => tab.tabId));
  for (const tabId of [...step.tabs.keys()]) if (!present.has(tabId)) closeTab(step, tabId, step.now);
  for (const tab of tabs) applySeenTab(step, tab, newRules);
  applySeenWindows(step, windows, fresh);
}

/**
 * @param {Step} step
 * @param {SeenTab} seen
 * @param {boolean} newRules
 */
function applySeenTab(step, seen, newRules) {
  const { tabId, windowId } = seen;
  ensureTab(step, tabId, windowId);
  if (step.tab(tabId).windowId !== windowId) {
    leaveWindow(step, tabId);
    step.set(tabId, { windowId });
  }
  const known = step.set(tabId, { audible: Boolean(seen.audible) });
  const page = pageOf(seen.url, step.state.rules);
  if (known.failed === null || known.failed !== (page?.url ?? null)) {
    // The URL may stay the same when a rule changes whether the title is kept, and the page when one cuts its fragment.
    const cut = newRules && known.page ? pageOf(known.page.url, step.state.rules)?.url !== known.page.url : false;
    if (newRules && known.page && page && (cut || known.page.nameless !== page.nameless)) {
      leavePage(step, tabId);
      step.set(tabId, { page: null });
    }
    showPage(step, tabId, seen.url);
  }
  if (seen.active) changeActive(step)[windowId] = tabId;
  if (seen.title && !step.tab(tabId).title) updateTab(step, { tabId, title: seen.title, url: seen.url, read: true });
}

/**
 * @param {Step} step
 * @param {SeenWindow[]} windows
 * @param {boolean} fresh
 */
function applySeenWindows(step, windows, fresh) {
  const { state } = step;
  const windowIds = windows.map((window) => window.windowId);
  for (const windowId of Object.keys(state.activeTabs).map(Number)) {
    if (!windowIds.includes(windowId)) delete changeActive(step)[windowId];
  }
  if (!fresh && state.windowId !== null && windowIds.includes(state.windowId)) return;
  const inFront = windows.find((window) => window.focused) ?? windows.find((window) => window.last);
  state.windowId = inFront?.windowId ?? windowIds[0] ?? null;
  state.focusedId = inFront?.focused ? inFront.windowId : null;
}

/**
 * True when the browser still shows most of the known pages in the same tabs: it went on running.
 * @param {Tabs} tabs
 * @param {SeenTab[]} seen
 */
export function showsTheSame(tabs, seen) {
  const known = [...tabs.values()].filter((tab) => tab.page);
  const same = known.filter((tab) => {
    const url = seen.find(({ tabId }) => tabId === tab.id)?.url;
    return url !== undefined && tab.page !== null && samePage(pageOf(url, NO_RULES)?.url ?? '', tab.page.url);
  });
  return known.length > 0 && same.length * 2 > known.length;
}
