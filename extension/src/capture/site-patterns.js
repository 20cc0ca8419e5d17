/**
 * Patterns of sites, compared as a person types them. `example.com` covers the site and its subdomains, on all ports.
 * `localhost:8000` covers one port. `example.com/private` covers that page and all below it, `example.com/#/inbox` a
 * route. `*` stands for any characters, as in `*bücher*`, `example.*` or `*.bank.example`.
 */
import { unicodeHost } from './punycode.js';

/** @typedef {{host: string, port: string, path: string}} SplitPattern */

/** @type {Map<string, SplitPattern | null>} */
const splits = new Map();
/** @type {Map<string, RegExp>} */
const wildcards = new Map();

/**
 * True when a pattern covers a URL.
 * @param {string} pattern
 * @param {URL} parts
 */
export function matches(pattern, parts) {
  const split = splitPattern(pattern);
  if (!split) return false;
  const { host, port, path } = split;
  if (port && port !== (parts.port || (parts.protocol === 'https:' ? '443' : '80'))) return false;
  const name = parts.hostname.replace(/\.$/, '');
  return (host.includes('*') ? coversByStar(host, name) : name === host || name.endsWith(`.${host}`)) && coversPath(path, parts);
}

/**
 * The first pattern of a list that can cover no URL, or null.
 * @param {string[]} patterns
 */
export function faultyPattern(patterns) {
  return patterns.find((pattern) => splitPattern(pattern) === null) ?? null;
}

/**
 * The host of a pattern as URLs have it, with `*` where the person typed it, or null where the pattern is faulty.
 * @param {string} pattern
 */
export function patternHost(pattern) {
  return splitPattern(pattern)?.host ?? null;
}

/**
 * The patterns in a text of one a line, without blanks and repeats.
 * @param {string} text
 */
export function patternsIn(text) {
  return [...new Set(text.split('\n').map((line) => line.trim()).filter(Boolean))];
}

/**
 * Only http and https pages are recorded, so a pattern of another scheme is none.
 * @param {string} pattern
 * @returns {SplitPattern | null}
 */
function splitPattern(pattern) {
  let known = splits.get(pattern);
  if (known === undefined) {
    known = newSplit(pattern.trim());
    splits.set(pattern, known);
  }
  return known;
}

/**
 * @param {string} text
 * @returns {SplitPattern | null}
 */
function newSplit(text) {
  const [, scheme, bare] = /^(?:([a-z*][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? [];
  if (bare === undefined || /\s/.test(text) || (scheme && !/^(\*|https?)$/i.test(scheme))) return null;
  const [, authority = '', rest = ''] = /^([^/?#]*)(.*)$/s.exec(bare) ?? [];
  const [, typed = '', port = ''] = /^(.*?)(?::(\d+|\*))?$/s.exec(authority) ?? [];
  // Without `www.` and the last dot nothing but a star is left, and that would be every site.
  if (/^(\*\.|www\.\*\.?)$/i.test(typed)) return null;
  const host = asciiHost(typed.toLowerCase().replace(/^\.+(?=.)/, '').replace(/\.$/, '').replace(/^www\.(?=.)/, ''));
  if (!host || Number(port) > 65535) return null;
  return { host, port: port === '*' ? '' : port, path: rest === '/' ? '' : decoded(rest) };
}

/**
 * A host as URLs have it, or an empty text when no URL has such a host. A host with `*` stays as it is typed.
 * @param {string} host
 */
function asciiHost(host) {
  if (host === 'www' || host.startsWith('.') || host.includes('..') || host.includes('@')) return '';
  if (host.includes('*')) return /^[\p{L}\p{M}\p{N}*._-]+$/u.test(host) ? host.normalize('NFKC') : '';
  try {
    return new URL(`http://${host}/`).hostname;
  } catch {
    return '';
  }
}

/**
 * A pattern with `*` covers subdomains too. It is compared with the host in letters and in ASCII.
 * @param {string} host
 * @param {string} name
 */
function coversByStar(host, name) {
  const forms = new Set([name, unicodeHost(name)]);
  return [...forms].some((form) => wildcard('(?:.*\\.)?', host, '').test(form)
    || (host.startsWith('*.') && wildcard('', host.slice(2), '').test(form)));
}

/**
 * A path covers URLs that go on below it. It ends where a part of the URL ends, so `/private` does not cover `/privateer`.
 * @param {string} path
 * @param {URL} parts
 */
function coversPath(path, { pathname, search, hash }) {
  if (!path) return true;
  const whole = /^[?#]/.test(path) ? `/${path}` : path;
  const end = /[\p{L}\p{N}]$/u.test(whole) ? '(?=$|[/?#&=;]).*' : '.*';
  return wildcard('', whole, end).test(decoded(pathname + search + hash));
}

/**
 * @param {string} before  a regular expression
 * @param {string} text  with `*` for any characters
 * @param {string} after  a regular expression
 */
function wildcard(before, text, after) {
  const key = `${before} ${text} ${after}`;
  let expression = wildcards.get(key);
  if (!expression) {
    const middle = text.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*');
    expression = new RegExp(`^${before}${middle}${after}$`, 'isu');
    wildcards.set(key, expression);
  }
  return expression;
}

/**
 * A text with its percent-encoded letters decoded. What is no UTF-8 stays encoded.
 * @param {string} text
 */
function decoded(text) {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  }).normalize('NFC');
}
