/** The page that a tab shows, its address and its title. */
import { MAX_TITLE, cutText, pageOf, samePage } from './recording-rules.js';
import { resumeVisit, withAddress } from './visits-and-totals.js';

/**
 * @typedef {import('./reducer-step.js').Step} Step
 * @typedef {import('./recording-state.js').Tab} Tab
 * @typedef {import('./recording-state.js').UpdatedEvent} UpdatedEvent
 * @typedef {import('./recording-state.js').MetadataEvent} MetadataEvent
 */

/** A title that changes so shortly before a same-document change belongs to the new address. */
const TITLE_LEADS_MS = 500;
/** Milliseconds in which a visit that has ended takes one more title. Titles that blink for attention come later. */
const LATE_TITLE_MS = 10_000;
/** A title that changes so shortly after a jump within the page makes the jump a page of its own. */
const TITLE_FOLLOWS_MS = 1500;

/**
 * Takes the page from a tab whose document has crashed. The browser goes on to call the page's URL the tab's.
 * @param {Step} step
 * @param {number} tabId
 */
export function loseDocument(step, tabId) {
  const page = step.tabs.get(tabId)?.page;
  if (page) losePage(step, tabId, page.url);
}

/**
 * Takes the page from a tab that shows an error page in its place.
 * @param {Step} step
 * @param {number} tabId
 * @param {string | null} url  the tab's URL by the browser
 */
export function losePage(step, tabId, url) {
  leavePage(step, tabId);
  step.set(tabId, { page: null, failed: url, title: '' });
}

/**
 * Sets the page of a tab. The same page again, as after a reload, changes nothing.
 * @param {Step} step
 * @param {number} tabId
 * @param {string | undefined} url
 */
export function showPage(step, tabId, url) {
  const { state, event } = step;
  const tab = step.tab(tabId);
  const page = state.pausedUntil === null ? pageOf(url, state.rules) : null;
  const sameDocument = event.type === 'navigated' && Boolean(event.sameDocument);
  if (tab.page && page && samePage(tab.page.url, page.url)) {
    if (!sameDocument || tab.page.url === page.url) return;
    if (!titleLed(step, tab)) {
      step.set(tabId, { anchor: { at: step.now, url: page.url } });
      return;
    }
  }
  // A page in front seldom changes without a person, so a navigation counts as a sign of the person.
  if (event.type === 'navigated' && state.windowId !== null && state.activeTabs[state.windowId] === tabId) state.asleep = false;
  turnTo(step, tabId, page, sameDocument);
}

/**
 * @param {Step} step
 * @param {Tab} tab
 */
function titleLed(step, tab) {
  return Boolean(tab.retitled) && step.now - (tab.retitled?.at ?? 0) <= TITLE_LEADS_MS;
}

/**
 * @param {Step} step
 * @param {number} tabId
 * @param {import('./recording-rules.js').Page | null} page
 * @param {boolean} sameDocument
 */
function turnTo(step, tabId, page, sameDocument) {
  const tab = step.tab(tabId);
  const early = page && tab.early && tab.early.url === page.url ? tab.early.title : null;
  const title = !page || page.nameless ? '' : early ?? (sameDocument ? tab.title : '');
  const old = tab.retitled?.old ?? '';
  const led = sameDocument && titleLed(step, tab) && tab.visit?.title === tab.title;
  if (led && (old !== '' || !page)) changeVisit(step, tabId, { title: old });
  if (page && sameDocument && step.state.openTabId === tabId) changeAddress(step, tabId, page, title);
  else leavePage(step, tabId);
  const withheld = sameDocument && early === null && (!tab.page || tab.page.nameless || Boolean(tab.withheld));
  step.set(tabId, { page, failed: null, metadata: {}, title, retitled: null, anchor: null, early: null, withheld });
}

/**
 * @param {Step} step
 * @param {number} tabId
 */
export function leavePage(step, tabId) {
  if (step.state.openTabId === tabId) step.endOpen();
  step.set(tabId, { visit: null, before: null });
}

/**
 * Gives the open visit of a tab another address of the same document. The visit ends only if its address was in front
 * for a second. A visit that ended for the sake of a shorter address goes on when its address comes back.
 * @param {Step} step
 * @param {number} tabId
 * @param {import('./recording-rules.js').Page} page
 * @param {string} title
 */
