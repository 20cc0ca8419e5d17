/** Questions to the browser. */
import { ext, firefoxInfo } from '../browser-api.js';

/**
 * The browser's tabs and windows, without private ones.
 * @returns {Promise<import('../capture/recording-state.js').Snapshot>}
 */
export async function browserSnapshot() {
  const [tabs, windows, last] = await Promise.all([
    ext.tabs.query({}), ext.windows.getAll({}), ext.windows.getLastFocused().catch(() => null),
  ]);
  return {
    tabs: tabs.filter((tab) => !tab.incognito).flatMap((tab) => (tab.id === undefined || tab.id < 0 ? [] : [{
      tabId: tab.id, windowId: tab.windowId, active: tab.active, url: isCrashed(tab) ? undefined : tab.url, title: tab.title,
      audible: tab.audible,
    }])),
    windows: windows.filter((window) => !window.incognito).flatMap((window) => (window.id === undefined ? [] : [{
      windowId: window.id, focused: window.focused, last: window.id === last?.id,
    }])),
  };
}

/**
 * The `client` of a push.
 * @param {string} anonymousClientId
 * @returns {Promise<import('../sync/wire.js').Client>}
 */
export async function clientDescription(anonymousClientId) {
  const [platform, firefox] = await Promise.all([ext.runtime.getPlatformInfo().catch(() => null), firefoxInfo()]);
  const browser = firefox ?? chromiumInfo();
  return {
    anonymousClientId, extensionVersion: ext.runtime.getManifest().version, browserName: browser.name,
    browserVersion: browser.version, platform: platform?.os ?? '',
  };
}

function chromiumInfo() {
  /** @type {{brand: string}[]} */
  const brands = /** @type {any} */ (navigator).userAgentData?.brands ?? [];
  const brand = brands.find(({ brand: name }) => !/not.?a.?brand/i.test(name) && name !== 'Chromium');
  const version = /Chrom(?:e|ium)\/([\d.]+)/.exec(navigator.userAgent)?.[1] ?? '';
  return { name: brand?.brand ?? 'Chromium', version };
}

/**
 * The window that has the focus by the browser's own answer, as fields of an event. A minimised window has none. The
 * fields are empty where the browser gives no answer.
 * @typedef {{seenFocus?: number | null, seenMinimized?: boolean}} FocusAnswer
 * @returns {Promise<FocusAnswer>}
 */
export async function focusAnswer() {
  const window = await ext.windows.getLastFocused().catch(() => null);
  if (!window) return {};
  const seenMinimized = window.state === 'minimized';
  return { seenFocus: window.focused && !seenMinimized ? window.id ?? null : null, seenMinimized };
}

/**
 * `focusAnswer`, and the tab in front when its page has crashed. Chromium tells a crash by no event.
 * @returns {Promise<FocusAnswer & {goneTabId?: number}>}
 */
export async function frontAnswer() {
  const [focus, [tab]] = await Promise.all([focusAnswer(), ext.tabs.query({ active: true, lastFocusedWindow: true }).catch(() => [])]);
  return { ...focus, ...(tab?.id !== undefined && isCrashed(tab) ? { goneTabId: tab.id } : {}) };
}

/**
 * A page that was put away to save memory is no crash.
 * @param {{status?: string, discarded?: boolean}} tab
 */
function isCrashed(tab) {
  return tab.status === 'unloaded' && !tab.discarded;
}

/**
 * The document that a tab holds, as a field of an event.
 * @param {number} tabId
 * @returns {Promise<{documentId?: string | null}>}
 */
export async function documentAnswer(tabId) {
  try {
    const frame = await ext.webNavigation.getFrame({ tabId, frameId: 0 });
    return { documentId: frame?.documentId ?? null };
  } catch {
    return {};
  }
}

/**
 * The focus, and whether a tab shows the source of a page: Chromium tells of that as of a navigation to the page itself.
 * @param {number} tabId
 * @param {string} url
 * @returns {Promise<FocusAnswer & {url?: string}>}
 */
export async function navigationAnswer(tabId, url) {
  const [focus, tab] = await Promise.all([focusAnswer(), ext.tabs.get(tabId).catch(() => null)]);
  const source = `view-source:${url}`;
  return { ...focus, ...(tab?.url === source ? { url: source } : {}) };
}

/** True when the window that had the focus last is in full screen. */
export async function isFullscreen() {
  const window = await ext.windows.getLastFocused().catch(() => null);
  return window?.state === 'fullscreen';
}
