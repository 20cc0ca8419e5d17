/**
 * One run of sending. Pending records go out in batches, oldest first, and each is settled by the reply. The module
 * uses no browser API. Store, network and clock are arguments (see docs/sync-module.md).
 *
 * @typedef {import('./wire.js').Kind} Kind
 * @typedef {import('./wire.js').Client} Client
 * @typedef {import('./wire.js').Verdict} Verdict
 * @typedef {import('./accounts.js').Account} Account
 * @typedef {import('./api-call.js').Reply} Reply
 * @typedef {import('./schedule.js').Problem} Problem
 * @typedef {{id: string, owner: string, startedAt: number, revision: number}} SyncRecord  more fields are for wire.js
 * @typedef {{sent: number, parked: number, total: number}} Progress
 *
 * @typedef {object} SyncStore
 * @property {(name: string) => Promise<any>} get
 * @property {(name: string, change: (old: any) => unknown) => Promise<unknown>} change
 * @property {(kind: Kind, owner: string, limit: number, after?: SyncRecord) => Promise<SyncRecord[]>} pending
 * @property {<T extends SyncRecord>(kind: Kind, owner: string, records: T[]) => Promise<T[]>} stillPending
 * @property {(kind: Kind, owner: string, verdicts: Verdict[], now: number) => Promise<unknown>} settle
 * @property {(owner: string, due?: number) => Promise<unknown>} release
 * @property {(owner: string) => Promise<{pending: number}>} counts
 * @property {(owner: string) => Promise<import('./wire.js').RecordCounts>} syncedCounts
 * @property {(owner: string) => Promise<unknown>} sendAgain
 * @property {(before: number) => Promise<unknown>} prune
 *
 * @typedef {object} World
 * @property {SyncStore} store
 * @property {import('./api-call.js').Api} api
 * @property {Pick<ReturnType<typeof import('./accounts.js').createAccounts>, 'call'>} accounts
 * @property {() => number} now  ms since the epoch
 * @property {() => number} [random]  0 ≤ random < 1
 * @property {Client} client
 * @property {import('../timings.js').Timings} timings
 * @property {(progress: Progress) => void} [onProgress]
 * @property {(owner: string, erasures: {at: number, rule: import('./wire.js').ErasureRule}[], key: string) => Promise<unknown>} [erase]
 *   applies the person's erasures to the records here. Without it they are not read.
 * @property {(owner: string) => AsyncIterable<Source>} [sources]  more visits, each source under a client id of its own. They
 *   are sent after the records of the store
 * @property {() => AbortSignal} [interruption]  the present signal. It is aborted when the person forbids or erases
 *   records, so that a batch with one of them is cut down and sent anew.
 *
 * @typedef {object} Source  visits that are not in the store
 * @property {Client} client
 * @property {(record: any) => object} toWire
 * @property {(limit: number, after?: SyncRecord) => Promise<SyncRecord[]>} pending  those after a given one, settled or not
 * @property {<T extends SyncRecord>(records: T[]) => Promise<T[]>} stillPending
 * @property {(verdicts: Verdict[]) => Promise<unknown>} settle
 *
 * @typedef {{state: 'synced' | 'not-yet' | 'signed-out' | 'stopped' | 'failed', sent: number, parked: number,
 *   problem: Problem | null}} Run
 * @typedef {{gone: true} | {gone?: false, problem: Problem, waitMs?: number | null}} Stop
 *   The reason why a run ends early. `gone`: the account is no longer signed in.
 * @typedef {import('./batches.js').BatchRecord<SyncRecord>[]} Batch
 */
import { cutBatch, halves } from './batches.js';
import { followErasures } from './erasure-feed.js';
import { FIRST_SCHEDULE, afterFailure, afterSuccess } from './schedule.js';
import { WIRE, limitsOf, pushBody, verdictsOf } from './wire.js';

const KINDS = /** @type {const} */ (['visits', 'aggregates']);
/** So many refusals with nothing accepted are hardly the fault of single records. */
const MAX_REFUSALS = 31;
/** Statuses of a proxy that did not wait for the server. */
const GATEWAY_TIMEOUTS = new Set([502, 504, 524]);
const DAY_MS = 24 * 60 * 60 * 1000;
/** @type {Reply} */
const NOT_THIS_SERVER = { kind: 'unusable', reason: 'not-this-server' };

