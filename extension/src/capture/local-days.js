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
 * time is spread evenly over the visit and rounded down cumulatively, so that the parts add up exactly.
 * @param {{startedAt: number, durationMs: number, activeMs: number}} visit
 * @returns {{day: number, activeMs: number, visits: number}[]}
 */
export function dayParts({ startedAt, durationMs, activeMs }) {
  const end = startedAt + durationMs;
  const parts = [];
  let counted = 0;
  for (let from = startedAt; from < end || from === startedAt;) {
    const to = Math.min(nextMidnight(from), end);
    const until = to === end ? activeMs : shareOf(activeMs, to - startedAt, durationMs);
    parts.push({ day: localDay(from), activeMs: until - counted, visits: from === startedAt ? 1 : 0 });
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
