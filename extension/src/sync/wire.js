/**
 * Conversion between the extension's records and the wire. No other module knows wire names.
 *
 * @typedef {import('../store.js').Kind} Kind
 * @typedef {import('../capture/visits-and-totals.js').Visit} Visit
 * @typedef {import('../capture/visits-and-totals.js').Aggregate} Aggregate
 * @typedef {{anonymousClientId: string, extensionVersion?: string, browserName?: string, browserVersion?: string,
 *   platform?: string}} Client
 * @typedef {{maxRecords: number, maxBodyBytes: number, maxRecordBytes: number, minSyncIntervalSeconds: number | null,
 *   serverId?: string}} Limits  `serverId`: the server's own id, the same under all its names
 * @typedef {{id: string, startedAt: number, revision: number}} SentRecord
 * @typedef {SentRecord & {verdict: 'stored' | 'parked' | 'erased', errors?: Record<string, unknown>, retryAt?: number | null}} Verdict
 * @typedef {{code: string, detail: string, errors?: Record<string, string[]>}} ServerError
 * @typedef {{id: string, email: string, name: string}} User
 */

/** @typedef {(url: any) => {url: string, domain: string} | null} PageOf  the page of a URL, null where it is none */
/** @typedef {{path: string, list: string, record: (record: any) => object,
 *   fromWire: (wire: any, owner: string, pageOf: PageOf) => Visit | Aggregate | null}} WireKind */
/** @type {Record<Kind, WireKind>} */
export const WIRE = {
  visits: { path: '/api/sync/page-visits', list: 'visits', record: visitToWire, fromWire: visitFromWire },
  aggregates: { path: '/api/sync/tab-aggregates', list: 'aggregates', record: aggregateToWire, fromWire: aggregateFromWire },
};

/** @param {Visit} visit */
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

/**
 * A visit of the browser's own history, whose times but the first are unknown.
 * @param {import('../history/history-records.js').HistoryVisit} visit
 */
export function historyVisitToWire({ id, url, title, startedAt, revision }) {
  return { id, url, title, startedAt, metadata: {}, revision };
}

/** @param {Aggregate} aggregate */
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

/** @param {any} value */
const isWhole = (value) => Number.isSafeInteger(value) && value >= 0;
/** @param {any} value */
const wholeOrNull = (value) => (isWhole(value) ? value : null);
/** @param {any} value */
const textOrNull = (value) => (typeof value === 'string' ? value : null);
/** @param {any} value */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The visit of a wire form that this extension made, or null. A visit that went on then ends at its last known instant.
 * @param {any} wire
 * @param {string} owner
 * @param {PageOf} pageOf
 * @returns {Visit | null}
 */
export function visitFromWire(wire, owner, pageOf) {
  const page = isObject(wire) && typeof wire.url === 'string' ? pageOf(wire.url) : null;
  if (!page || typeof wire.id !== 'string' || !wire.id || !isWhole(wire.startedAt) || !isWhole(wire.duration ?? 0) || !isWhole(wire.activeDuration ?? 0)) return null;
  const endedAt = wholeOrNull(wire.endedAt) ?? wire.startedAt + (wire.duration ?? 0);
  return {
    id: wire.id, owner, tabId: wholeOrNull(wire.tabId) ?? 0, url: page.url, domain: page.domain, nameless: false,
    title: textOrNull(wire.title) ?? '', startedAt: wire.startedAt, endedAt, durationMs: wire.duration ?? 0, activeMs: wire.activeDuration ?? 0,
    idlePeriods: (Array.isArray(wire.idlePeriods) ? wire.idlePeriods : []).filter((/** @type {any} */ one) => isWhole(one?.start)).map((/** @type {any} */ one) => ({
      startedAt: one.start, endedAt: wholeOrNull(one.end) ?? endedAt, reason: one.reason, resumedBy: textOrNull(one.resumeReason),
    })),
    heartbeatAt: wholeOrNull(wire.lastHeartbeat), closedAt: wholeOrNull(wire.closedAt), metadata: isObject(wire.metadata) ? wire.metadata : {},
    revision: wholeOrNull(wire.revision) ?? 0,
  };
}

/**
 * The totals of a tab in a wire form that this extension made, or null.
 * @param {any} wire
 * @param {string} owner
 * @returns {Aggregate | null}
 */
