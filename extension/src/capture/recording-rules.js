/**
 * The person's rules for the pages that may be recorded.
 *
 * @typedef {{never: string[], domainOnly: string[], stripQuery: string[]}} Rules  lists of patterns, see `matches`
 * @typedef {{url: string, domain: string, nameless: boolean}} Page  the title of a `nameless` page is not kept
 */
import { siteOf } from './site.js';

/** @type {Rules} */
export const NO_RULES = Object.freeze({ never: [], domainOnly: [], stripQuery: [] });

/**
 * The recorded form of a URL under the rules, or null when it must not be recorded.
 * @param {string | undefined} url  absolute, as the browser has it
 * @param {Rules} rules
 * @returns {Page | null}
 */
export function pageOf(url, rules) {
  const parts = parse(url);
  if (!url || !parts || rules.never.some((pattern) => matches(pattern, parts))) return null;
  const domain = siteOf(parts);
  if (rules.domainOnly.some((pattern) => matches(pattern, parts))) {
    return { url: `${parts.origin}/`, domain, nameless: true };
  }
  // The text is cut, not put together from the parsed parts. The parser would rewrite characters such as `|`.
  let kept = parts.username || parts.password ? url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1') : url;
  if (rules.stripQuery.some((pattern) => matches(pattern, parts))) kept = kept.replace(/[?#].*$/s, '');
  return { url: kept, domain, nameless: false };
}

/**
 * True when two URLs are one page to a reader: they are equal up to a fragment that only scrolls. A fragment that
 * starts with `/` or `!` is a route of an application and makes a page of its own.
 * @param {string} a
 * @param {string} b
 */
export function samePage(a, b) {
  return a === b || withoutAnchor(a) === withoutAnchor(b);
}

/** @param {string} url */
function withoutAnchor(url) {
  return url.replace(/#(?![/!]).*$/s, '');
}

/**
 * True when a pattern covers a URL. `example.com` covers the site and its subdomains. `example.com/private` covers all
 * below that path. `*` stands for any characters, as in `*.bank.example` or `*mail*`.
 * @param {string} pattern
 * @param {URL} parts
 */
export function matches(pattern, parts) {
  const { host, path } = splitPattern(pattern);
  if (!host) return false;
  const name = parts.hostname.replace(/\.$/, '');
  const hostFits = host.includes('*')
    ? wildcard(host).test(name) || (host.startsWith('*.') && name === host.slice(2))
    : name === host || name.endsWith(`.${host}`);
  if (!hostFits) return false;
  return !path || wildcard(`${path}*`).test(parts.pathname + parts.search);
}

/**
 * The first invalid pattern of a list, or null.
 * @param {string[]} patterns
 */
export function faultyPattern(patterns) {
  return patterns.find((pattern) => !splitPattern(pattern).host || /\s/.test(pattern.trim())) ?? null;
}

/**
 * The patterns in a text of one a line, without blanks and repeats.
 * @param {string} text
 */
export function patternsIn(text) {
  return [...new Set(text.split('\n').map((line) => line.trim()).filter(Boolean))];
}

/** @param {string} pattern */
function splitPattern(pattern) {
  const bare = pattern.trim().replace(/^(\*|[a-z]+):\/\//i, '');
  const slash = bare.indexOf('/');
  let host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase().replace(/:\d+$/, '').replace(/^www\./, '');
  const path = slash < 0 || bare.slice(slash) === '/' ? '' : bare.slice(slash);
  if (!host.includes('*')) host = parse(`http://${host}/`)?.hostname ?? '';
  return { host, path };
}

/** @type {Map<string, RegExp>} */
const wildcards = new Map();

/** @param {string} text */
function wildcard(text) {
  let expression = wildcards.get(text);
  if (!expression) {
    expression = new RegExp(`^${text.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'is');
    wildcards.set(text, expression);
  }
  return expression;
}

/**
 * @param {string | undefined} url
 * @returns {URL | null}
 */
function parse(url) {
  if (!url || !/^https?:\/\//i.test(url)) return null;
  try {
    return new URL(url);
  } catch {
    return null;
  }
}
