/** What the extension asks of the browser, in its own words. */
import { ext, isFirefox } from '../browser-api.js';

/** The tabs and windows there are, for a `look`. */
export async function browserSnapshot() {
  const [tabs, windows, last] = await Promise.all([
    ext.tabs.query({}), ext.windows.getAll({}), ext.windows.getLastFocused().catch(() => null),
  ]);
  return {
    tabs: tabs.filter((tab) => tab.id >= 0 && !tab.incognito).map((tab) => ({
      tabId: tab.id, windowId: tab.windowId, active: tab.active, url: tab.url, title: tab.title, audible: tab.audible,
    })),
    windows: windows.filter((window) => !window.incognito).map((window) => ({
      windowId: window.id, focused: window.focused, last: window.id === last?.id,
    })),
  };
}

/** Who sends, as the contract's `client` has it. */
export async function clientDescription(anonymousClientId) {
  const [platform, browser] = await Promise.all([
    ext.runtime.getPlatformInfo().catch(() => null), isFirefox ? ext.runtime.getBrowserInfo() : chromium(),
  ]);
  return {
    anonymousClientId, extensionVersion: ext.runtime.getManifest().version, browserName: browser.name,
    browserVersion: browser.version, platform: platform?.os ?? '',
  };
}

function chromium() {
  const brand = navigator.userAgentData?.brands?.find(({ brand: name }) => !/not.?a.?brand/i.test(name) && name !== 'Chromium');
  const version = /Chrom(?:e|ium)\/([\d.]+)/.exec(navigator.userAgent)?.[1] ?? '';
  return { name: brand?.brand ?? 'Chromium', version };
}
