/**
 * One life of the background, from waking to being stopped: it ties the recorder, sending, alarms and badge together
 * and obeys the extension's pages. Everything that must outlive it is in the store or in the browser's alarms.
 */
import { lookAround, mayReach, clientOf } from './browser.js';
import { Commands } from './commands.js';
import { ext } from './ext.js';
import { Recorder } from './recorder.js';
import { NO_RULES } from './rules.js';
import { openStore } from './store.js';
import { createAccounts } from './sync-account.js';
import { createApi } from './sync-api.js';
import { FIRST_SCHEDULE, nextAttempt } from './sync-schedule.js';
import { sync } from './sync.js';
import { timingsWith } from './timings.js';

/** Chromium stops a background that calls nothing of the browser's for 30 s, also in the middle of sending. */
const KEEP_AWAKE_MS = 20_000;
const RECOUNT_MS = 60_000;

export const FIRST_SETTINGS = Object.freeze({ server: '', rules: NO_RULES, metadata: { mode: 'off', sites: [] } });

export class Life {
  constructor() {
    this.run = crypto.randomUUID();
    this.began = this.reading();
    this.failure = null;
    this.running = null;
    this.progress = null;
    this.counted = null;
    this.alarmPeriod = undefined;
    this.pulses = [];
    this.pulsedId = null;
    this.ready = new Promise((resolve) => {
      this.isReady = resolve;
    });
  }

  /** One look at the clock: the date, and ms since this life began, which no one can set. */
  reading() {
    return { now: Date.now(), run: this.run, tick: Math.round(performance.now()) };
  }

  async begin() {
    try {
      this.store = await openStore();
    } catch (error) {
      this.fail(error);
      this.isReady(false);
      return;
    }
    const { store } = this;
    this.timings = timingsWith(await store.get('testTimings'));
    this.settings = { ...FIRST_SETTINGS, ...(await store.get('settings')) };
    this.client = await clientOf(await anonymousClientId(store));
    const api = createApi({
      fetch: (...request) => fetch(...request), now: Date.now, timeoutMs: this.timings.requestTimeoutSeconds * 1000,
    });
    this.api = async (server, ...rest) =>
      (await mayReach(server)) ? api(server, ...rest) : { kind: 'unusable', reason: 'permission', error: null };
    this.lock = (name, work) => navigator.locks.request(name, work);
    this.accounts = createAccounts({ store, api: this.api, lock: this.lock });
    this.recorder = new Recorder({
      store,
      timings: this.timings,
      nonce: () => crypto.randomUUID().replaceAll('-', '').slice(0, 20),
      askIdle: () => this.askIdle(),
      look: () => this.look(),
      onRecorded: (outcome) => this.recorded(outcome),
      onFailure: (error) => this.fail(error),
    });
    this.commands = new Commands(this);
    ext.idle.setDetectionInterval(Math.max(15, this.timings.idleSeconds));
    // Queued before any event that waits for this to be ready.
    this.start();
    this.isReady(true);
  }

  async start() {
    // What this event needs of the browser is asked when its turn has come; an await here would let others overtake it.
    await this.recorder.record({ ...this.began, type: 'start', also: async () => {
      const [{ session }, seen, idle] = await Promise.all([ext.storage.session.get('session'), this.look(), this.askIdle()]);
      return { ...seen, idle, fresh: session === undefined };
    } });
    if (!this.recorder.failure) await ext.storage.session.set({ session: this.run });
    await this.settleOwner();
    await this.armSync(false);
    this.tellBadge();
  }

  /** Brings the recorder in line with the account, also after a stop in the middle of signing in or out. */
  async settleOwner() {
    const account = await this.store.get('account');
    const state = await this.recorder.state();
    const owner = account?.key ?? '';
    if (state.owner !== owner) {
      await this.recorder.record({ ...this.reading(), type: 'owner', owner, adopt: account?.adopting ?? false });
    }
    if (!account?.adopting) return 0;
    const adopted = await this.store.adopt(owner);
    this.recount();
    await this.store.change('account', (now) => (now?.key === owner ? { ...now, adopting: false } : now));
    return adopted;
  }

  async record(event) {
    if (!(await this.ready)) return null;
    const { pausedUntil } = this.recorder.loaded?.state ?? {};
    if (typeof pausedUntil === 'number' && event.now >= pausedUntil) this.resume();
    return this.recorder.record(event);
  }

