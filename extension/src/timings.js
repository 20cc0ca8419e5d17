/**
 * Every period the extension lives by. The stored setting `testTimings` may shorten them; nothing else changes them.
 * @typedef {typeof TIMINGS} Timings
 */
export const TIMINGS = Object.freeze({
  /** Sign of life while a person is on a page; browsers allow no alarm more often than every 30 s. */
  heartbeatSeconds: 30,
  /** Sign of life while the person is away from an open page. */
  awayHeartbeatSeconds: 300,
  /** Extra signs of life after a visit begins, so that a crash early in a visit does not lose it. */
  earlyHeartbeatSeconds: [1.1, 5, 15],
  /** How many missed heartbeats mean that the browser slept or died. */
  missedHeartbeats: 3,
  /** Input-free time after which the browser calls a person idle. */
  idleSeconds: 60,
  /** The shortest stay that becomes a visit. */
  shortestVisitMs: 1000,
  /** Wait after a visit ends before it is sent, so that a burst goes out together. */
  syncSoonSeconds: 5,
  /** Pace of sending while a visit goes on. */
  syncEverySeconds: 300,
  /** Floor between two automatic runs when the server names none. */
  syncFloorSeconds: 60,
  /** The most that a server's own floor counts. */
  longestFloorSeconds: 3600,
  /** How long a synced record stays on this machine. */
  keepSyncedDays: 30,
  backoffFirstSeconds: 30,
  backoffLastSeconds: 1800,
  requestTimeoutSeconds: 60,
});

/**
 * Timings with the named ones replaced; unknown names and values that are not positive are ignored.
 * @param {Partial<Timings> | null | undefined} changes
 * @returns {Timings}
 */
export function timingsWith(changes) {
  const timings = { ...TIMINGS };
  for (const [name, value] of Object.entries(changes ?? {})) {
    if (!(name in timings)) continue;
    const numbers = Array.isArray(value) ? value : [value];
    if (Array.isArray(value) === Array.isArray(timings[name]) && numbers.every((n) => Number.isFinite(n) && n > 0)) {
      timings[name] = value;
    }
  }
  return timings;
}
