/**
 * The background: browser events in, and what they lead to. Every listener is registered before the first await, since
 * the event that wakes a stopped background is delivered only to listeners that are there by then.
 */
import { ext } from '../browser-api.js';
import { BackgroundWorker } from './background-worker.js';

const worker = new BackgroundWorker();

/** Records an event with one reading of the clock, taken now. */
const record = (type, more) => worker.record({ type, ...worker.clockReading(), ...more });
const on = (event, listener) => event?.addListener(listener);
/** Main frames only: frames inside a page are part of it, and pages loaded ahead of time are not seen yet. */
const mainFrame = (details) => details.frameId === 0 && details.documentLifecycle !== 'prerender';

on(ext.webNavigation.onCommitted, (details) => {
  if (mainFrame(details) && details.url !== 'about:blank') record('navigated', { tabId: details.tabId, url: details.url });
});
for (const event of [ext.webNavigation.onHistoryStateUpdated, ext.webNavigation.onReferenceFragmentUpdated]) {
  on(event, (details) => {
    if (!mainFrame(details)) return;
    record('navigated', { tabId: details.tabId, url: details.url, sameDocument: true });
  });
}
on(ext.webNavigation.onErrorOccurred, (details) => {
  if (mainFrame(details) && showsError(details.error)) record('failed', { tabId: details.tabId, url: details.url });
});
on(ext.webNavigation.onCompleted, (details) => {
  if (mainFrame(details)) worker.readMetadata(details.tabId, details.url);
});

on(ext.tabs.onCreated, (tab) => record('created', { tabId: tab.id, windowId: tab.windowId, active: tab.active }));
on(ext.tabs.onActivated, ({ tabId, windowId }) => record('activated', { tabId, windowId }));
on(ext.tabs.onRemoved, (tabId) => record('removed', { tabId }));
on(ext.tabs.onReplaced, (tabId, oldTabId) => record('replaced', { tabId, oldTabId }));
on(ext.tabs.onAttached, () => record('snapshot', { lateFields: () => worker.snapshot() }));
on(ext.tabs.onUpdated, (tabId, { title, audible, status }, tab) => {
  // A page with the title of the one before it announces none, so the end of loading is a second chance.
  const named = title ?? (status === 'complete' ? tab.title : undefined);
  if (named !== undefined || audible !== undefined) record('updated', { tabId, title: named, audible });
});

let focusedAt = 0;
on(ext.windows.onFocusChanged, (windowId) => {
  if (windowId !== ext.windows.WINDOW_ID_NONE) {
    focusedAt = Date.now();
    record('focus', { windowId });
    return;
  }
  // A window that opens may report its focus and, at once, the loss of it that only the window behind it had.
  const afterGain = Date.now() - focusedAt < 500;
  record('focus', { windowId: null, lateFields: async () => (afterGain ? { windowId: await worker.focusedWindow() } : {}) });
});
on(ext.windows.onRemoved, () => record('snapshot', { lateFields: () => worker.snapshot() }));

on(ext.idle.onStateChanged, (idle) => {
  record('idle', { idle, lateFields: async () => (idle === 'idle' ? { fullscreen: await worker.isFullscreen() } : {}) });
});

on(ext.alarms.onAlarm, ({ name }) => {
  if (name === 'heartbeat') worker.recordHeartbeat();
  else if (name === 'sync') worker.sync();
  else if (name === 'resume') worker.resume();
});

on(ext.runtime.onMessage, (message, sender, reply) => {
  // Pages of this extension alone give commands.
  if (sender.id !== ext.runtime.id || !sender.url?.startsWith(ext.runtime.getURL(''))) return false;
  worker.answerPage(message).then(reply, (error) => reply({ error: error?.message ?? String(error) }));
  return true;
});
// Being there is what makes the browser start the background with the browser.
on(ext.runtime.onStartup, () => {});
on(ext.runtime.onInstalled, () => {});
on(ext.permissions.onRemoved, () => worker.updateBadge());
on(ext.permissions.onAdded, () => worker.updateBadge());

worker.start();

/** A navigation that was called off, or became a download, leaves the page before it in place. */
function showsError(error) {
  const calledOff = ['net::ERR_ABORTED', 'Error code 2152398850', 'Error code 2152398849', 'NS_BINDING_ABORTED'];
  return !calledOff.some((text) => String(error).includes(text));
}
