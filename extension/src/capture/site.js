/**
 * The site of a URL, by the same rule as the server's: the host in ASCII and lower case, without a leading `www.` and
 * without a last dot. A port that is not the scheme's own is kept for IP addresses, `localhost` and `*.localhost`,
 * because different programs answer on the ports of one machine.
 * @param {URL} parts
 */
export function siteOf({ hostname, port }) {
  const host = hostname.replace(/\.$/, '').replace(/^www\.(?=.)/, '');
  return port && isOneMachine(host) ? `${host}:${port}` : host;
}

/**
 * The URL parser writes every IPv4 address in decimal, and puts an IPv6 address in brackets.
 * @param {string} host
 */
function isOneMachine(host) {
  return host.startsWith('[') || /^\d+(\.\d+){3}$/.test(host) || host === 'localhost' || host.endsWith('.localhost');
}
