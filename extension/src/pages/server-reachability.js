/**
 * Why a server could not be reached. A failed request tells an extension nothing more, but a frame that fails to load
 * the same address tells the reason through web navigation, which the extension may watch already.
 */
import { ext } from '../browser-api.js';

const TIMEOUT_MS = 4000;

/**
 * @param {string} server
 * @returns {Promise<'no-such-host' | 'refused' | 'certificate' | 'offline' | 'network'>}
 */
export async function whyUnreachable(server) {
  if (navigator.onLine === false && !/\/\/(localhost|127\.|\[::1\])/.test(server)) return 'offline';
  const address = `${server}/api/sync/limits`;
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = '';
  const error = await new Promise((resolve) => {
    const onError = (details) => {
      if (details.url === address && details.frameId !== 0) resolve(String(details.error));
    };
    ext.webNavigation.onErrorOccurred.addListener(onError);
    setTimeout(resolve, TIMEOUT_MS, '');
    frame.src = address;
    document.body.append(frame);
  });
  frame.remove();
  return reasonOf(error);
}

/** @param {string} error  as a browser names it */
export function reasonOf(error) {
  if (/NAME_NOT_RESOLVED|UNKNOWN_HOST|2152398878/.test(error)) return 'no-such-host';
  if (/CONNECTION_REFUSED|ADDRESS_UNREACHABLE|2152398861/.test(error)) return 'refused';
  if (/CERT|SSL|SEC_ERROR/.test(error) || isFirefoxSecurityError(error)) return 'certificate';
  if (/INTERNET_DISCONNECTED|2152398864/.test(error)) return 'offline';
  return 'network';
}

// Firefox gives the number alone; those of its security library have 0x805A in front.
function isFirefoxSecurityError(error) {
  const code = Number(/\d{6,}/.exec(error)?.[0] ?? 0);
  return code >>> 16 === 0x805a;
}
