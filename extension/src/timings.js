/**
 * All periods of the extension. Only the stored setting `testTimings` changes them, in tests.
 * @typedef {{heartbeatSeconds: number, awayHeartbeatSeconds: number, earlyHeartbeatSeconds: number[],
 *   focusCheckSeconds: number, missedHeartbeats: number, idleSeconds: number, shortestVisitMs: number, syncSoonSeconds: number,
 *   syncEverySeconds: number, syncFloorSeconds: number, longestFloorSeconds: number, keepSyncedDays: number,
 *   backoffFirstSeconds: number, backoffLastSeconds: number, requestTimeoutSeconds: number,
 *   connectPollSeconds: number}} Timings
 */

/** @type {Readonly<Timings>} */
export const TIMINGS = Object.freeze({
  /** Seconds between two heartbeats of an open visit. Browsers allow no shorter alarm than 30 s. */
  heartbeatSeconds: 30,
  /** Seconds between two heartbeats while the person is away from an open page. */
  awayHeartbeatSeconds: 300,
  /** Extra heartbeats after a visit begins, so that a crash early in the visit does not lose it. */
  earlyHeartbeatSeconds: [1.1, 5, 15],
  /** Seconds between two looks at the focus, where the browser does not reliably tell of its changes. */
  focusCheckSeconds: 2,
  /** The number of missed heartbeats after which the browser counts as asleep or dead. */
  missedHeartbeats: 3,
  /** Time without input after which the browser calls a person idle, unless the person has chosen another limit. */
  idleSeconds: 60,
  /** A shorter stay on a page is not recorded as a visit. */
  shortestVisitMs: 1000,
  /** Wait after a visit ends before it is sent, so that a burst goes out together. */
  syncSoonSeconds: 5,
  /** Seconds between two sync runs while a visit goes on. */
  syncEverySeconds: 300,
  /** The shortest time between two automatic sync runs when the server states none. */
  syncFloorSeconds: 60,
  /** The longest `minSyncIntervalSeconds` of a server that is obeyed. */
  longestFloorSeconds: 3600,
  /** Days for which a synced record is kept in the browser. */
  keepSyncedDays: 30,
  backoffFirstSeconds: 30,
  backoffLastSeconds: 1800,
  requestTimeoutSeconds: 60,
  /** Seconds between two questions to the server whether the person has allowed the sign-in. */
  connectPollSeconds: 2,
});

/** The idle limits, in seconds, that a person may choose. */
export const IDLE_LIMITS = [60, 180, 300];

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
