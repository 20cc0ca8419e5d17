import { ext } from './browser-api.js';

/**
 * The match pattern that covers a server on any port.
 * @param {string} server
 */
export function originPattern(server) {
  const { protocol, hostname } = new URL(server);
  return `${protocol}//${hostname}/*`;
}

/**
 * True when the person allows the extension to reach a server.
 * @param {string} server
 * @returns {Promise<boolean>}
 */
export function mayReachServer(server) {
  return ext.permissions.contains({ origins: [originPattern(server)] });
}