/**
 * @param {World} world
 * @param {{manual?: boolean}} [options]  `manual`: a person asked, so the run does not wait for its time
 * @returns {Promise<Run>}
 */
export async function sync(world, { manual = false } = {}) {
  const { store, now, timings, random = Math.random } = world;
  const account = await store.get('account');
  if (!account) return { state: 'signed-out', sent: 0, parked: 0, problem: null };
  const schedule = (await store.get('schedule')) ?? FIRST_SCHEDULE;
  if (!manual && now() < schedule.notBefore && schedule.notBefore - now() <= DAY_MS) {
    return { state: 'not-yet', sent: 0, parked: 0, problem: schedule.problem };
  }
  const run = new Sending(world, account, schedule.batchRecords);
  /** @type {Stop | null} */
  let stop;
  try {
    stop = (await run.all()) ?? (await run.sendSources());
    const { erase } = world;
    if (!stop && erase && !(await followErasures(world, account.key, (erasures, key) => erase(account.key, erasures, key)))) stop = { gone: true };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'Error', message: null };
    // A store fails with a DOMException. Any other error is a fault of this code.
    const kind = error instanceof DOMException ? 'storage' : 'fault';
    stop = { problem: { kind, reason: name, detail: message } };
  }
  const counted = { sent: run.sent, parked: run.parked };
  if (stop?.gone) return { state: 'stopped', ...counted, problem: null };
  const failure = stop;
  await store.change('schedule', (old = FIRST_SCHEDULE) => failure
    ? afterFailure(old, now(), failure.problem, failure.waitMs ?? null, random(), timings, run.step)
    : afterSuccess(old, now(), Math.min(timings.longestFloorSeconds * 1000, Math.max(run.floorMs, timings.syncFloorSeconds * 1000)), {
      stored: run.stored > 0, batchRecords: run.largerStep(), notice: { refused: run.parked, unknown: run.unknown },
    }));
  return { state: failure ? 'failed' : 'synced', ...counted, problem: failure?.problem ?? null };
}

class Sending {
  /**
   * @param {World} world
   * @param {Account} account
   * @param {number | undefined} step  the most records in a batch, where the server was too slow for more
   */
  constructor(world, account, step) {
    this.step = step;
    this.world = world;
    this.account = account;
    this.sent = 0;
    this.stored = 0;
    this.parked = 0;
    this.unknown = 0;
    this.accepted = 0;
    this.total = 0;
    this.floorMs = 0;
    /** The server's own limits replace these before anything is sent. */
    this.limits = { maxRecords: 1, maxBodyBytes: 1 };
    /**
     * Verdicts that are not settled yet.
     * @type {{kind: Kind, verdicts: Verdict[]}[]}
     */
    this.decided = [];
    /**
     * The source that is sent at present, or null for the store.
     * @type {Source | null}
     */
    this.source = null;
    /**
     * Records that the server refused alone. They are parked only once it has accepted others.
     * @type {{kind: Kind, record: SyncRecord, detail: string}[]}
     */
    this.suspects = [];
  }

  /** @returns {Promise<Stop | null>} */
  async all() {
    const { store, api, now } = this.world;
    const reply = await api(this.account.server, '/api/sync/limits');
    const limits = reply.kind === 'ok' ? limitsOf(reply.body) : null;
    // The limits need no sign-in, so a 401 is not the server's own.
    if (!limits) return stopFor(reply.kind === 'ok' || reply.kind === 'unauthorized' ? NOT_THIS_SERVER : reply);
    const another = await this.isAnotherServer(limits.serverId);
    if (another) return { problem: { kind: 'unusable', reason: 'another-server', detail: null } };
    this.limits = limits;
    this.floorMs = (limits.minSyncIntervalSeconds ?? 0) * 1000;
    await store.release(this.account.key, now());
    this.total = (await store.counts(this.account.key)).pending;
    this.reportProgress();
    for (const kind of KINDS) {
      const stop = await this.sendKind(kind);
      await this.settleDecided();
      if (stop) return stop;
    }
    const stop = await this.parkSuspects();
    if (stop) return stop;
    await this.pruneDaily();
    return null;
  }

