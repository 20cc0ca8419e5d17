/** The browser's extension API: the one place that names its global. */
export const ext = globalThis.browser ?? globalThis.chrome;

/** True in Firefox, which alone has `runtime.getBrowserInfo`. */
export const isFirefox = typeof ext?.runtime?.getBrowserInfo === 'function';
