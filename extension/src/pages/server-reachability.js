/**
 * The reason why a server cannot be reached. A failed request tells an extension no reason. A frame that fails to load
 * the same URL tells it through `webNavigation`.
 */
import { ext } from '../browser-api.js';

const TIMEOUT_MS = 4000;

/** @typedef {'no-such-host' | 'refused' | 'certificate' | 'offline' | 'network'} Reason */

/**
 * @param {string} server
 * @returns {Promise<Reason>}
 */
export async function whyUnreachable(server) {
  if (navigator.onLine === false && !/\/\/(localhost|127\.|\[::1\])/.test(server)) return 'offline';
  return reasonOf(await loadError(`${server}/api/sync/limits`));
}

/**
 * The browser's error for a frame with this URL, or an empty text when none came in time.
 * @param {string} url
 * @returns {Promise<string>}
 */
async function loadError(url) {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = '';
  /** @type {(details: {url: string, frameId?: number, error: string}) => void} */
  let onError = () => {};
  try {
    return await new Promise((resolve) => {
      onError = (details) => {
        if (details.url === url && details.frameId !== 0) resolve(String(details.error));
      };
      ext.webNavigation.onErrorOccurred.addListener(onError);
      setTimeout(resolve, TIMEOUT_MS, '');
      frame.src = url;
      document.body.append(frame);
    });
  } finally {
    ext.webNavigation.onErrorOccurred.removeListener(onError);
    frame.remove();
  }
}

/**
 * @param {string} error  in the browser's words
 * @returns {Reason}
 */
export function reasonOf(error) {
  if (/NAME_NOT_RESOLVED|UNKNOWN_HOST|2152398878/.test(error)) return 'no-such-host';
  if (/CONNECTION_REFUSED|ADDRESS_UNREACHABLE|2152398861/.test(error)) return 'refused';
  if (/CERT|SSL|SEC_ERROR/.test(error) || isFirefoxSecurityError(error)) return 'certificate';
  if (/INTERNET_DISCONNECTED|2152398864/.test(error)) return 'offline';
  return 'network';
}

/**
 * Firefox gives only a number. The numbers of its security library begin with 0x805A.
 * @param {string} error
 */
function isFirefoxSecurityError(error) {
  const code = Number(/\d{6,}/.exec(error)?.[0] ?? 0);
  return code >>> 16 === 0x805a;
}
