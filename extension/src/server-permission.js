import { ext } from './browser-api.js';

/** The match pattern that covers a server, port or not. */
export function originPattern(server) {
  const { protocol, hostname } = new URL(server);
  return `${protocol}//${hostname}/*`;
}

/** Whether the person lets the extension reach a server. */
export function mayReachServer(server) {
  return ext.permissions.contains({ origins: [originPattern(server)] });
}