export function aggregateFromWire(wire, owner) {
  if (!isObject(wire) || !isWhole(wire.tabId) || !isWhole(wire.startTime) || !isWhole(wire.totalActiveDuration)) return null;
  const domains = isObject(wire.domainDurations) ? Object.entries(wire.domainDurations).filter(([, ms]) => isWhole(ms)) : [];
  return {
    id: `tab ${wire.tabId}`, owner, tabId: wire.tabId, startedAt: wire.startTime, activeMs: wire.totalActiveDuration,
    domains: /** @type {Record<string, number>} */ (Object.fromEntries(domains)), pages: wholeOrNull(wire.pageCount) ?? 0,
    lastActiveAt: wholeOrNull(wire.lastActiveTime) ?? wire.startTime, currentUrl: textOrNull(wire.currentUrl),
    currentDomain: textOrNull(wire.currentDomain), closedAt: wholeOrNull(wire.closedAt), revision: wholeOrNull(wire.revision) ?? 0,
  };
}

/**
 * The JSON body of a push.
 * @param {Kind} kind
 * @param {string[]} texts  the records, each as JSON
 * @param {Client} client
 */
export function pushBody(kind, texts, { anonymousClientId, ...client }) {
  return `{"anonymousClientId":${JSON.stringify(anonymousClientId)},"client":${JSON.stringify(client)},"${WIRE[kind].list}":[${texts.join(',')}]}`;
}

const STORED = new Set(['created', 'updated', 'unchanged']);
/** Milliseconds after which a rejected record that the server marks with `retry` is sent again. */
const RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * The verdict on each sent record by a push's reply, or null when the reply cannot be trusted. A record with an unknown
 * result gets no verdict and stays pending.
 * @param {any} reply
 * @param {SentRecord[]} sent
 * @param {number} now
 * @returns {Verdict[] | null}
 */
export function verdictsOf(reply, sent, now) {
  if (!Array.isArray(reply?.results) || reply.results.length !== sent.length) return null;
  /** @type {Map<number, any>} */
  const refusals = new Map();
  for (const refusal of Array.isArray(reply.rejected) ? reply.rejected : []) {
    if (Number.isInteger(refusal?.index)) refusals.set(refusal.index, refusal);
  }
  /** @type {Verdict[]} */
  const verdicts = [];
  sent.forEach(({ id, startedAt, revision }, i) => {
    if (STORED.has(reply.results[i])) {
      verdicts.push({ id, startedAt, revision, verdict: 'stored' });
    } else if (reply.results[i] === 'erased') {
      verdicts.push({ id, startedAt, revision, verdict: 'erased' });
    } else if (reply.results[i] === 'rejected') {
      const refusal = refusals.get(i);
      const retryAt = isRetryable(refusal) ? now + RETRY_AFTER_MS : null;
      verdicts.push({ id, startedAt, revision, verdict: 'parked', errors: refusal?.errors ?? {}, retryAt });
    }
  });
  return verdicts;
}

/**
 * True when `retry` is set on the rejected record, or, as in earlier replies, inside its errors.
 * @param {any} refusal
 */
function isRetryable(refusal) {
  return refusal?.retry === true || refusal?.errors?.retry === true
    || Object.values(refusal?.errors ?? {}).some((error) => error?.retry === true);
}

/** No batch needs more, and a store cannot read 10^10 records at once. */
const [MOST_RECORDS, MOST_BYTES] = [10_000, 64 * 1024 * 1024];

/**
 * The limits in a server's reply, cut to sizes that this browser can hold, or null when the reply is not from this kind of server.
 * @param {any} reply
 * @returns {Limits | null}
 */
export function limitsOf(reply) {
  const { maxRecords, maxBodyBytes, maxRecordBytes, minSyncIntervalSeconds, serverId } = reply ?? {};
  const valid = [maxRecords, maxBodyBytes, maxRecordBytes].every((n) => Number.isInteger(n) && n > 0);
  if (!valid) return null;
  const floor = Number.isFinite(minSyncIntervalSeconds) && minSyncIntervalSeconds > 0 ? minSyncIntervalSeconds : null;
  return {
    maxRecords: Math.min(maxRecords, MOST_RECORDS), maxBodyBytes: Math.min(maxBodyBytes, MOST_BYTES),
    maxRecordBytes: Math.min(maxRecordBytes, MOST_BYTES), minSyncIntervalSeconds: floor,
    ...(typeof serverId === 'string' && serverId && serverId.length <= 128 ? { serverId } : {}),
  };
}

