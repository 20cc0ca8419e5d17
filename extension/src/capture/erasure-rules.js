/**
 * The rules by which a person erases records, as the server's feed brings them. All conditions of a rule hold together.
 * A rule holds for records that began before `at`. Domains and ids come as keyed hashes, so that a rule tells nothing.
 *
 * @typedef {{domain?: string, domainHash?: string, ids?: {browser: string, id: string}[], idHashes?: string[], from?: number,
 *   to?: number, browser?: string, everything?: boolean}} ErasureRule
 *   `domainHash`: HMAC-SHA-256 of the domain, in hex. `idHashes`: the first half of that of browser, NUL and visit id.
 *   `from` and `to`: ms, half open. `domain` and `ids` themselves stand
 *   only in a rule that the person made in this browser.
 * @typedef {{at: number, rule: ErasureRule}} DatedRule
 * @typedef {{from: number, before: number, spanEnd: number | null, ids: string[] | null, sites: string[] | null}} Erasure
 *   A rule as it concerns this browser: records that began in [from, before), with one of the ids, on one of the sites.
 *   Null sets no condition. A tab's totals cannot be divided by time, so their life must end before `spanEnd`.
 * @typedef {import('./visits-and-totals.js').Visit} Visit
 * @typedef {{startedAt: number, activeMs: number, domains: Record<string, number>, lastActiveAt: number,
 *   currentUrl: string | null, currentDomain: string | null, closedAt?: number | null, revision: number}} TabTotals
 */

/** Hex digits of an id's hash. */
const ID_HASH_LENGTH = 32;
const encoder = new TextEncoder();

/**
 * The rules that concern a browser, with hashes replaced by its own sites and ids.
 * @param {DatedRule[]} erasures
 * @param {{key: string | null, browser: string, sites: Iterable<string>, ids: Iterable<string>}} known
 *   `key` in hex; null where no rule has a hash
 * @returns {Promise<Erasure[]>}
 */
export async function resolved(erasures, { key, browser, sites, ids }) {
  const mine = erasures.filter(({ rule }) => (rule.browser ?? browser) === browser);
  const hash = key === null ? null : await keyedHash(key);
  /** @type {Map<string, string[]>} */
  const sitesByHash = new Map();
  /** @type {Map<string, string>} */
  const idsByHash = new Map();
  if (hash && mine.some(({ rule }) => rule.domainHash !== undefined)) {
    for (const site of sites) {
      for (const digest of await Promise.all(suffixesOf(site).map(hash))) sitesByHash.set(digest, [...(sitesByHash.get(digest) ?? []), site]);
    }
  }
  if (hash && mine.some(({ rule }) => rule.idHashes !== undefined)) {
    for (const id of ids) idsByHash.set((await hash(`${browser}\0${id}`)).slice(0, ID_HASH_LENGTH), id);
  }
  return mine.map(({ at, rule }) => {
    const { domain, domainHash, ids: plainIds, idHashes, from = 0, to = null } = rule;
    const covered = domainHash !== undefined ? sitesByHash.get(domainHash) ?? []
      : domain !== undefined ? [...sites].filter((site) => suffixesOf(site).includes(domain)) : null;
    return {
      from, before: Math.min(at, to ?? at), spanEnd: to, sites: covered,
      ids: plainIds?.filter((one) => one.browser === browser).map(({ id }) => id)
        ?? idHashes?.flatMap((digest) => idsByHash.get(digest) ?? []) ?? null,
    };
  });
}

/**
 * A site and each domain above it: docs.example.org, example.org and org.
 * @param {string} site
 */
export function suffixesOf(site) {
  const labels = site.split('.');
  return labels.map((_, place) => labels.slice(place).join('.'));
}

/** @param {string} key  in hex */
async function keyedHash(key) {
  const bytes = Uint8Array.from(key.match(/../g) ?? [], (digits) => parseInt(digits, 16));
  const imported = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return async (/** @type {string} */ text) => {
    const digest = new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(text)));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
}

/**
 * True when one of the rules erases a visit.
 * @param {Erasure[]} erasures
 * @param {Pick<Visit, 'id' | 'startedAt' | 'domain'>} visit
 */
export function erasesVisit(erasures, { id, startedAt, domain }) {
  return erasures.some(({ from, before, ids, sites }) => startedAt >= from && startedAt < before
    && (ids === null || ids.includes(id)) && (sites === null || sites.includes(domain)));
}

/**
 * The sites that leave a tab's totals, or null when a rule erases the totals as a whole.
 * @param {Erasure[]} erasures
 * @param {TabTotals} totals
 * @returns {Set<string> | null}
 */
export function sitesErasedFrom(erasures, totals) {
  /** @type {Set<string>} */
  const gone = new Set();
  for (const { from, before, spanEnd, ids, sites } of erasures) {
    const lifeEnd = Math.max(totals.lastActiveAt, totals.closedAt ?? 0);
    const concerned = ids === null && totals.startedAt >= from && totals.startedAt < before && (spanEnd === null || sites !== null || lifeEnd < spanEnd);
    if (concerned && sites === null) return null;
    if (concerned) sites?.forEach((site) => gone.add(site));
  }
  return gone;
}

/**
 * Totals after the rules, or null when they are erased as a whole. Totals that the rules do not touch are returned
 * themselves.
 * @template {TabTotals} T
 * @param {Erasure[]} erasures
 * @param {T} totals
 * @returns {T | null}
 */
export function totalsAfter(erasures, totals) {
  const gone = sitesErasedFrom(erasures, totals);
  return gone && withoutSites(totals, gone);
}

/**
 * @template {TabTotals} T
 * @param {T} totals
 * @param {Set<string>} gone
 * @returns {T}
 */
export function withoutSites(totals, gone) {
  const { domains, currentDomain } = totals;
  const kept = Object.entries(domains).filter(([site]) => !gone.has(site));
  const leaves = currentDomain !== null && gone.has(currentDomain);
  if (!leaves && kept.length === Object.keys(domains).length) return totals;
  return {
    ...totals, domains: Object.fromEntries(kept), activeMs: kept.reduce((sum, [, ms]) => sum + ms, 0),
    ...(leaves ? { currentUrl: null, currentDomain: null } : {}), revision: totals.revision + 1,
  };
}
