/**
 * Page visits and the totals of a tab.
 *
 * A visit has a clock of its own. It starts at `startedAt` and only runs forward. Each end, idle period and heartbeat
 * lies at `startedAt` plus a measured duration, so a change of the machine's clock does not bend a visit. Instants are
 * milliseconds since the Unix epoch, durations are milliseconds.
 *
 * @typedef {'idle' | 'locked' | 'unfocused'} AwayReason
 * @typedef {{startedAt: number, endedAt: number | null, reason: AwayReason, resumedBy: string | null}} IdlePeriod
 * @typedef {{id: string, owner: string, tabId: number, url: string, domain: string, nameless: boolean, title: string,
 *   startedAt: number, endedAt: number | null, durationMs: number, activeMs: number, idlePeriods: IdlePeriod[],
 *   heartbeatAt: number | null, closedAt: number | null, metadata: object, revision: number, addressMs?: number}} Visit
 *   `addressMs`: the visit's duration when its present address came, if that was not its first.
 * @typedef {{owner: string, startedAt: number, activeMs: number, domains: Record<string, number>, pages: number,
 *   lastActiveAt: number, currentUrl: string | null, currentDomain: string | null, revision: number}} Totals
 *   Totals cover the ended visits of one tab.
 * @typedef {Totals & {id: string, tabId: number, closedAt: number | null}} Aggregate
 */

/** The server keeps the latest 1,000 idle periods of a visit. */
const MAX_IDLE_PERIODS = 1000;

/**
 * @param {{id: string, owner: string, tabId: number, page: import('./recording-rules.js').Page, title: string,
 *   metadata: object, now: number}} start
 * @returns {Visit}
 */
export function beginVisit({ id, owner, tabId, page, title, metadata, now }) {
  return {
    id, owner, tabId, url: page.url, domain: page.domain, nameless: page.nameless, title: page.nameless ? '' : title,
    startedAt: now, endedAt: null, durationMs: 0, activeMs: 0, idlePeriods: [], heartbeatAt: null, closedAt: null,
    metadata, revision: 0,
  };
}

/**
 * The present instant on a visit's own clock.
 * @param {Visit} visit
 */
export function reachedAt(visit) {
  return visit.startedAt + visit.durationMs;
}

/**
 * The last instant, on a visit's own clock, at which the person was not away.
 * @param {Visit} visit
 */
function lastActiveInstant(visit) {
  const last = visit.idlePeriods.at(-1);
  return last && (last.endedAt === null || last.endedAt === reachedAt(visit)) ? last.startedAt : reachedAt(visit);
}

/**
 * The visit with `ms` added. All or none of them are active.
 * @param {Visit} visit
 * @param {number} ms
 * @param {boolean} active
 * @returns {Visit}
 */
export function withTime(visit, ms, active) {
  return { ...visit, durationMs: visit.durationMs + ms, activeMs: visit.activeMs + (active ? ms : 0) };
}

/**
 * The visit with the person away for `reason`, or back when `reason` is null.
 * @param {Visit} visit
 * @param {AwayReason | null} reason
 * @param {string | null} resumedBy
 * @returns {Visit}
 */
export function withAwayReason(visit, reason, resumedBy) {
  const last = visit.idlePeriods.at(-1);
  const open = last && last.endedAt === null ? last : null;
  if ((open?.reason ?? null) === reason) return visit;
  let periods = visit.idlePeriods;
  if (open) {
    const endedAt = reachedAt(visit);
    const ended = { ...open, endedAt, resumedBy: resumedBy ?? reason };
    // Focus that moves between windows of this browser looks like an absence of 0 ms. It is dropped.
    periods = endedAt > ended.startedAt ? [...periods.slice(0, -1), ended] : periods.slice(0, -1);
  }
  if (reason) periods = [...periods, { startedAt: reachedAt(visit), endedAt: null, reason, resumedBy: null }];
  return { ...visit, idlePeriods: periods.slice(-MAX_IDLE_PERIODS) };
}

/**
 * The visit under another address of the same document, from now on and for the time before.
 * @param {Visit} visit
 * @param {import('./recording-rules.js').Page} page
 * @param {string} title
 * @returns {Visit}
 */
export function withAddress(visit, page, title) {
  return {
    ...visit, url: page.url, domain: page.domain, nameless: page.nameless, title: page.nameless ? '' : title, metadata: {},
    addressMs: visit.durationMs,
  };
}

/**
 * An ended visit that goes on, with the time of the visit that began at its end.
 * @param {Visit} ended
 * @param {Visit} later
 * @returns {Visit}
 */
export function resumeVisit(ended, later) {
  const shift = reachedAt(ended) - later.startedAt;
  const moved = later.idlePeriods.map((period) => ({
    ...period, startedAt: period.startedAt + shift, endedAt: period.endedAt === null ? null : period.endedAt + shift,
  }));
  return {
    ...ended, endedAt: null, durationMs: ended.durationMs + later.durationMs, activeMs: ended.activeMs + later.activeMs,
    idlePeriods: [...ended.idlePeriods, ...moved],
  };
}

/**
 * The visit, ended at the present instant of its own clock.
 * @param {Visit} visit
 * @returns {Visit}
 */
export function endVisit(visit) {
  const closed = withAwayReason(visit, null, 'visit_ended');
  return { ...closed, endedAt: reachedAt(closed), heartbeatAt: reachedAt(closed) };
}

/**
 * @param {string} owner
 * @param {number} now
 * @returns {Totals}
 */
export function beginTotals(owner, now) {
  return {
    owner, startedAt: now, activeMs: 0, domains: {}, pages: 0, lastActiveAt: now, currentUrl: null, currentDomain: null,
    revision: 0,
  };
}

/**
 * Totals with one more visit. The caller must not add a visit twice.
 * @param {Totals} totals
 * @param {Visit} visit
 * @returns {Totals}
 */
export function addVisit(totals, visit) {
  // A domain is text from the web. A host called `__proto__` would change the prototype of a plain object.
  const domains = Object.assign(Object.create(null), totals.domains);
  domains[visit.domain] = (domains[visit.domain] ?? 0) + visit.activeMs;
  return {
    ...totals, domains: { ...domains }, activeMs: totals.activeMs + visit.activeMs, pages: totals.pages + 1,
    lastActiveAt: Math.max(totals.lastActiveAt, lastActiveInstant(visit)), currentUrl: visit.url, currentDomain: visit.domain,
  };
}

/**
 * The aggregate record of a tab. It is a snapshot that replaces any earlier one.
 * @param {Totals} totals
 * @param {number} tabId
 * @param {number | null} closedAt
 * @returns {Aggregate}
 */
export function aggregateOf(totals, tabId, closedAt) {
  return {
    id: `tab ${tabId}`, owner: totals.owner, tabId, startedAt: totals.startedAt,
    activeMs: totals.activeMs, domains: totals.domains, pages: totals.pages, lastActiveAt: totals.lastActiveAt,
    currentUrl: totals.currentUrl, currentDomain: totals.currentDomain, closedAt, revision: totals.revision,
  };
}
