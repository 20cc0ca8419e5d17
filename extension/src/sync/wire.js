/** Between the extension's records and the server's words: the one module that knows wire names. */

/** What is particular to each kind of record on the wire. */
export const WIRE = {
  visits: { path: '/api/sync/page-visits', list: 'visits', record: visitToWire },
  aggregates: { path: '/api/sync/tab-aggregates', list: 'aggregates', record: aggregateToWire },
};

/** @param {import('../capture/visits-and-totals.js').Visit} visit */
export function visitToWire(visit) {
  return {
    id: visit.id,
    tabId: visit.tabId,
    url: visit.url,
    domain: visit.domain,
    title: visit.title,
    startedAt: visit.startedAt,
    endedAt: visit.endedAt,
    duration: visit.durationMs,
    isActive: visit.endedAt === null,
    activeDuration: visit.activeMs,
    engagementRate: visit.durationMs ? visit.activeMs / visit.durationMs : 0,
    idlePeriods: visit.idlePeriods.map(({ startedAt, endedAt, reason, resumedBy }) => ({
      start: startedAt,
      end: endedAt,
      reason,
      durationMs: endedAt === null ? null : endedAt - startedAt,
      resumeReason: resumedBy,
    })),
    lastHeartbeat: visit.heartbeatAt,
    metadata: visit.metadata,
    closedAt: visit.closedAt,
    revision: visit.revision,
  };
}

export function aggregateToWire(aggregate) {
  const byTime = Object.entries(aggregate.domains).sort(([a, ms], [b, others]) => others - ms || (a < b ? -1 : 1));
  return {
    tabId: aggregate.tabId,
    startTime: aggregate.startedAt,
    lastActiveTime: aggregate.lastActiveAt,
    totalActiveDuration: aggregate.activeMs,
    domainDurations: aggregate.domains,
    pageCount: aggregate.pages,
    currentUrl: aggregate.currentUrl,
    currentDomain: aggregate.currentDomain,
    statistics: {
      mostVisitedDomain: byTime[0]?.[0] ?? null,
      averagePageDuration: aggregate.pages ? Math.round(aggregate.activeMs / aggregate.pages) : 0,
    },
    closedAt: aggregate.closedAt,
    revision: aggregate.revision,
  };
}

/**
 * The body of a push around records that are JSON already.
 * @param {'visits' | 'aggregates'} kind
 * @param {string[]} texts
 * @param {{anonymousClientId: string, extensionVersion?: string, browserName?: string, browserVersion?: string, platform?: string}} client
 */
export function pushBody(kind, texts, { anonymousClientId, ...client }) {
  return `{"anonymousClientId":${JSON.stringify(anonymousClientId)},"client":${JSON.stringify(client)},"${WIRE[kind].list}":[${texts.join(',')}]}`;
}

const STORED = new Set(['created', 'updated', 'unchanged']);
/** A verdict of `retry` is tried again after this long, in ms. */
const RETRY_AFTER = 24 * 60 * 60 * 1000;

/**
 * What a push's reply says of each record sent, or null when it cannot be trusted. A word that is not known leaves its
 * record pending.
 * @param {any} reply
 * @param {{id: string, startedAt: number, revision: number}[]} sent
 * @param {number} now
 */
export function verdictsOf(reply, sent, now) {
  if (!Array.isArray(reply?.results) || reply.results.length !== sent.length) return null;
  const refusals = new Map();
  for (const refusal of Array.isArray(reply.rejected) ? reply.rejected : []) {
    if (Number.isInteger(refusal?.index)) refusals.set(refusal.index, refusal);
  }
  return sent.flatMap(({ id, startedAt, revision }, i) => {
    if (STORED.has(reply.results[i])) return [{ id, startedAt, revision, verdict: 'stored' }];
    if (reply.results[i] !== 'rejected') return [];
    const errors = refusals.get(i)?.errors ?? {};
    return [{ id, startedAt, revision, verdict: 'parked', errors, retryAt: isRetryable(refusals.get(i)) ? now + RETRY_AFTER : null }];
  });
}

// The contract places the word with the time that is outside the limits; either depth is taken.
function isRetryable(refusal) {
  return refusal?.retry === true || refusal?.errors?.retry === true
    || Object.values(refusal?.errors ?? {}).some((error) => error?.retry === true);
}

/**
 * The server's limits, or null when the reply is not one of this server.
 * @param {any} reply
 */
export function limitsOf(reply) {
  const { maxRecords, maxBodyBytes, maxRecordBytes, minSyncIntervalSeconds } = reply ?? {};
  const sound = [maxRecords, maxBodyBytes, maxRecordBytes].every((n) => Number.isInteger(n) && n > 0);
  if (!sound) return null;
  const floor = Number.isFinite(minSyncIntervalSeconds) && minSyncIntervalSeconds > 0 ? minSyncIntervalSeconds : null;
  return { maxRecords, maxBodyBytes, maxRecordBytes, minSyncIntervalSeconds: floor };
}

/**
 * The account and tokens of a sign-in's reply, or null.
 * @param {any} reply
 */
export function signedIn(reply) {
  const { user, access, refresh } = reply ?? {};
  if (user?.id === undefined || user.id === null || typeof access !== 'string' || typeof refresh !== 'string') return null;
  return { user: { id: String(user.id), email: String(user.email ?? ''), name: String(user.name ?? '') }, access, refresh };
}

/**
 * The pair of tokens of a refresh's reply, or null.
 * @param {any} reply
 */
export function tokensOf(reply) {
  const { access, refresh } = reply ?? {};
  return typeof access === 'string' && typeof refresh === 'string' ? { access, refresh } : null;
}

/**
 * Why and when the server ended a sign-in, where its error says so.
 * @param {any} error
 * @returns {{reason: string, at: number} | null}
 */
export function sessionEndOf(error) {
  const { code, reason, endedAt } = error ?? {};
  return code === 'session_ended' && typeof reason === 'string' && Number.isFinite(endedAt) ? { reason, at: endedAt } : null;
}

const SYSTEMS = { mac: 'macOS', win: 'Windows', linux: 'Linux', openbsd: 'OpenBSD', cros: 'ChromeOS', android: 'Android' };

/** What the list of one's browsers calls this one, such as "Firefox 153 on Linux"; empty where little is known. */
export function browserLabel({ browserName = '', browserVersion = '', platform = '' }) {
  if (!browserName) return '';
  const system = SYSTEMS[platform] ?? platform;
  return [browserName, browserVersion.split('.')[0], system && `on ${system}`].filter(Boolean).join(' ').slice(0, 100);
}

/** True when a reply that is not 2xx has the server's error shape. */
export function isError(reply) {
  return typeof reply?.code === 'string' && typeof reply?.detail === 'string';
}
