/**
 * The time of the next run. A schedule is a plain stored value, so that it survives a stop of the background.
 * @typedef {{kind: string, reason: string, detail: string | null}} Problem
 * @typedef {{refused: number, unknown: number}} Notice  records of a run that were refused, or answered in an unknown word
 * @typedef {{lastAttemptAt: number | null, lastSuccessAt: number | null, notBefore: number, failures: number,
 *   floorMs: number, problem: Problem | null, batchRecords?: number,
 *   notice?: Notice}} Schedule  `lastSuccessAt`: when something was stored last.
 *   `batchRecords`: the most records in a batch while the server needs too long for more
 * @typedef {import('../timings.js').Timings} Timings
 */

/** @type {Schedule} */
export const FIRST_SCHEDULE = Object.freeze({
  lastAttemptAt: null, lastSuccessAt: null, notBefore: 0, failures: 0, floorMs: 0, problem: null,
});

/**
 * Ms to wait after the n-th failure in a row. The step doubles each time. The wait is a random part of it, from one
 * half to the whole.
 * @param {number} failures  from 1
 * @param {number} random  0 ≤ random < 1
 * @param {Timings} timings
 */
function backoffMs(failures, random, timings) {
  const first = timings.backoffFirstSeconds * 1000;
  const step = Math.min(first * 2 ** Math.min(failures, 30), timings.backoffLastSeconds * 1000);
  return Math.max(first, Math.round(step * (0.5 + random / 2)));
}

/**
 * @param {Schedule} schedule
 * @param {number} now
 * @param {number} floorMs
 * @param {{stored: boolean, batchRecords?: number, notice: Notice}} run
 * @returns {Schedule}
 */
export function afterSuccess({ batchRecords: _, notice: __, ...schedule }, now, floorMs, { stored, batchRecords, notice }) {
  return {
    ...schedule, ...(batchRecords === undefined ? {} : { batchRecords }), ...(notice.refused + notice.unknown > 0 ? { notice } : {}),
    lastAttemptAt: now, lastSuccessAt: stored ? now : schedule.lastSuccessAt, notBefore: now + floorMs, floorMs, failures: 0, problem: null,
  };
}

/**
 * @param {Schedule} schedule
 * @param {number} now
 * @param {Problem} problem
 * @param {number | null} waitMs  the wait that the server asked for
 * @param {number} random  0 ≤ random < 1
 * @param {Timings} timings
 * @param {number | undefined} batchRecords
 * @returns {Schedule}
 */
export function afterFailure({ batchRecords: _, ...schedule }, now, problem, waitMs, random, timings, batchRecords) {
  const failures = schedule.failures + 1;
  const slow = batchRecords === undefined ? {} : { batchRecords };
  return { ...schedule, ...slow, lastAttemptAt: now, failures, problem, notBefore: now + (waitMs ?? backoffMs(failures, random, timings)) };
}

/**
 * The time of the next automatic run, in ms since the epoch.
 * @param {Schedule} schedule
 * @param {boolean} soon  true when a visit has ended, false when it only went on
 * @param {number} now
 * @param {Timings} timings
 */
export function nextAttempt(schedule, soon, now, timings) {
  const wanted = soon
    ? now + timings.syncSoonSeconds * 1000
    : Math.max(now, (schedule.lastAttemptAt ?? now) + timings.syncEverySeconds * 1000);
  // After a clock is set back by days, `notBefore` lies days ahead. Sending must not wait for it.
  const longest = now + Math.max(24 * 60 * 60 * 1000, timings.syncEverySeconds * 1000);
  return Math.min(Math.max(wanted, schedule.notBefore), longest);
}