  /**
   * True when this is not the server that the account belongs to. The id is learnt where it is not known yet.
   * @param {string | undefined} serverId
   */
  async isAnotherServer(serverId) {
    const { account, world } = this;
    if (serverId === undefined) return false;
    if (account.serverId !== undefined) return account.serverId !== serverId;
    await world.store.change('account', (now) => (now?.key === account.key ? { ...now, serverId } : now));
    await world.store.change('knownServers', (known) => ({ [serverId]: account.server, ...known }));
    return false;
  }

  /**
   * Sends further sources one after the other. A source is asked for only after the one before was sent to its end.
   * @returns {Promise<Stop | null>}
   */
  async sendSources() {
    for await (const source of this.world.sources?.(this.account.key) ?? []) {
      this.source = source;
      const stop = await this.sendKind('visits');
      await this.settleDecided();
      const stopped = stop ?? (await this.parkSuspects());
      if (stopped) return stopped;
    }
    return null;
  }

  /** Pruning reads all synced records, so it runs once a day and not with each run. */
  async pruneDaily() {
    const { store, now, timings } = this.world;
    const prunedAt = (await store.get('prunedAt')) ?? 0;
    if (Math.abs(now() - prunedAt) < DAY_MS) return;
    await store.prune(now() - timings.keepSyncedDays * DAY_MS);
    await store.change('prunedAt', () => now());
  }

  /**
   * Sends all pending records of one kind. Each record is sent once a run, so a record that changes meanwhile waits for
   * the next run.
   * @param {Kind} kind
   * @returns {Promise<Stop | null>}
   */
  async sendKind(kind) {
    /** @type {SyncRecord | undefined} */
    let after;
    /** @type {Promise<Batch> | null} */
    let nextBatch = null;
    /** @type {{records: Batch, retried: boolean, error?: {detail: string}}[]} */
    let work = [];
    /** @type {typeof work} */
    let deferred = [];
    let refusals = 0;
    let triedNextBatch = false;
    for (;;) {
      let group = work.shift();
      if (!group) {
        const records = await (nextBatch ?? this.readBatch(kind, after));
        nextBatch = null;
        if (!records.length) return deferred.length ? refusesAll(deferred[0].error) : null;
        after = records[records.length - 1].record;
        group = { records, retried: false };
      }
      const signal = this.world.interruption?.();
      // A record may have been forbidden, erased or changed since the batch was read, tried or halved.
      const records = await this.stillPending(kind, group.records);
      if (!records.length) continue;
      // While this batch travels, the previous one is settled and the next one is read.
      const pushing = this.push(kind, records, signal);
      const settling = this.settleDecided();
      nextBatch ??= this.readBatch(kind, after);
      nextBatch.catch(() => {});
      const [reply] = await Promise.all([pushing, settling]);
      if (reply === null) return { gone: true };
      if (reply.reason === 'interrupted') {
        work.unshift(group);
        continue;
      }
      if (isTooMuch(reply) && records.length > 1) this.step = Math.ceil(records.length / 2);
      if (reply.kind === 'ok') {
        if (!this.decide(kind, records, reply.body)) return stopFor(NOT_THIS_SERVER);
        work.push(...deferred);
        deferred = [];
      } else if (reply.kind === 'too-large') {
        if (records.length > 1) work.unshift(...halves(records).map((half) => ({ records: half, retried: false })));
        // A proxy in front of the server may be set too small. That is no fault of the record.
        else if (!reply.error) return { problem: { kind: 'unusable', reason: 'proxy-limit', detail: 'HTTP 413' } };
        else await this.park(kind, records[0].record, reply.error.detail);
      } else if (reply.kind === 'refused') {
        refusals += 1;
        const error = reply.error ?? undefined;
        if (!group.retried) work.unshift({ records, retried: true, error });
        else if (records.length > 1) work.push(...halves(records).map((half) => ({ records: half, retried: true, error })));
        else this.suspects.push({ kind, record: records[0].record, detail: error?.detail ?? '' });
        if (this.accepted === 0 && refusals >= MAX_REFUSALS) {
          if (triedNextBatch) return refusesAll(error);
          // All records of this batch may be at fault. One try with the next batch tells.
          triedNextBatch = true;
          deferred = work;
          work = [];
        }
      } else {
        return stopFor(reply);
      }
    }
  }

  /**
   * The next batch of pending records after a given one.
   * @param {Kind} kind
   * @param {SyncRecord | undefined} after
   * @returns {Promise<Batch>}
   */
  async readBatch(kind, after) {
    const limit = Math.min(this.limits.maxRecords, this.step ?? Infinity);
    const { source } = this;
    const records = await (source ? source.pending(limit, after) : this.world.store.pending(kind, this.account.key, limit, after));
    return cutBatch(records, this.limits, source ? (record) => source.toWire(record) : WIRE[kind].record);
  }

