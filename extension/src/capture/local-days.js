/**
 * The days and hours of the person's clock, days as yyyymmdd, and the share of a visit that falls into each hour. The
 * dashboard splits a visit in the same way, so that both show equal numbers.
 */

const HOUR_MS = 60 * 60 * 1000;

/**
 * The number of the local day of an instant.
 * @param {number} instant  ms since the epoch
 */
export function localDay(instant) {
  const date = new Date(instant);
  return date.getFullYear() * 10000 + (date.getMonth() + 1) * 100 + date.getDate();
}

/**
 * The instants between which a local day lies. The second is the first instant after it.
 * @param {number} year
 * @param {number} month  0 is January
 * @param {number} day
 */
export function daySpan(year, month, day) {
  return { from: new Date(year, month, day).getTime(), to: new Date(year, month, day + 1).getTime() };
}

/**
 * The next instant at which the clock shows a full hour. The hour is not looked up by its name: at the end of summer time
 * two hours have the same name, and the later one would never end.
 * @param {number} instant
 */
function nextHour(instant) {
  const date = new Date(instant);
  return instant + HOUR_MS - (date.getMinutes() * 60 + date.getSeconds()) * 1000 - date.getMilliseconds();
}

/**
 * The active ms of a visit in each hour that it touches. It counts as a visit in the hour in which it began. The active
 * time fills the parts of the visit that are not away, from its start on.
 * @param {{startedAt: number, durationMs: number, activeMs: number,
 *   idlePeriods: {startedAt: number, endedAt: number | null}[]}} visit
 * @returns {{day: number, hour: number, activeMs: number, visits: number}[]}
 */
export function hourParts(visit) {
  const { startedAt, durationMs } = visit;
  const end = startedAt + durationMs;
  const spans = activeSpans(visit);
  const parts = [];
  for (let from = startedAt; from < end || from === startedAt;) {
    const to = Math.min(nextHour(from), end);
    const activeMs = spans.reduce((sum, span) => sum + Math.max(Math.min(span.to, to) - Math.max(span.from, from), 0), 0);
    parts.push({ day: localDay(from), hour: new Date(from).getHours(), activeMs, visits: from === startedAt ? 1 : 0 });
    if (to === from) break;
    from = to;
  }
  return parts;
}

/**
 * The spans of a visit in which the person was active, in order. The time away is taken out.
 * @param {Parameters<typeof hourParts>[0]} visit
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