/**
 * @typedef {{domain?: string, domainHash?: string, ids?: {browser: string, id: string}[], idHashes?: string[], from?: number,
 *   to?: number, browser?: string, everything?: boolean}} ErasureRule  see capture/erasure-rules.js
 * @typedef {{visits: number, aggregates: number}} RecordCounts
 */
const CONDITIONS = new Set(['domainHash', 'idHashes', 'from', 'to', 'browser', 'everything']);

/**
 * The person's key of erasures and the counts of one browser's records in the reply about the state of the server, or
 * null where the server keeps no erasures.
 * @param {any} reply
 * @param {string} anonymousClientId
 * @returns {{erasureKey: string, counts: RecordCounts | null} | null}
 */
export function statusOf(reply, anonymousClientId) {
  const { erasureKey, browsers } = reply ?? {};
  if (typeof erasureKey !== 'string' || !/^(?:[0-9a-f]{2})+$/.test(erasureKey)) return null;
  const mine = Array.isArray(browsers) ? browsers.find((one) => one?.anonymousClientId === anonymousClientId) : null;
  return { erasureKey, counts: mine ? countsOf(mine) : null };
}

/**
 * @param {any} counted
 * @returns {RecordCounts | null}
 */
function countsOf(counted) {
  const { pageVisits, tabAggregates } = counted ?? {};
  return Number.isInteger(pageVisits) && Number.isInteger(tabAggregates) ? { visits: pageVisits, aggregates: tabAggregates } : null;
}

/**
 * The path of a page of the person's erasures.
 * @param {string | null} cursor  of the page before
 */
