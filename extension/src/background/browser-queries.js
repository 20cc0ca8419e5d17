/** Questions to the browser. */
import { ext, firefoxInfo } from '../browser-api.js';

/**
 * The browser's tabs and windows, without private ones.
 * @returns {Promise<import('../capture/visit-reducer.js').Snapshot>}
 */
export async function browserSnapshot() {
  const [tabs, windows, last] = await Promise.all([
    ext.tabs.query({}), ext.windows.getAll({}), ext.windows.getLastFocused().catch(() => null),
  ]);
  return {
    tabs: tabs.filter((tab) => !tab.incognito).flatMap((tab) => (tab.id === undefined || tab.id < 0 ? [] : [{
      tabId: tab.id, windowId: tab.windowId, active: tab.active, url: tab.url, title: tab.title, audible: tab.audible,
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
 * @returns {Promise<{seenFocus?: number | null}>}
 */
export async function focusAnswer() {
  const window = await ext.windows.getLastFocused().catch(() => null);
  if (!window) return {};
  return { seenFocus: window.focused && window.state !== 'minimized' ? window.id ?? null : null };
}

/** True when the window that had the focus last is in full screen. */
export async function isFullscreen() {
  const window = await ext.windows.getLastFocused().catch(() => null);
  return window?.state === 'fullscreen';
}
