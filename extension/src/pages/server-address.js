/** The address of a server as a person types it. */

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|[^.]+\.localhost)$/;

/**
 * A server's base address without a slash at the end, or what is wrong with it.
 * @param {string} typed
 * @returns {{server: string} | {problem: 'empty' | 'malformed' | 'not-https'}}
 */
export function serverAddress(typed) {
  const text = typed.trim();
  if (!text) return { problem: 'empty' };
  // Browsers differ in what they make of a blank in a host.
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

function isLoopback(text) {
  return LOOPBACK.test(text.replace(/[/?#].*$/s, '').replace(/:\d+$/, ''));
}
