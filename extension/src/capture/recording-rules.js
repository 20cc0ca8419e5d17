/**
 * What a person wants kept out of the record. Each list holds patterns, see `matches`.
 * @typedef {{never: string[], domainOnly: string[], stripQuery: string[]}} Rules
 * @typedef {{url: string, domain: string, nameless: boolean}} Page  `nameless` pages are kept without a title
 */

/** @type {Rules} */
export const NO_RULES = Object.freeze({ never: [], domainOnly: [], stripQuery: [] });

/**
 * The page a URL stands for under the rules, or null where nothing may be recorded.
 * @param {string | undefined} url  absolute, as the browser has it
 * @param {Rules} rules
 * @returns {Page | null}
 */
export function pageOf(url, rules) {
  const parts = parse(url);
  if (!parts || rules.never.some((pattern) => matches(pattern, parts))) return null;
  const domain = parts.hostname.replace(/^www\./, '');
  if (rules.domainOnly.some((pattern) => matches(pattern, parts))) {
    return { url: `${parts.origin}/`, domain, nameless: true };
  }
  // Only what must go is cut from the text: a URL parser would rewrite characters that the browser left alone.
  let kept = parts.username || parts.password ? url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1') : url;
  if (rules.stripQuery.some((pattern) => matches(pattern, parts))) kept = kept.replace(/[?#].*$/s, '');
  return { url: kept, domain, nameless: false };
}

/**
 * True when two URLs are one page to a reader: equal up to a fragment that only scrolls. A fragment that starts with
 * `/` or `!` is an application's route and counts.
 * @param {string} a
 * @param {string} b
 */
export function samePage(a, b) {
  return a === b || withoutAnchor(a) === withoutAnchor(b);
}

function withoutAnchor(url) {
  return url.replace(/#(?![/!]).*$/s, '');
}

/**
 * True when a pattern covers a URL. `example.com` covers the site and its subdomains, `example.com/private` what lies
 * below that path, and `*` stands for any characters, as in `*.bank.example` or `*mail*`.
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
 * The first line of a list that is no pattern, or null.
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

function splitPattern(pattern) {
  const bare = pattern.trim().replace(/^(\*|[a-z]+):\/\//i, '');
  const slash = bare.indexOf('/');
  let host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase().replace(/:\d+$/, '').replace(/^www\./, '');
  const path = slash < 0 || bare.slice(slash) === '/' ? '' : bare.slice(slash);
  if (!host.includes('*')) host = parse(`http://${host}/`)?.hostname ?? '';
  return { host, path };
}

const wildcards = new Map();

function wildcard(text) {
  let expression = wildcards.get(text);
  if (!expression) {
    expression = new RegExp(`^${text.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'is');
    wildcards.set(text, expression);
  }
  return expression;
}

/** @returns {URL | null} */
function parse(url) {
  if (!/^https?:\/\//i.test(url ?? '')) return null;
  try {
    return new URL(url);
  } catch {
    return null;
  }
}
