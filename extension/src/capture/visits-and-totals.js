/**
 * A continuous stay of a person on one page of one tab. Its own clock starts at `startedAt` and runs only forward, so
 * that every end, idle period and sign of life lies at `startedAt` + a measured duration, however the machine's clock
 * is set meanwhile. Instants are milliseconds since the Unix epoch, durations milliseconds.
 * @typedef {{startedAt: number, endedAt: number | null, reason: 'idle' | 'locked' | 'unfocused', resumedBy: string | null}} IdlePeriod
 * @typedef {{id: string, owner: string, tabId: number, url: string, domain: string, nameless: boolean, title: string,
 *   startedAt: number, endedAt: number | null, durationMs: number, activeMs: number, idlePeriods: IdlePeriod[],
 *   heartbeatAt: number | null, closedAt: number | null, metadata: object, revision: number}} Visit
 *
 * The totals over one tab's ended visits, from `startedAt` on.
 * @typedef {{owner: string, startedAt: number, activeMs: number, domains: Record<string, number>, pages: number,
 *   lastActiveAt: number, currentUrl: string | null, currentDomain: string | null, revision: number}} Totals
 */

/** The latest idle periods of a visit that are kept, as many as the server keeps. */
const MOST_IDLE_PERIODS = 1000;

/** @returns {Visit} */
export function beginVisit({ id, owner, tabId, page, title, metadata, now }) {
  return {
    id, owner, tabId, url: page.url, domain: page.domain, nameless: page.nameless, title: page.nameless ? '' : title,
    startedAt: now, endedAt: null, durationMs: 0, activeMs: 0, idlePeriods: [], heartbeatAt: null, closedAt: null,
    metadata, revision: 0,
  };
}

/** The instant a visit has reached on its own clock. */
export function reachedAt(visit) {
  return visit.startedAt + visit.durationMs;
}

/** The last instant of a visit, on its own clock, at which the person was not away. */
function lastActiveInstant(visit) {
  const last = visit.idlePeriods.at(-1);
  return last && (last.endedAt === null || last.endedAt === reachedAt(visit)) ? last.startedAt : reachedAt(visit);
}

/** The visit after `ms` more, of which all or none were active. */
export function withTime(visit, ms, active) {
  return { ...visit, durationMs: visit.durationMs + ms, activeMs: visit.activeMs + (active ? ms : 0) };
}

/** The visit with the person away for `reason`, or back when `reason` is null. */
export function withAwayReason(visit, reason, resumedBy) {
  const last = visit.idlePeriods.at(-1);
  const open = last && last.endedAt === null ? last : null;
  if ((open?.reason ?? null) === reason) return visit;
  let periods = visit.idlePeriods;
  if (open) {
    const ended = { ...open, endedAt: reachedAt(visit), resumedBy: resumedBy ?? reason };
    // An absence too short for the clock is none: focus moving within the browser looks like that.
    periods = ended.endedAt > ended.startedAt ? [...periods.slice(0, -1), ended] : periods.slice(0, -1);
  }
  if (reason) periods = [...periods, { startedAt: reachedAt(visit), endedAt: null, reason, resumedBy: null }];
  return { ...visit, idlePeriods: periods.slice(-MOST_IDLE_PERIODS) };
}

/** The visit ended at what it has reached. */
export function endVisit(visit) {
  const closed = withAwayReason(visit, null, 'visit_ended');
  return { ...closed, endedAt: reachedAt(closed), heartbeatAt: reachedAt(closed) };
}

/** @returns {Totals} */
export function beginTotals(owner, now) {
  return {
    owner, startedAt: now, activeMs: 0, domains: {}, pages: 0, lastActiveAt: now, currentUrl: null, currentDomain: null,
    revision: 0,
  };
}

/** Totals with one visit added that they do not hold yet. */
export function addVisit(totals, visit) {
  // A domain is text from the web: a plain object would trip over a host called __proto__.
  const domains = Object.assign(Object.create(null), totals.domains);
  domains[visit.domain] = (domains[visit.domain] ?? 0) + visit.activeMs;
  return {
    ...totals, domains: { ...domains }, activeMs: totals.activeMs + visit.activeMs, pages: totals.pages + 1,
    lastActiveAt: Math.max(totals.lastActiveAt, lastActiveInstant(visit)), currentUrl: visit.url, currentDomain: visit.domain,
  };
}

/** The aggregate record of a tab: its totals as they stand, a snapshot that replaces any earlier one. */
export function aggregateOf(totals, tabId, closedAt) {
  return {
    id: `tab ${tabId}`, owner: totals.owner, tabId, startedAt: totals.startedAt,
    activeMs: totals.activeMs, domains: totals.domains, pages: totals.pages, lastActiveAt: totals.lastActiveAt,
    currentUrl: totals.currentUrl, currentDomain: totals.currentDomain, closedAt, revision: totals.revision,
  };
}
