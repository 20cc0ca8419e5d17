/**
 * All periods of the extension. Only the stored setting `testTimings` changes them, in tests.
 * @typedef {{heartbeatSeconds: number, awayHeartbeatSeconds: number, earlyHeartbeatSeconds: number[],
 *   missedHeartbeats: number, idleSeconds: number, shortestVisitMs: number, syncSoonSeconds: number,
 *   syncEverySeconds: number, syncFloorSeconds: number, longestFloorSeconds: number, keepSyncedDays: number,
 *   backoffFirstSeconds: number, backoffLastSeconds: number, requestTimeoutSeconds: number}} Timings
 */

/** @type {Readonly<Timings>} */
export const TIMINGS = Object.freeze({
  /** Between two heartbeats while a person is on a page. Browsers allow no alarm more often than every 30 s. */
  heartbeatSeconds: 30,
  /** Between two heartbeats while the person is away from an open page. */
  awayHeartbeatSeconds: 300,
  /** Extra heartbeats after a visit begins, so that a crash early in the visit does not lose it. */
  earlyHeartbeatSeconds: [1.1, 5, 15],
  /** After so many missed heartbeats the browser slept or died. */
  missedHeartbeats: 3,
  /** Time without input after which the browser calls a person idle. */
  idleSeconds: 60,
  /** A shorter stay is no visit. */
  shortestVisitMs: 1000,
  /** Wait after a visit ends before it is sent, so that a burst goes out together. */
  syncSoonSeconds: 5,
  /** Between two runs of sending while a visit goes on. */
  syncEverySeconds: 300,
  /** Least time between two automatic runs when the server names none. */
  syncFloorSeconds: 60,
  /** A server's own least time counts up to this. */
  longestFloorSeconds: 3600,
  /** A synced record stays on this machine for so long. */
  keepSyncedDays: 30,
  backoffFirstSeconds: 30,
  backoffLastSeconds: 1800,
  requestTimeoutSeconds: 60,
});

/**
 * Timings with the named ones replaced. Unknown names and values that are not positive are ignored.
 * @param {Record<string, unknown> | null | undefined} changes
 * @returns {Timings}
 */
export function timingsWith(changes) {
  const valid = Object.entries(changes ?? {}).filter(([name, value]) => {
    if (!(name in TIMINGS)) return false;
    const listWanted = Array.isArray(TIMINGS[/** @type {keyof Timings} */ (name)]);
    const numbers = Array.isArray(value) ? value : [value];
    return Array.isArray(value) === listWanted && numbers.every((n) => Number.isFinite(n) && n > 0);
  });
  return { ...TIMINGS, ...Object.fromEntries(valid) };
}
