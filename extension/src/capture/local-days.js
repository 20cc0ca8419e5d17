/**
 * The days of the person's clock, as yyyymmdd, and the share of a visit that falls into each. The dashboard splits a
 * visit in the same way, so that both show equal numbers.
 */

/**
 * The number of the local day of an instant.
 * @param {number} instant  ms since the epoch
 */
export function localDay(instant) {
  const date = new Date(instant);
  return date.getFullYear() * 10000 + (date.getMonth() + 1) * 100 + date.getDate();
}

/** @param {number} instant */
function nextMidnight(instant) {
  const date = new Date(instant);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime();
}

/**
 * The active ms of a visit on each day that it touches. It counts as a visit on the day on which it began. The active
 * time fills the parts of the visit that are not away, from its start on.
 * @param {{startedAt: number, durationMs: number, activeMs: number,
 *   idlePeriods: {startedAt: number, endedAt: number | null}[]}} visit
 * @returns {{day: number, activeMs: number, visits: number}[]}
 */
export function dayParts(visit) {
  const { startedAt, durationMs } = visit;
  const end = startedAt + durationMs;
  const spans = activeSpans(visit);
  const parts = [];
  for (let from = startedAt; from < end || from === startedAt;) {
    const to = Math.min(nextMidnight(from), end);
    const activeMs = spans.reduce((sum, span) => sum + Math.max(Math.min(span.to, to) - Math.max(span.from, from), 0), 0);
    parts.push({ day: localDay(from), activeMs, visits: from === startedAt ? 1 : 0 });
    if (to === from) break;
    from = to;
  }
  return parts;
}

/**
 * Where the active time of a visit lies, in order.
 * @param {Parameters<typeof dayParts>[0]} visit
 */
function activeSpans({ startedAt, durationMs, activeMs, idlePeriods }) {
  const end = startedAt + durationMs;
  const spans = [];
  let [at, left] = [startedAt, activeMs];
  for (const away of [...idlePeriods, { startedAt: end, endedAt: end }]) {
    const to = Math.min(away.startedAt, at + left, end);
    if (to > at) {
      spans.push({ from: at, to });
      left -= to - at;
    }
    at = Math.max(at, away.endedAt ?? end);
  }
  return spans;
}
