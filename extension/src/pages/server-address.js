/** The server address that a person types. */

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|[^.]+\.localhost)$/;

/**
 * The base URL of a server without a slash at the end, or the problem of the typed text.
 * @param {string} typed
 * @returns {{server: string, problem?: undefined} | {server?: undefined, problem: 'empty' | 'malformed' | 'not-https'}}
 */
export function serverAddress(typed) {
  const text = typed.trim();
  if (!text) return { problem: 'empty' };
  // Browsers parse a blank in a host in different ways.
  if (/\s/.test(text)) return { problem: 'malformed' };
  let parts;
  try {
    parts = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${isLoopback(text) ? 'http' : 'https'}://${text}`);
  } catch {
    return { problem: 'malformed' };
  }
  if (!/^https?:$/.test(parts.protocol) || parts.username || parts.password || !parts.hostname) return { problem: 'malformed' };
  if (parts.protocol === 'http:' && !LOOPBACK.test(parts.hostname)) return { problem: 'not-https' };
  return { server: parts.origin + parts.pathname.replace(/\/+$/, '') };
}

/** @param {string} text */
function isLoopback(text) {
  return LOOPBACK.test(text.replace(/[/?#].*$/s, '').replace(/:\d+$/, ''));
}
