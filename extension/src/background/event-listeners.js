/**
 * The entry of the background: the listeners of browser events. All are registered before the first await. A browser
 * delivers the event that wakes a stopped background only to listeners that are registered by then.
 */
import { ext, isFirefox } from '../browser-api.js';
import { isUrlAsTitle } from '../capture/pages-and-titles.js';
import { AddressBar } from './address-bar.js';
import { BackgroundWorker } from './background-worker.js';
import { showBadge } from './badge.js';
import { browserSnapshot, documentAnswer, focusAnswer, frontAnswer, isFullscreen, navigationAnswer } from './browser-queries.js';
import { ErrorPages } from './error-pages.js';

const run = crypto.randomUUID();
/** Browsers on Windows go on counting while the machine sleeps. Others stop. */
const ticksInSleep = navigator.userAgent.includes('Windows');
/** The date, and the ms since this run of the background began. Nobody can set the latter. */
const clockReading = () => ({ now: Date.now(), run, tick: Math.round(performance.now()), ticksInSleep });

/** A browser that starts wakes the background only for these listeners. It tells of its own start, or of an update of the extension, right after this script has run. */
const REASON_COMES_MS = 500;
/** @type {Promise<import('./background-worker.js').StartReason>} */
const startReason = new Promise((resolve) => {
  ext.runtime.onInstalled.addListener(({ reason }) => resolve(reason === 'update' ? 'updated' : 'started'));
  ext.runtime.onStartup.addListener(() => resolve('started'));
  // An extension that was switched off and on again gets neither event.
  setTimeout(resolve, REASON_COMES_MS, 'enabled');
});

const opening = BackgroundWorker.open(clockReading, startReason);
opening.catch(() => showBadge('Recording has stopped. Open to see why.'));

/**
 * Runs `work` once the worker is open, after all earlier work. Without a store there is nothing to do.
 * @template T
 * @param {(worker: BackgroundWorker) => T | Promise<T>} work
 */
const whenOpen = (work) => opening.then(work, () => null);

ext.runtime.onInstalled.addListener(({ reason }) => {
  if (reason === 'install') whenOpen((worker) => (worker.recorder.isAllowed ? null : openWelcomePage()));
});
// It comes only while the button has no popup, which is so before the person has chosen.
ext.action.onClicked.addListener(() => openWelcomePage());

function openWelcomePage() {
  return ext.tabs.create({ url: ext.runtime.getURL('src/pages/welcome.html') });
}

/**
 * Records an event at the present time.
 * @param {string} type
 * @param {Partial<import('../capture/event-recorder.js').RawEvent>} fields
 */
function record(type, fields) {
  const event = { type, ...clockReading(), ...fields };
  whenOpen((worker) => worker.record(event));
}

/**
 * True for a page in a tab. Frames inside a page are part of it. A page that is loaded ahead of time is not seen yet.
 * @param {{frameId?: number, documentLifecycle?: string}} details
 */
const mainFrame = (details) => details.frameId === 0 && details.documentLifecycle !== 'prerender';

/**
 * @param {{tabId: number, url: string, documentId?: string}} details
 * @param {{sameDocument?: boolean}} [more]
 */
function recordNavigation({ tabId, url, documentId }, more = {}) {
  record('navigated', { tabId, url, documentId, ...more, lateFields: () => navigationAnswer(tabId, url) });
}

const errorPages = new ErrorPages();
ext.webNavigation.onBeforeNavigate.addListener((details) => {
  if (mainFrame(details)) errorPages.forget(details.tabId);
});
ext.webNavigation.onCommitted.addListener((details) => {
  if (mainFrame(details) && !errorPages.has(details.tabId, details.url)) recordNavigation(details);
});
for (const event of [ext.webNavigation.onHistoryStateUpdated, ext.webNavigation.onReferenceFragmentUpdated]) {
  event.addListener((details) => {
    if (mainFrame(details)) recordNavigation(details, { sameDocument: true });
  });
}
ext.webNavigation.onErrorOccurred.addListener((details) => {
  if (!mainFrame(details) || !showsErrorPage(details.error)) return;
  errorPages.add(details.tabId, details.url);
  record('failed', { tabId: details.tabId, url: details.url });
});
ext.webNavigation.onCompleted.addListener((details) => {
  if (mainFrame(details)) whenOpen((worker) => worker.readMetadata(details.tabId, details.url));
});

