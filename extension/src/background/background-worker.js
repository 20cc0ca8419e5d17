/**
 * One life of the background, from waking to being stopped: it ties the recorder, sending, alarms and badge together
 * and obeys the extension's pages. Everything that must outlive it is in the store or in the browser's alarms.
 */
import { browserSnapshot, clientDescription } from './browser-queries.js';
import { PageCommands } from './page-commands.js';
import { ext } from '../browser-api.js';
import { Recorder } from '../capture/event-recorder.js';
import { NO_RULES } from '../capture/recording-rules.js';
import { mayReachServer } from '../server-permission.js';
import { openStore } from '../store.js';
import { createAccounts } from '../sync/accounts.js';
import { createApi } from '../sync/api-call.js';
import { FIRST_SCHEDULE, nextAttempt } from '../sync/schedule.js';
import { sync } from '../sync/sync-run.js';
import { timingsWith } from '../timings.js';

/** Chromium stops a background that calls nothing of the browser's for 30 s, also in the middle of sending. */
const KEEP_AWAKE_MS = 20_000;
const COUNTS_CACHE_MS = 60_000;

export const FIRST_SETTINGS = Object.freeze({ server: '', rules: NO_RULES, metadata: { mode: 'off', sites: [] } });

export class BackgroundWorker {
  constructor() {
    this.run = crypto.randomUUID();
    this.began = this.clockReading();
    this.failure = null;
    this.running = null;
    this.progress = null;
    this.cachedCounts = null;
    this.heartbeatAlarmSeconds = undefined;
    this.earlyHeartbeats = [];
    this.earlyHeartbeatsVisitId = null;
    this.ready = new Promise((resolve) => {
      this.isReady = resolve;
    });
  }

  /** One look at the clock: the date, and ms since this life began, which no one can set. */
  clockReading() {
    return { now: Date.now(), run: this.run, tick: Math.round(performance.now()) };
  }

  async start() {
    try {
      this.store = await openStore();
    } catch (error) {
      this.setFailure(error);
      this.isReady(false);
      return;
    }
    const { store } = this;
    this.timings = timingsWith(await store.get('testTimings'));
    this.settings = { ...FIRST_SETTINGS, ...(await store.get('settings')) };
    this.client = await clientDescription(await anonymousClientId(store));
    const api = createApi({
      fetch: (...request) => fetch(...request), now: Date.now, timeoutMs: this.timings.requestTimeoutSeconds * 1000,
    });
    this.api = async (server, ...rest) =>
      (await mayReachServer(server)) ? api(server, ...rest) : { kind: 'unusable', reason: 'permission', error: null };
    this.lock = (name, work) => navigator.locks.request(name, work);
    this.accounts = createAccounts({ store, api: this.api, lock: this.lock });
    this.recorder = new Recorder({
      store,
      timings: this.timings,
      nonce: () => crypto.randomUUID().replaceAll('-', '').slice(0, 20),
      askIdle: () => this.askIdle(),
      snapshot: () => this.snapshot(),
      onRecorded: (outcome) => this.recorded(outcome),
      onFailure: (error) => this.setFailure(error),
    });
    this.commands = new PageCommands(this);
    ext.idle.setDetectionInterval(Math.max(15, this.timings.idleSeconds));
    // Queued before any event that waits for this to be ready.
    this.recordStart();
    this.isReady(true);
  }

  async recordStart() {
    // What this event needs of the browser is asked when its turn has come; an await here would let others overtake it.
    await this.recorder.record({ ...this.began, type: 'start', lateFields: async () => {
      const [{ session }, seen, idle] = await Promise.all([ext.storage.session.get('session'), this.snapshot(), this.askIdle()]);
      return { ...seen, idle, fresh: session === undefined };
    } });
    if (!this.recorder.failure) await ext.storage.session.set({ session: this.run });
    await this.applyAccount();
    await this.setSyncAlarm(false);
    this.updateBadge();
  }

