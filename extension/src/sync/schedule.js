/**
 * When to try again. A schedule is plain and stored, so that it outlives the background.
 * @typedef {{lastAttemptAt: number | null, lastSuccessAt: number | null, notBefore: number, failures: number,
 *   floorMs: number, problem: {kind: string, reason: string, detail: string | null} | null}} Schedule
 */

/** @type {Schedule} */
export const FIRST_SCHEDULE = Object.freeze({
  lastAttemptAt: null, lastSuccessAt: null, notBefore: 0, failures: 0, floorMs: 0, problem: null,
});

/**
 * Ms to wait after the n-th failure in a row: doubling, between half and the whole of the step at random.
 * @param {number} failures  from 1
 * @param {number} random  0 ≤ random < 1
 * @param {import('../timings.js').Timings} timings
 */
export function backoffMs(failures, random, timings) {
  const first = timings.backoffFirstSeconds * 1000;
  const step = Math.min(first * 2 ** Math.min(failures, 30), timings.backoffLastSeconds * 1000);
  return Math.max(first, Math.round(step * (0.5 + random / 2)));
}

/** The schedule after a run that reached its end. */
export function afterSuccess(schedule, now, floorMs) {
  return { ...schedule, lastAttemptAt: now, lastSuccessAt: now, notBefore: now + floorMs, floorMs, failures: 0, problem: null };
}

/** The schedule after a run that did not; `waitMs` is what the server asked for, or null. */
export function afterFailure(schedule, now, problem, waitMs, random, timings) {
  const failures = schedule.failures + 1;
  return { ...schedule, lastAttemptAt: now, failures, problem, notBefore: now + (waitMs ?? backoffMs(failures, random, timings)) };
}

/**
 * The next automatic attempt, in ms since the epoch.
 * @param {Schedule} schedule
 * @param {boolean} soon  a visit has ended, rather than only gone on
 * @param {number} now
 * @param {import('../timings.js').Timings} timings
 */
export function nextAttempt(schedule, soon, now, timings) {
  const wanted = soon
    ? now + timings.syncSoonSeconds * 1000
    : Math.max(now, (schedule.lastAttemptAt ?? now) + timings.syncEverySeconds * 1000);
  // A clock set back by a lot would otherwise hold everything until it has caught up.
  const longest = now + Math.max(24 * 60 * 60 * 1000, timings.syncEverySeconds * 1000);
  return Math.min(Math.max(wanted, schedule.notBefore), longest);
}
