/** The server address that a person types. */

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|[^.]+\.localhost)$/;

/** Hosts that can only be in the person's own network. */
const HOME = /^(10(\.\d{1,3}){3}|192\.168(\.\d{1,3}){2}|172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}|169\.254(\.\d{1,3}){2}|\[f[cd][0-9a-f]{2}:[^\]]*\]|\[fe[89ab][0-9a-f]:[^\]]*\]|(.+\.)?[^.]+\.local)$/i;
/** The server's own pages. A person copies the address of one of them. */
const PAGES = /\/(dashboard|account|admin|api|healthz)(\/.*)?$/;

/**
 * The base URL of a server without a slash at the end, or the problem of the typed text.
 * `open`: it is in the person's own network, without https.
 * @param {string} typed
 * @returns {{server: string, open: boolean, problem?: undefined} | {server?: undefined, problem: 'empty' | 'malformed' | 'not-https'}}
 */
export function serverAddress(typed) {
  const text = typed.trim();
  if (!text) return { problem: 'empty' };
  // Browsers parse a blank in a host in different ways.
  if (/\s/.test(text)) return { problem: 'malformed' };
  let parts;
  try {
    parts = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${isNear(text) ? 'http' : 'https'}://${text}`);
  } catch {
    return { problem: 'malformed' };
  }
  if (!/^https?:$/.test(parts.protocol) || parts.username || parts.password || !parts.hostname) return { problem: 'malformed' };
  const open = parts.protocol === 'http:' && !LOOPBACK.test(parts.hostname);
  if (open && !HOME.test(parts.hostname)) return { problem: 'not-https' };
  return { server: parts.origin + parts.pathname.replace(PAGES, '').replace(/\/+$/, ''), open };
}

/** @param {string} text */
function isNear(text) {
  const host = text.replace(/[/?#].*$/s, '').replace(/:\d+$/, '');
  return LOOPBACK.test(host) || HOME.test(host);
}