  /** Brings the recorder in line with the account, also after a stop in the middle of signing in or out. */
  async applyAccount() {
    const account = await this.store.get('account');
    const state = await this.recorder.state();
    const owner = account?.key ?? '';
    if (state.owner !== owner) {
      await this.recorder.record({ ...this.clockReading(), type: 'owner', owner, adopt: account?.adopting ?? false });
    }
    if (!account?.adopting) return 0;
    const adopted = await this.store.adopt(owner);
    this.clearCachedCounts();
    await this.store.change('account', (now) => (now?.key === owner ? { ...now, adopting: false } : now));
    return adopted;
  }

  async record(event) {
    if (!(await this.ready)) return null;
    const { pausedUntil } = this.recorder.loaded?.state ?? {};
    if (typeof pausedUntil === 'number' && event.now >= pausedUntil) this.resume();
    return this.recorder.record(event);
  }

  snapshot() {
    return browserSnapshot();
  }

  askIdle() {
    return ext.idle.queryState(Math.max(15, this.timings.idleSeconds));
  }

  /** The window that the browser says has the focus, or null. */
  async focusedWindow() {
    const window = await ext.windows.getLastFocused().catch(() => null);
    return window?.focused ? window.id : null;
  }

  async isFullscreen() {
    const window = await ext.windows.getLastFocused().catch(() => null);
    return window?.state === 'fullscreen';
  }

  recordHeartbeat() {
    return this.record({
      ...this.clockReading(), type: 'heartbeat',
      lateFields: async (state) => (state.idle === 'idle' ? { fullscreen: await this.isFullscreen() } : {}),
    });
  }

  pause(until) {
    return this.record({ ...this.clockReading(), type: 'pause', until });
  }

  async resume() {
    await this.ready;
    return this.recorder.record({ ...this.clockReading(), type: 'pause', until: null, lateFields: () => this.snapshot() });
  }

  /**
   * How an owner's records stand. Counting walks an index, so it is done again only after something changed, and not
   * while a run tells its own progress.
   */
  async counts(owner) {
    if (this.cachedCounts?.owner !== owner || (!this.progress && this.cachedCounts.at < Date.now() - COUNTS_CACHE_MS)) {
      this.cachedCounts = { owner, at: Date.now(), counts: await this.store.counts(owner), progress: this.progress };
    }
    const { counts, progress: then } = this.cachedCounts;
    if (!this.progress) return counts;
    const sent = this.progress.sent - (then?.sent ?? 0);
    const parked = this.progress.parked - (then?.parked ?? 0);
    return {
      ...counts, pending: Math.max(0, counts.pending - sent - parked), parked: counts.parked + parked, synced: counts.synced + sent,
    };
  }

  /** Something changed that `counts` counts. */
  clearCachedCounts() {
    this.cachedCounts = null;
  }

  recorded({ state, ended, changed, openId, heartbeatSeconds }) {
    this.setHeartbeatAlarm(heartbeatSeconds);
    this.scheduleEarlyHeartbeats(openId);
    if (state.pausedUntil !== this.resumeAt) {
      this.resumeAt = state.pausedUntil;
      if (typeof state.pausedUntil === 'number') ext.alarms.create('resume', { when: state.pausedUntil });
      else ext.alarms.clear('resume');
      this.updateBadge();
    }
    if (changed) {
      if (!this.running) this.clearCachedCounts();
      this.setSyncAlarm(ended);
    }
  }

  /** An alarm that is set again at every turn never rings, so only a change of pace touches it. */
  async setHeartbeatAlarm(seconds) {
    if (seconds === this.heartbeatAlarmSeconds) return;
    this.heartbeatAlarmSeconds = seconds;
    const alarm = await ext.alarms.get('heartbeat');
    if (seconds !== this.heartbeatAlarmSeconds) return;
    if (seconds === null) {
      if (alarm) await ext.alarms.clear('heartbeat');
    } else if (!alarm || Math.abs(alarm.periodInMinutes * 60 - seconds) > 0.01) {
      await ext.alarms.create('heartbeat', { periodInMinutes: seconds / 60 });
    }
  }

  scheduleEarlyHeartbeats(openId) {
    if (openId === this.earlyHeartbeatsVisitId) return;
    this.earlyHeartbeatsVisitId = openId;
    this.earlyHeartbeats.forEach(clearTimeout);
    this.earlyHeartbeats = openId === null ? [] : this.timings.earlyHeartbeatSeconds.map((seconds) => setTimeout(() => this.recordHeartbeat(), seconds * 1000));
  }