  look() {
    return lookAround();
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

  beat() {
    return this.record({
      ...this.reading(), type: 'heartbeat',
      also: async (state) => (state.idle === 'idle' ? { fullscreen: await this.isFullscreen() } : {}),
    });
  }

  pause(until) {
    return this.record({ ...this.reading(), type: 'pause', until });
  }

  async resume() {
    await this.ready;
    return this.recorder.record({ ...this.reading(), type: 'pause', until: null, also: () => this.look() });
  }

  /**
   * How an owner's records stand. Counting walks an index, so it is done again only after something changed, and not
   * while a run tells its own progress.
   */
  async counts(owner) {
    if (this.counted?.owner !== owner || (!this.progress && this.counted.at < Date.now() - RECOUNT_MS)) {
      this.counted = { owner, at: Date.now(), counts: await this.store.counts(owner), progress: this.progress };
    }
    const { counts, progress: then } = this.counted;
    if (!this.progress) return counts;
    const sent = this.progress.sent - (then?.sent ?? 0);
    const parked = this.progress.parked - (then?.parked ?? 0);
    return {
      ...counts, pending: Math.max(0, counts.pending - sent - parked), parked: counts.parked + parked, synced: counts.synced + sent,
    };
  }

  /** Something changed that `counts` counts. */
  recount() {
    this.counted = null;
  }

  recorded({ state, ended, changed, openId, heartbeatSeconds }) {
    this.armHeartbeat(heartbeatSeconds);
    this.armPulses(openId);
    if (state.pausedUntil !== this.resumeAt) {
      this.resumeAt = state.pausedUntil;
      if (typeof state.pausedUntil === 'number') ext.alarms.create('resume', { when: state.pausedUntil });
      else ext.alarms.clear('resume');
      this.tellBadge();
    }
    if (changed) {
      if (!this.running) this.recount();
      this.armSync(ended);
    }
  }

  /** An alarm that is set again at every turn never rings, so only a change of pace touches it. */
  async armHeartbeat(seconds) {
    if (seconds === this.alarmPeriod) return;
    this.alarmPeriod = seconds;
    const alarm = await ext.alarms.get('heartbeat');
    if (seconds !== this.alarmPeriod) return;
    if (seconds === null) {
      if (alarm) await ext.alarms.clear('heartbeat');
    } else if (!alarm || Math.abs(alarm.periodInMinutes * 60 - seconds) > 0.01) {
      await ext.alarms.create('heartbeat', { periodInMinutes: seconds / 60 });
    }
  }

  armPulses(openId) {
    if (openId === this.pulsedId) return;
    this.pulsedId = openId;
    this.pulses.forEach(clearTimeout);
    this.pulses = openId === null ? [] : this.timings.pulseSeconds.map((seconds) => setTimeout(() => this.beat(), seconds * 1000));
  }

  /** Sets the alarm for the next run, unless an earlier one is set or nothing waits. */
  async armSync(soon) {
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
      this.recount();
      this.armSync(false);
      this.tellBadge();
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
  async describe(tabId, url) {
    if (!(await this.ready) || this.settings.metadata.mode === 'off') return;
    if (!this.commands.mayDescribe(url)) return;
    try {
      const [found] = await ext.scripting.executeScript({ target: { tabId }, files: ['content/metadata.js'] });
      if (found?.result) this.record({ type: 'metadata', ...this.reading(), tabId, ...found.result });
    } catch {
      // The page is gone, or one that browsers protect; a visit without metadata is whole.
    }
  }

  fail(error) {
    this.failure = error;
    this.tellBadge();
  }

  async obey(message) {
    await this.ready;
    if (!this.commands) return { error: 'store', failure: this.failure?.name ?? 'Error' };
    return this.commands.obey(message);
  }

  /** The badge is there only when something needs the person. */
  async tellBadge() {
    let need = this.failure ? 'Recording has stopped. Open to see why.' : '';
    if (!need && this.store) need = await this.needOfSending().catch(() => '');
    await ext.action.setBadgeText({ text: need ? '!' : '' });
    await ext.action.setBadgeBackgroundColor({ color: '#b3261e' });
    await ext.action.setTitle({ title: need ? `Browsing record: ${need}` : 'Browsing record' });
  }

  async needOfSending() {
    const account = await this.store.get('account');
    if (!account) return '';
    if (account.needsSignIn) return 'Sign in again to go on sending.';
    const { problem, failures } = (await this.store.get('schedule')) ?? FIRST_SCHEDULE;
    if (problem?.reason === 'permission' || !(await mayReach(account.server))) return 'Allow access to your server.';
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