  /**
   * @param {Kind} kind
   * @param {Batch} records
   * @returns {Promise<Batch>}
   */
  async stillPending(kind, records) {
    const asked = records.map(({ record }) => record);
    const kept = new Set(await (this.source ? this.source.stillPending(asked) : this.world.store.stillPending(kind, this.account.key, asked)));
    return records.filter(({ record }) => kept.has(record));
  }

  /** The step of the next run after a success: twice this one's, or none once the server's own limit is reached. */
  largerStep() {
    return this.step === undefined || this.step * 2 >= this.limits.maxRecords ? undefined : this.step * 2;
  }

  /**
   * @param {Kind} kind
   * @param {Batch} records
   * @param {AbortSignal | undefined} signal
   */
  push(kind, records, signal) {
    return this.world.accounts.call(this.account.key, WIRE[kind].path, {
      method: 'POST', body: pushBody(kind, records.map(({ text }) => text), (this.source ?? this.world).client), compress: true, signal,
    });
  }

  /**
   * Keeps a reply's verdicts for `settleDecided`. The result is false when the reply cannot be trusted.
   * @param {Kind} kind
   * @param {Batch} records
   * @param {unknown} body
   */
  decide(kind, records, body) {
    const verdicts = verdictsOf(body, records.map(({ record }) => record), this.world.now());
    if (!verdicts) return false;
    this.decided.push({ kind, verdicts });
    this.unknown += records.length - verdicts.length;
    this.accepted += verdicts.filter(({ verdict }) => verdict !== 'parked').length;
    return true;
  }

  async settleDecided() {
    const { store, now } = this.world;
    for (let one = this.decided.shift(); one; one = this.decided.shift()) {
      const { kind, verdicts } = one;
      this.stored += verdicts.filter(({ verdict }) => verdict === 'stored').length;
      if (this.source) {
        await this.source.settle(verdicts);
        continue;
      }
      await store.settle(kind, this.account.key, verdicts, now());
      const parked = verdicts.filter(({ verdict }) => verdict === 'parked').length;
      this.sent += verdicts.length - parked;
      this.parked += parked;
      this.reportProgress();
    }
  }

  /**
   * @param {Kind} kind
   * @param {SyncRecord} record
   * @param {string} reason
   */
  park(kind, { id, startedAt, revision }, reason) {
    this.decided.push({ kind, verdicts: [{ id, startedAt, revision, verdict: 'parked', errors: { record: [reason] } }] });
    return this.settleDecided();
  }

  /** @returns {Promise<Stop | null>} */
  async parkSuspects() {
    if (this.suspects.length && this.accepted === 0) return refusesAll(this.suspects[0]);
    for (const { kind, record, detail } of this.suspects.splice(0)) await this.park(kind, record, detail);
    return null;
  }

  reportProgress() {
    this.world.onProgress?.({ sent: this.sent, parked: this.parked, total: this.total });
  }
}

/**
 * True when a smaller batch may succeed: the server, or a proxy in front of it, found this one too large or too slow.
 * @param {Reply} reply
 */
function isTooMuch(reply) {
  return reply.kind === 'too-large' || reply.reason === 'timeout' || GATEWAY_TIMEOUTS.has(reply.status ?? 0);
}

/**
 * @param {Reply} reply
 * @returns {Stop}
 */
function stopFor(reply) {
  const detail = reply.error?.detail ?? null;
  if (reply.kind === 'wait') return { problem: { kind: 'waiting', reason: reply.reason ?? '', detail }, waitMs: reply.retryAfterMs };
  if (reply.kind === 'unauthorized') return { problem: { kind: 'sign-in', reason: 'refused', detail } };
  const reason = (reply.kind === 'unusable' && reply.reason) || 'not-this-server';
  return { problem: { kind: 'unusable', reason, detail: detail ?? (reply.status ? `HTTP ${reply.status}` : null) } };
}

/**
 * @param {{detail: string} | undefined} error
 * @returns {Stop}
 */
function refusesAll(error) {
  return { problem: { kind: 'unusable', reason: 'refuses-all', detail: error?.detail ?? null } };
}