  /** Sets the alarm for the next run, unless an earlier one is set or nothing waits. */
  async setSyncAlarm(soon) {
    const account = await this.store.get('account').catch(() => null);
    if (!account || account.needsSignIn || this.running) return;
    if (!soon && (await this.counts(account.key)).pending === 0) return;
    const schedule = (await this.store.get('schedule')) ?? FIRST_SCHEDULE;
    const when = nextAttempt(schedule, soon, Date.now(), this.timings);
    const alarm = await ext.alarms.get('sync');
    // One that should have rung long ago is a leftover of a clock that was set.
    if (alarm && alarm.scheduledTime <= when + 500 && alarm.scheduledTime > Date.now() - 60_000) return;
    await ext.alarms.create('sync', { when: Math.max(when, Date.now() + 100) });
  }

  /**
   * Runs one sync; a second call meanwhile answers the run that goes on.
   * @param {{manual?: boolean}} [options]
   */
  sync(options) {
    this.running ??= this.sendAll(options).finally(() => {
      this.running = null;
      this.progress = null;
      this.clearCachedCounts();
      this.setSyncAlarm(false);
      this.updateBadge();
    });
    return this.running;
  }

  async sendAll(options) {
    if (!(await this.ready)) return { state: 'failed', sent: 0, parked: 0, problem: null };
    const awake = setInterval(() => ext.runtime.getPlatformInfo(), KEEP_AWAKE_MS);
    // If the background is stopped half-way, this goes on with the rest.
    await ext.alarms.create('sync', { when: Date.now() + 60_000 });
    try {
      return await this.lock('sync', () => sync({
        store: this.store, api: this.api, accounts: this.accounts, now: Date.now, client: this.client,
        timings: this.timings,
        onProgress: (progress) => {
          this.progress = progress;
        },
      }, options));
    } finally {
      clearInterval(awake);
      await ext.alarms.clear('sync');
    }
  }

  /** Adds what a page says of itself to its visit, where the person allows it. */
  async readMetadata(tabId, url) {
    if (!(await this.ready) || this.settings.metadata.mode === 'off') return;
    if (!this.commands.mayReadMetadata(url)) return;
    try {
      const [found] = await ext.scripting.executeScript({ target: { tabId }, files: ['src/capture/page-metadata-script.js'] });
      if (found?.result) this.record({ type: 'metadata', ...this.clockReading(), tabId, ...found.result });
    } catch {
      // The page is gone, or one that browsers protect; a visit without metadata is whole.
    }
  }

  setFailure(error) {
    this.failure = error;
    this.updateBadge();
  }

  async answerPage(message) {
    await this.ready;
    if (!this.commands) return { error: 'store', failure: this.failure?.name ?? 'Error' };
    return this.commands.execute(message);
  }

  /** The badge is there only when something needs the person. */
  async updateBadge() {
    let need = this.failure ? 'Recording has stopped. Open to see why.' : '';
    if (!need && this.store) need = await this.syncBadgeReason().catch(() => '');
    await ext.action.setBadgeText({ text: need ? '!' : '' });
    await ext.action.setBadgeBackgroundColor({ color: '#b3261e' });
    await ext.action.setTitle({ title: need ? `Browsing record: ${need}` : 'Browsing record' });
  }

  async syncBadgeReason() {
    const account = await this.store.get('account');
    if (!account) return '';
    if (account.needsSignIn) return 'Sign in again to go on sending.';
    const { problem, failures } = (await this.store.get('schedule')) ?? FIRST_SCHEDULE;
    if (problem?.reason === 'permission' || !(await mayReachServer(account.server))) return 'Allow access to your server.';
    // A server that is restarted now and then needs nobody.
    if (problem?.kind === 'storage' || (problem?.kind === 'unusable' && failures >= 3)) return 'Your server cannot be used.';
    const { parked } = await this.counts(account.key);
    const seen = (await this.store.get('parkedSeen')) ?? 0;
    return parked > seen ? 'The server refused some records.' : '';
  }
}

/** Who this browser profile is to the server: made once, gone with the extension. */
async function anonymousClientId(store) {
  return store.change('anonymousClientId', (known) => known ?? crypto.randomUUID());
}