export function erasuresPath(cursor) {
  return `/api/sync/changes?kinds=erasures&limit=1000${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
}

/**
 * The erasures of one page, or null when the reply cannot be read. An erasure with a condition that this version does
 * not know is left out: without the condition it would erase more than the person asked for.
 * @param {any} reply
 * @returns {{erasures: {at: number, rule: ErasureRule}[], cursor: string, more: boolean} | null}
 */
export function erasuresOf(reply) {
  const { changes, cursor, more } = reply ?? {};
  if (!Array.isArray(changes) || typeof cursor !== 'string') return null;
  const erasures = changes.filter((change) => change?.kind === 'erasure').map(({ erasure }) => erasure);
  return {
    erasures: erasures.filter((one) => Number.isFinite(one?.at) && isReadable(one.rule)).map(({ at, rule }) => ({ at, rule })),
    cursor, more: more === true,
  };
}

/** @param {any} rule */
function isReadable(rule) {
  if (typeof rule !== 'object' || rule === null) return false;
  const names = Object.keys(rule);
  const { domainHash = '', idHashes = [], from = 0, to = 0, browser = '', everything = true } = rule;
  return names.length > 0 && names.every((name) => CONDITIONS.has(name)) && everything === true
    && typeof domainHash === 'string' && typeof browser === 'string' && Array.isArray(idHashes) && [from, to].every(Number.isFinite);
}

/**
 * The JSON body of an erasure, or of its preview, which changes nothing.
 * @param {ErasureRule} rule
 * @param {boolean} isPreview
 */
export function erasureBody(rule, isPreview) {
  return JSON.stringify({ rule, preview: isPreview });
}

/**
 * The counts in the reply to an erasure, and its time by the server's clock, which is null in a preview. Null when the
 * reply cannot be read.
 * @param {any} reply
 * @returns {{erased: RecordCounts, at: number | null} | null}
 */
export function erasedOf(reply) {
  const erased = countsOf(reply?.erased);
  const at = reply?.erasure?.at;
  return erased && { erased, at: Number.isFinite(at) ? at : null };
}

/** The calls that tell the present day of a person, on the clock of their account. */
export const TODAY_HOURS = '/api/insights/hours';
export const TODAY_SITES = '/api/insights/sites?limit=5';

/**
 * @typedef {{name: string, color: number, activeMs: number}} CategoryTime
 * @typedef {{date: string, timeZone: string, activeMs: number | null, visits: number, hours: number[],
 *   categories: CategoryTime[][], top: {domain: string, activeMs: number}[]}} ServerDay
 *   `hours`: active ms in each of 24 hours, and `categories` its parts, if the server tells them. `activeMs` is null where
 *   there are visits and it is unknown for all of them.
 */

/**
 * A person's day by the replies to TODAY_HOURS and TODAY_SITES, or null where they cannot be read or tell of two days.
 * @param {any} hoursReply
 * @param {any} sitesReply
 * @returns {ServerDay | null}
 */
export function todayOf(hoursReply, sitesReply) {
  const { from: date, timeZone, hours } = hoursReply ?? {};
  const { from: sitesDate, sites } = sitesReply ?? {};
  if (typeof date !== 'string' || typeof timeZone !== 'string' || date !== sitesDate || !Array.isArray(hours) || !Array.isArray(sites)) return null;
  const day = {
    date, timeZone, activeMs: 0, visits: 0, hours: /** @type {number[]} */ (Array(24).fill(0)),
    categories: Array.from({ length: 24 }, () => /** @type {CategoryTime[]} */ ([])),
  };
  let [isKnown, isUnknown] = [false, false];
  for (const { hour, activeMs, timeMs, visits, categories } of hours.map((one) => one ?? {})) {
    if (!Number.isInteger(hour) || !(hour in day.hours) || !Number.isInteger(visits)) return null;
    day.visits += visits;
    day.activeMs += activeMs ?? 0;
    day.hours[hour] += activeMs ?? 0;
    if (Array.isArray(categories)) day.categories[hour].push(...categories.filter(isCategoryTime));
    isUnknown ||= activeMs === null;
    isKnown ||= activeMs !== null && (visits > 0 || timeMs > 0);
  }
  const top = sites.filter((site) => typeof site?.domain === 'string' && site.activeMs > 0).map(({ domain, activeMs }) => ({ domain, activeMs }));
  return { ...day, activeMs: isUnknown && !isKnown ? null : day.activeMs, top };
}

/**
 * @param {any} part
 * @returns {part is CategoryTime}
 */
function isCategoryTime(part) {
  return typeof part?.name === 'string' && Number.isInteger(part.color) && Number.isInteger(part.activeMs) && part.activeMs > 0;
}

/**
 * @typedef {{user: User, access: string, refresh: string}} SignedIn
 */

/**
 * The user and tokens in the reply to a sign-in, or null.
 * @param {any} reply
 * @returns {SignedIn | null}
 */
export function signedIn(reply) {
  const { user, access, refresh } = reply ?? {};
  if (user?.id === undefined || user.id === null || typeof access !== 'string' || typeof refresh !== 'string') return null;
  return { user: { id: String(user.id), email: String(user.email ?? ''), name: String(user.name ?? '') }, access, refresh };
}

/**
 * The grant in the reply to the start of a sign-in without a password, or null.
 * @param {any} reply
 * @returns {import('./connecting.js').Grant | null}
 */
export function grantOf(reply) {
  const { id, number, expiresAt, page } = reply ?? {};
  const valid = typeof id === 'string' && id && typeof number === 'string' && /^\d{4}$/.test(number) && Number.isFinite(expiresAt);
  return valid && typeof page === 'string' && /^https?:\/\//.test(page) ? { id, number, expiresAt, page } : null;
}

/**
 * The two tokens in the reply to a refresh, or null.
 * @param {any} reply
 * @returns {{access: string, refresh: string} | null}
 */
export function tokensOf(reply) {
  const { access, refresh } = reply ?? {};
  return typeof access === 'string' && typeof refresh === 'string' ? { access, refresh } : null;
}

/**
 * The reason and time of a session's end, where the server's error gives them.
 * @param {any} error
 * @returns {{reason: string, at: number} | null}
 */
export function sessionEndOf(error) {
  const { code, reason, endedAt } = error ?? {};
  return code === 'session_ended' && typeof reason === 'string' && Number.isFinite(endedAt) ? { reason, at: endedAt } : null;
}

/** @type {Record<string, string>} */
const SYSTEMS = { mac: 'macOS', win: 'Windows', linux: 'Linux', openbsd: 'OpenBSD', cros: 'ChromeOS', android: 'Android' };

/**
 * The label of this session in the person's list, such as "Firefox 153 on Linux". It is empty where the browser's name
 * is unknown.
 * @param {Pick<Client, 'browserName' | 'browserVersion' | 'platform'>} client
 */
export function browserLabel({ browserName = '', browserVersion = '', platform = '' }) {
  if (!browserName) return '';
  const system = SYSTEMS[platform] ?? platform;
  return [browserName, browserVersion.split('.')[0], system && `on ${system}`].filter(Boolean).join(' ').slice(0, 100);
}

/**
 * True when a body has the server's error shape.
 * @param {any} reply
 * @returns {reply is ServerError}
 */
export function isError(reply) {
  return typeof reply?.code === 'string' && typeof reply?.detail === 'string';
}
