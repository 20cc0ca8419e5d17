/**
 * The person's rules for the pages that may be recorded.
 *
 * @typedef {{never: string[], domainOnly: string[], stripQuery: string[], ownServers?: string[]}} Rules  lists of patterns, see
 *   site-patterns.js. `ownServers` are the base URLs of the person's server, by all its names. Its pages are not recorded.
 * @typedef {{url: string, domain: string, nameless: boolean}} Page  the title of a `nameless` page is not kept
 */
import { matches } from './site-patterns.js';
import { siteOf } from './site.js';

/** Characters of a URL and of a title that the server keeps. */
const MAX_URL = 8192;
export const MAX_TITLE = 1024;

/**
 * The first characters of a text. A pair of surrogates is never cut in two.
 * @param {string} text
 * @param {number} length
 */
export function cutText(text, length) {
  return text.length <= length ? text : text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}

/** @type {Rules} */
export const NO_RULES = Object.freeze({ never: [], domainOnly: [], stripQuery: [] });

/**
 * The recorded form of a URL under the rules, or null when it must not be recorded.
 * @param {string | undefined} shownUrl  absolute, as the browser has it
 * @param {Rules} rules
 * @returns {Page | null}
 */
export function pageOf(shownUrl, rules) {
  const url = readUrl(shownUrl);
  const parts = parse(url);
  if (!url || !parts || rules.ownServers?.some((server) => isPageOf(server, parts)) || rules.never.some((pattern) => matches(pattern, parts))) return null;
  const domain = siteOf(parts);
  if (rules.domainOnly.some((pattern) => matches(pattern, parts))) {
    return { url: `${parts.origin}/`, domain, nameless: true };
  }
  // The text is cut, not put together from the parsed parts. The parser would rewrite characters such as `|`.
  let kept = parts.username || parts.password ? url.replace(/^(https?:\/\/)[^/?#]*@/i, '$1') : url;
  if (rules.stripQuery.some((pattern) => matches(pattern, parts))) kept = kept.replace(/[?#].*$/s, '');
  return { url: cutText(kept, MAX_URL), domain, nameless: false };
}

/**
 * The URL that a person reads. The reader view of a browser shows a page under an address of its own: Firefox
 * (`about:reader?url=…`), Chromium (`chrome-distiller://…?url=…`), Edge (`read://…?url=…`).
 * @param {string | undefined} url
 */
function readUrl(url) {
  if (!url || !/^(about:reader\?|chrome-distiller:|read:)/i.test(url)) return url;
  return new URLSearchParams(url.replace(/^[^?]*/, '')).get('url') ?? undefined;
}

/**
 * @param {string} server  a base URL
 * @param {URL} parts
 */
function isPageOf(server, parts) {
  const base = parse(server);
  if (!base || base.origin !== parts.origin) return false;
  const path = base.pathname.replace(/\/$/, '');
  return parts.pathname === path || parts.pathname.startsWith(`${path}/`);
}

/**
 * A visit as the rules let it be kept, or null when they forbid it. A visit that they do not touch is returned itself.
 * @template {{url: string, title: string, nameless: boolean, metadata: object, revision: number}} T
 * @param {T} visit
 * @param {Rules} rules
 * @returns {T | null}
 */
export function allowedVisit(visit, rules) {
  const page = pageOf(visit.url, rules);
  if (!page) return null;
  if (page.url === visit.url && (visit.nameless || !page.nameless)) return visit;
  const cut = page.nameless ? { title: '', nameless: true, metadata: {} } : {};
  return { ...visit, ...cut, url: page.url, revision: visit.revision + 1 };
}

/**
 * Totals without the sites that the rules forbid. Totals that they do not touch are returned themselves.
 * @template {{domains: Record<string, number>, activeMs: number, currentUrl: string | null, currentDomain: string | null,
 *   revision: number}} T
 * @param {T} totals
 * @param {Rules} rules
 * @returns {T}
 */
export function allowedTotals(totals, rules) {
  const kept = Object.entries(totals.domains).filter(([domain]) => pageOf(`http://${domain}/`, rules));
  const current = totals.currentUrl === null ? null : pageOf(totals.currentUrl, rules);
  if (kept.length === Object.keys(totals.domains).length && (current?.url ?? null) === totals.currentUrl) return totals;
  return {
    ...totals, domains: Object.fromEntries(kept), activeMs: kept.reduce((sum, [, ms]) => sum + ms, 0),
    currentUrl: current?.url ?? null, currentDomain: current?.domain ?? null, revision: totals.revision + 1,
  };
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

/**
 * Rules that a person edited, with what was added and taken away elsewhere since they began.
 * @param {Rules} edited
 * @param {Rules} begun  as they stood when the person began
 * @param {Rules} present
 * @returns {Rules}
 */
export function mergedRules(edited, begun, present) {
  const merged = (/** @type {'never' | 'domainOnly' | 'stripQuery'} */ list) => {
    const added = present[list].filter((line) => !begun[list].includes(line));
    const takenAway = begun[list].filter((line) => !present[list].includes(line));
    return [...new Set([...edited[list], ...added])].filter((line) => !takenAway.includes(line));
  };
  return { never: merged('never'), domainOnly: merged('domainOnly'), stripQuery: merged('stripQuery') };
}
