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
 * time is spread evenly over the visit and rounded down cumulatively, so that the parts add up exactly.
 * @param {{startedAt: number, durationMs: number, activeMs: number}} visit
 * @returns {{day: number, hour: number, activeMs: number, visits: number}[]}
 */
export function hourParts({ startedAt, durationMs, activeMs }) {
  const end = startedAt + durationMs;
  const parts = [];
  let counted = 0;
  for (let from = startedAt; from < end || from === startedAt;) {
    const to = Math.min(nextHour(from), end);
    const until = to === end ? activeMs : shareOf(activeMs, to - startedAt, durationMs);
    parts.push({ day: localDay(from), hour: new Date(from).getHours(), activeMs: until - counted, visits: from === startedAt ? 1 : 0 });
    counted = until;
    if (to === from) break;
    from = to;
  }
  return parts;
}

/**
 * `whole * part / all`, rounded down. The product of two durations may exceed the safe integers.
 * @param {number} whole
 * @param {number} part
 * @param {number} all
 */
function shareOf(whole, part, all) {
  return Number((BigInt(whole) * BigInt(part)) / BigInt(all));
}
