/**
 * One run of sending: pending records, oldest first, in batches, each settled by the reply. It knows no browser: store,
 * network and clock are arguments (see docs/sync-module.md).
 *
 * @typedef {object} World
 * @property {object} store  `pending`, `settle`, `release`, `prune`, `counts`, `get`, `change`; see store.js
 * @property {ReturnType<typeof import('./api-call.js').createApi>} api
 * @property {ReturnType<typeof import('./accounts.js').createAccounts>} accounts
 * @property {() => number} now  ms since the epoch
 * @property {() => number} [random]  0 ≤ random < 1
 * @property {object} client  who sends: `anonymousClientId`, and what the contract's `client` holds
 * @property {import('../timings.js').Timings} timings
 * @property {(progress: {sent: number, parked: number, total: number}) => void} [onProgress]
 *
 * @typedef {{state: 'synced' | 'not-yet' | 'signed-out' | 'stopped' | 'failed', sent: number, parked: number,
 *   problem: import('./schedule.js').Schedule['problem']}} Run
 */
import { cutBatch, halves } from './batches.js';
import { FIRST_SCHEDULE, afterFailure, afterSuccess } from './schedule.js';
import { WIRE, verdictsOf, limitsOf, pushBody } from './wire.js';

const KINDS = /** @type {const} */ (['visits', 'aggregates']);
/** After so many refusals with nothing accepted, the fault is hardly one record's. */
const MOST_REFUSALS = 31;
const DAY = 24 * 60 * 60 * 1000;

/**
 * @param {World} world
 * @param {{manual?: boolean}} [options]  `manual`: a person asked, so no waiting
 * @returns {Promise<Run>}
 */
export async function sync(world, { manual = false } = {}) {
  const { store, now, timings, random = Math.random } = world;
  const account = await store.get('account');
  if (!account) return { state: 'signed-out', sent: 0, parked: 0, problem: null };
  const schedule = (await store.get('schedule')) ?? FIRST_SCHEDULE;
  if (!manual && now() < schedule.notBefore && schedule.notBefore - now() <= DAY) {
    return { state: 'not-yet', sent: 0, parked: 0, problem: schedule.problem };
  }
  const run = new Sending(world, account);
  let stop;
  try {
    stop = await run.all();
  } catch (error) {
    stop = { problem: { kind: 'storage', reason: error?.name ?? 'Error', detail: error?.message ?? null } };
  }
  const counted = { sent: run.sent, parked: run.parked };
  if (stop?.gone) return { state: 'stopped', ...counted, problem: null };
  await store.change('schedule', (old = FIRST_SCHEDULE) => stop
    ? afterFailure(old, now(), stop.problem, stop.waitMs ?? null, random(), timings)
    : afterSuccess(old, now(), Math.min(timings.longestFloorSeconds * 1000, Math.max(run.floorMs, timings.syncFloorSeconds * 1000))));
  return { state: stop ? 'failed' : 'synced', ...counted, problem: stop?.problem ?? null };
}

/** What a run does until it is done or something stops it; a stop is `{gone}` or `{problem, waitMs}`. */
class Sending {
  constructor(world, account) {
    this.world = world;
    this.account = account;
    this.sent = 0;
    this.parked = 0;
    this.accepted = 0;
    this.total = 0;
    this.floorMs = 0;
    /** Verdicts that are not settled yet. */
    this.decided = [];
    /** Records that were refused alone: parked only once the server is known to accept others. */
    this.suspects = [];
  }

  async all() {
    const { store, api, now } = this.world;
    const reply = await api(this.account.server, '/api/sync/limits');
    const limits = reply.kind === 'ok' ? limitsOf(reply.body) : null;
    if (!limits) return this.stopFor(reply.kind === 'ok' ? { kind: 'unusable', reason: 'not-this-server' } : reply);
    this.limits = limits;
    this.floorMs = (limits.minSyncIntervalSeconds ?? 0) * 1000;
    await store.release(this.account.key, now());
    this.total = (await store.counts(this.account.key)).pending;
    this.reportProgress();
    for (const kind of KINDS) {
      const stop = await this.sendKind(kind);
      if (stop) return stop;
    }
    const stop = await this.parkSuspects();
    if (stop) return stop;
    await this.pruneDaily();
    return null;
  }

  /** Pruning looks at every synced record, which is too much for every few minutes. */
  async pruneDaily() {
    const { store, now, timings } = this.world;
    const prunedAt = (await store.get('prunedAt')) ?? 0;
    if (Math.abs(now() - prunedAt) < DAY) return;
    await store.prune(now() - timings.keepSyncedDays * DAY);
    await store.change('prunedAt', () => now());
  }