function changeAddress(step, tabId, page, title) {
  const { visit, totals, before } = step.tab(tabId);
  if (!visit) return;
  const shortest = step.timings.shortestVisitMs;
  if (visit.durationMs - (visit.addressMs ?? 0) >= shortest) {
    step.endOpen();
    const ended = step.tab(tabId).visit;
    step.set(tabId, { visit: null, before: ended && { at: step.now, visit: ended, totals } });
  } else if (before && before.at === visit.startedAt && visit.durationMs < shortest && samePage(before.visit.url, page.url)) {
    const resumed = resumeVisit(before.visit, visit);
    step.set(tabId, { visit: resumed, before: null, totals: { ...before.totals, revision: totals.revision } });
  } else {
    step.set(tabId, { visit: withAddress(visit, page, title) });
  }
}

/**
 * @param {Step} step
 * @param {Omit<UpdatedEvent, 'type' | 'now'>} update
 */
export function updateTab(step, { tabId, title, audible, url, read = false, documentId }) {
  const tab = step.tabs.get(tabId);
  if (!tab) return;
  if (audible !== undefined) step.set(tabId, { audible });
  // Firefox shows its report of a crash under the page's URL. That document was never committed.
  if (documentId !== undefined && tab.documentId && documentId !== tab.documentId) {
    loseDocument(step, tabId);
    return;
  }
  if (title === undefined || step.state.pausedUntil !== null || (read && tab.withheld)) return;
  if (url !== undefined && keepEarlyTitle(step, tab, url, title)) return;
  if (!tab.page) return;
  // Browsers show the URL as the title until the page has one.
  const shown = tab.page.nameless || isUrlAsTitle(title, tab.page.url) ? '' : cutText(title, MAX_TITLE);
  if (shown === tab.title || (shown === '' && !tab.page.nameless)) return;
  const { anchor } = tab;
  if (anchor && tab.title !== '' && step.now - anchor.at <= TITLE_FOLLOWS_MS) {
    turnTo(step, tabId, pageOf(anchor.url, step.state.rules), true);
    step.set(tabId, { title: shown });
  } else {
    step.set(tabId, { title: shown, withheld: false, retitled: { at: step.now, old: titleLed(step, tab) ? tab.retitled?.old ?? '' : tab.title } });
  }
  if (takesTitle(step, tabId)) changeVisit(step, tabId, { title: shown });
}

/**
 * True when the visit of a tab is open or takes its late title now.
 * @param {Step} step
 * @param {number} tabId
 */
function takesTitle(step, tabId) {
  const { visit, leftAt } = step.tab(tabId);
  if (!visit || visit.endedAt === null) return true;
  step.set(tabId, { leftAt: null });
  return typeof leftAt === 'number' && step.now - leftAt <= LATE_TITLE_MS;
}

/**
 * Keeps the title of another page than the tab's known one until its navigation comes. The result is false when the
 * title belongs to the known page.
 * @param {Step} step
 * @param {Tab} tab
 * @param {string} url
 * @param {string} title
 */
function keepEarlyTitle(step, tab, url, title) {
  const page = pageOf(url, step.state.rules);
  if (tab.page && page && samePage(tab.page.url, page.url)) return false;
  const kept = page && !page.nameless && page.url !== tab.failed && !isUrlAsTitle(title, page.url);
  step.set(tab.id, { early: kept ? { url: page.url, title: cutText(title, MAX_TITLE) } : null });
  return true;
}

/**
 * @param {Step} step
 * @param {MetadataEvent} event
 */
export function applyMetadata(step, { tabId, url, metadata }) {
  const tab = step.tabs.get(tabId);
  const page = pageOf(url, step.state.rules);
  if (!tab?.page || !page || page.nameless || !samePage(tab.page.url, page.url)) return;
  step.set(tabId, { metadata });
  changeVisit(step, tabId, { metadata });
}

/**
 * Changes the title or metadata of a tab's latest visit, ended or not.
 * @param {Step} step
 * @param {number} tabId
 * @param {{title: string} | {metadata: object}} changes
 */
function changeVisit(step, tabId, changes) {
  const { visit } = step.tab(tabId);
  if (!visit || step.state.pausedUntil !== null) return;
  const changed = { ...visit, ...changes };
  if (JSON.stringify([changed.title, changed.metadata]) === JSON.stringify([visit.title, visit.metadata])) return;
  step.set(tabId, { visit: changed });
  if (visit.endedAt !== null) step.markVisitChanged(tabId);
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
