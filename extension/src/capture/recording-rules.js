/**
 * The person's rules on what may be recorded.
 *
 * @typedef {{never: string[], domainOnly: string[], stripQuery: string[]}} Rules  lists of patterns, see site-patterns.js
 * @typedef {{url: string, domain: string, nameless: boolean}} Page  the title of a `nameless` page is not kept
 */
import { matches } from './site-patterns.js';
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