  /** Sends all that is pending of one kind, to the end or to what stops it. */
  async sendKind(kind) {
    const stop = await this.sendEach(kind);
    await this.settleDecided();
    return stop;
  }

  /** A record is taken once a run, so what changes meanwhile waits for the next. */
  async sendEach(kind) {
    const { store } = this.world;
    const { key } = this.account;
    let after;
    let ahead = null;
    const fetchNext = async () => cutBatch(await store.pending(kind, key, this.limits.maxRecords, after), this.limits, WIRE[kind].record);
    /** @type {{records: any[], retried: boolean, error?: any}[]} */
    let work = [];
    let deferred = [];
    let refusals = 0;
    let triedNextBatch = false;
    for (;;) {
      let group = work.shift();
      if (!group) {
        const records = await (ahead ?? fetchNext());
        ahead = null;
        if (!records.length) return deferred.length ? refusesAllStop(deferred[0].error) : null;
        after = records.at(-1).record;
        group = { records, retried: false };
      }
      const { records } = group;
      // While this batch travels, the one before it is settled and the one after it is read.
      const pushing = this.push(kind, records);
      const settling = this.settleDecided();
      ahead ??= fetchNext();
      ahead.catch(() => {});
      const [reply] = await Promise.all([pushing, settling]);
      if (reply === null) return { gone: true };
      if (reply.kind === 'ok') {
        if (!this.decide(kind, records, reply.body)) return this.stopFor({ kind: 'unusable', reason: 'not-this-server' });
        work.push(...deferred);
        deferred = [];
      } else if (reply.kind === 'too-large') {
        if (records.length > 1) work.unshift(...halves(records).map((half) => ({ records: half, retried: false })));
        else await this.park(kind, records[0].record, reply.error?.detail ?? 'The server takes no record of this size.');
      } else if (reply.kind === 'refused') {
        refusals += 1;
        const { error } = reply;
        if (!group.retried) work.unshift({ records, retried: true, error });
        else if (records.length > 1) work.push(...halves(records).map((half) => ({ records: half, retried: true, error })));
        else this.suspects.push({ kind, record: records[0].record, detail: error.detail });
        if (this.accepted === 0 && refusals >= MOST_REFUSALS) {
          if (triedNextBatch) return refusesAllStop(error);
          // Perhaps all of this batch is at fault and the next is not: one look before giving up.
          triedNextBatch = true;
          deferred = work;
          work = [];
        }
      } else {
        return this.stopFor(reply);
      }
    }
  }

  push(kind, records) {
    return this.world.accounts.call(this.account.key, WIRE[kind].path, {
      method: 'POST', body: pushBody(kind, records.map(({ text }) => text), this.world.client), compress: true,
    });
  }

  /** Takes a reply's verdicts for `settleDecided`; false when the reply cannot be believed. */
  decide(kind, records, body) {
    const verdicts = verdictsOf(body, records.map(({ record }) => record), this.world.now());
    if (!verdicts) return false;
    this.decided.push({ kind, verdicts });
    this.accepted += verdicts.filter(({ verdict }) => verdict === 'stored').length;
    return true;
  }

  async settleDecided() {
    const { store, now } = this.world;
    for (let one = this.decided.shift(); one; one = this.decided.shift()) {
      const { kind, verdicts } = one;
      await store.settle(kind, this.account.key, verdicts, now());
      const stored = verdicts.filter(({ verdict }) => verdict === 'stored').length;
      this.sent += stored;
      this.parked += verdicts.length - stored;
      this.reportProgress();
    }
  }

  park(kind, { id, startedAt, revision }, reason) {
    this.decided.push({ kind, verdicts: [{ id, startedAt, revision, verdict: 'parked', errors: { record: [reason] } }] });
    return this.settleDecided();
  }

  async parkSuspects() {
    if (this.suspects.length && this.accepted === 0) return refusesAllStop(this.suspects[0]);
    for (const { kind, record, detail } of this.suspects) await this.park(kind, record, detail);
    return null;
  }

  stopFor(reply) {
    const detail = reply.error?.detail ?? null;
    if (reply.kind === 'wait') return { problem: { kind: 'waiting', reason: reply.reason, detail }, waitMs: reply.retryAfterMs };
    if (reply.kind === 'unauthorized') return { problem: { kind: 'sign-in', reason: 'refused', detail } };
    const reason = reply.kind === 'unusable' ? reply.reason : 'not-this-server';
    return { problem: { kind: 'unusable', reason, detail: detail ?? (reply.status ? `HTTP ${reply.status}` : null) } };
  }

  reportProgress() {
    this.world.onProgress?.({ sent: this.sent, parked: this.parked, total: this.total });
  }
}

function refusesAllStop({ detail }) {
  return { problem: { kind: 'unusable', reason: 'refuses-all', detail } };
}
