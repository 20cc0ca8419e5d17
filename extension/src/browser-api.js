const browserGlobals = /** @type {{browser?: typeof chrome, chrome: typeof chrome}} */ (/** @type {unknown} */ (globalThis));

/** The browser's extension API. No other module names its global. */
export const ext = browserGlobals.browser ?? browserGlobals.chrome;

/** `runtime.getBrowserInfo` exists in Firefox alone. */
const firefoxRuntime = /** @type {{getBrowserInfo?: () => Promise<{name: string, version: string}>} | undefined} */ (
  /** @type {unknown} */ (ext?.runtime)
);

export const isFirefox = typeof firefoxRuntime?.getBrowserInfo === 'function';

/** The family of the browser's history file, as the server calls it. */
export const historyFamily = isFirefox ? 'firefox' : 'chromium';

/** The browser's history, or undefined while the person does not allow it. */
export const browserHistory = () => /** @type {typeof chrome.history | undefined} */ (ext.history);

/**
 * The name and version of Firefox, or null in another browser.
 * @returns {Promise<{name: string, version: string} | null>}
 */
export async function firefoxInfo() {
  return (await firefoxRuntime?.getBrowserInfo?.()) ?? null;
}