ext.tabs.onCreated.addListener((tab) => record('created', { tabId: tab.id, windowId: tab.windowId, active: tab.active }));
ext.tabs.onActivated.addListener(({ tabId, windowId }) => record('activated', { tabId, windowId, lateFields: frontAnswer }));
ext.tabs.onRemoved.addListener((tabId) => {
  errorPages.forget(tabId);
  record('removed', { tabId });
});
// Not every browser has `onReplaced`.
ext.tabs.onReplaced?.addListener((tabId, oldTabId) => record('replaced', { tabId, oldTabId }));
/** A tab that is put into another window is in front there before that window has the focus. Later all is settled. */
const MOVE_IS_CHECKED_MS = 1500;
ext.tabs.onDetached.addListener((tabId) => record('detached', { tabId }));
ext.tabs.onAttached.addListener((tabId, { newWindowId }) => {
  record('attached', { tabId, windowId: newWindowId, lateFields: browserSnapshot });
  setTimeout(record, MOVE_IS_CHECKED_MS, 'snapshot', { lateFields: async () => ({ ...(await browserSnapshot()), ...(await focusAnswer()) }) });
});
/** The icons of Firefox's error pages. It commits some of these, as for a blocked port, without any error. */
const ERROR_ICON = /^chrome:\/\/global\/skin\/icons\/(info|warning)\.svg$/;
ext.tabs.onUpdated.addListener((tabId, { title, audible, status, favIconUrl }, tab) => {
  if (favIconUrl && tab.url && ERROR_ICON.test(favIconUrl)) record('failed', { tabId, url: tab.url });
  // A page with the same title as the page before it announces none. Its title is read when it has loaded.
  const named = title ?? (status === 'complete' ? tab.title : undefined);
  if (named === undefined && audible === undefined) return;
  // The title of a crashed page in Firefox is the URL. The document tells whether that is so.
  const lateFields = title && tab.url && isUrlAsTitle(title, tab.url) ? () => documentAnswer(tabId) : audible ? focusAnswer : undefined;
  record('updated', { tabId, title: named, audible, url: tab.url, read: title === undefined, lateFields });
});

// A window that opens may report its focus, and at once the loss of focus of the window behind it. So the browser is asked.
/** Its answer right at a loss may be too early. It is asked again after this time. */
const LOSS_IS_CHECKED_MS = 2000;
ext.windows.onFocusChanged.addListener((windowId) => {
  if (windowId !== ext.windows.WINDOW_ID_NONE) {
    record('focus', { windowId, lateFields: frontAnswer });
    return;
  }
  record('focus', { windowId: null, lateFields: focusAnswer });
  setTimeout(() => whenOpen((worker) => worker.checkFocus()), LOSS_IS_CHECKED_MS);
});
ext.windows.onRemoved.addListener(() => record('snapshot', { lateFields: browserSnapshot }));

ext.idle.onStateChanged.addListener((idle) => {
  record('idle', { idle, lateFields: async () => ({ ...(await focusAnswer()), ...(idle === 'idle' ? { fullscreen: await isFullscreen() } : {}) }) });
});

ext.alarms.onAlarm.addListener(({ name }) => {
  whenOpen((worker) => {
    if (name === 'heartbeat') worker.recordHeartbeat();
    else if (name === 'focus') worker.checkFocus();
    else if (name === 'sync') worker.sync();
    else if (name === 'resume') worker.resume();
    else if (name === 'connect') worker.connection.wait();
  });
});

const addressBar = new AddressBar({
  account: () => whenOpen((worker) => worker.account()),
  call: (key, path, options) => whenOpen((worker) => worker.accounts.call(key, path, options)),
  isMarkup: !isFirefox,
});
// Firefox for Android has no search in its address bar.
ext.omnibox?.onInputChanged.addListener(async (text, suggest) => {
  const found = await addressBar.suggestionsFor(text);
  if (!found) return;
  ext.omnibox.setDefaultSuggestion({ description: found.first });
  suggest(found.suggestions);
});
ext.omnibox?.onInputEntered.addListener(async (text, disposition) => {
  const url = await addressBar.urlFor(text);
  if (url === null) ext.runtime.openOptionsPage();
  else if (disposition === 'currentTab') ext.tabs.update({ url });
  else ext.tabs.create({ url, active: disposition === 'newForegroundTab' });
});

ext.runtime.onMessage.addListener((message, sender, reply) => {
  // Only the extension's own pages may give commands.
  if (sender.id !== ext.runtime.id || !sender.url?.startsWith(ext.runtime.getURL(''))) return false;
  answerPage(message).then(reply, (error) => reply({ error: error?.message ?? String(error) }));
  return true;
});
ext.permissions.onRemoved.addListener(() => whenOpen((worker) => worker.updateBadge()));
ext.permissions.onAdded.addListener(() => whenOpen((worker) => worker.updateBadge()));

/** @param {import('./page-commands.js').Message} message */
async function answerPage(message) {
  let worker;
  try {
    worker = await opening;
  } catch (error) {
    return { error: 'store', failure: error instanceof Error ? error.name : 'Error' };
  }
  return worker.commands.execute(message);
}

/**
 * True when a failed navigation ends in an error page. A navigation that was stopped, or became a download, leaves the
 * page before it in place.
 * @param {string} error
 */
function showsErrorPage(error) {
  const stopped = ['net::ERR_ABORTED', 'Error code 2152398850', 'Error code 2152398849', 'NS_BINDING_ABORTED'];
  return !stopped.some((text) => String(error).includes(text));
}
