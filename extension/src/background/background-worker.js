/**
 * One run of the background, from its start until the browser stops it. It connects recorder, sending, alarms, badge
 * and pages. All lasting state is in the store or in the browser's alarms.
 */
import { ext, isFirefox } from '../browser-api.js';
import { endAbandonedVisits } from '../capture/abandoned-visits.js';
import { resolved } from '../capture/erasure-rules.js';
import { Recorder } from '../capture/event-recorder.js';
import { hasChosen, rememberChoice } from '../capture/recording-choice.js';
import { NO_RULES } from '../capture/recording-rules.js';
import { focusDiffers, followsFocus, needsFocusCheck } from '../capture/presence.js';
import { mayReachServer } from '../server-permission.js';
import { openStore } from '../store.js';
import { createAccounts } from '../sync/accounts.js';
import { createApi } from '../sync/api-call.js';
import { FIRST_SCHEDULE, nextAttempt } from '../sync/schedule.js';
import { sync } from '../sync/sync-run.js';
import { timingsWith } from '../timings.js';
import { showBadge, showPopup, syncBadgeReason } from './badge.js';
import { browserSnapshot, clientDescription, focusAnswer, frontAnswer, isFullscreen } from './browser-queries.js';
import { Connection } from './connection.js';
import { Heartbeats, PeriodicAlarm, Repeated } from './heartbeats.js';
import { PageCommands } from './page-commands.js';
import { RecordCounts } from './record-counts.js';

/**
 * @typedef {import('../capture/event-recorder.js').RawEvent} RawEvent
 * @typedef {import('../capture/event-recorder.js').ClockReading} ClockReading
 * @typedef {{mode: 'off' | 'sites' | 'all', sites: string[]}} MetadataSetting
 * @typedef {{server: string, rules: import('../capture/recording-rules.js').Rules, metadata: MetadataSetting,
 *   recordServer: boolean, idleSeconds: number | null, soundCounts: boolean}} Settings  `recordServer`: the pages of the
 *   person's own server are recorded too. `idleSeconds`: the person's idle limit, or null for the usual one. `soundCounts`:
 *   a page with sound is watched while another program has the focus, too
 */

/** @typedef {'started' | 'updated' | 'enabled'} StartReason  what began: the browser, or the extension alone */

/** Chromium stops a background that calls no browser API for 30 s, even in the middle of sending. */
const KEEP_AWAKE_MS = 20_000;
/** After a stop in the middle of a run, this alarm starts the next one. */
const RESUME_RUN_MS = 60_000;
/** Browsers accept no shorter detection interval. */
const MIN_IDLE_SECONDS = 15;

/** @type {Readonly<Settings>} */
const FIRST_SETTINGS = Object.freeze({
  server: '', rules: NO_RULES, metadata: /** @type {MetadataSetting} */ ({ mode: 'off', sites: [] }), recordServer: false,
  idleSeconds: null, soundCounts: true,
});

export class BackgroundWorker {
  /**
   * Opens the store and records the start. It throws the store's error where the store cannot be opened.
   * @param {() => ClockReading} clockReading
   * @param {Promise<StartReason>} startReason
   */
  static async open(clockReading, startReason) {
    const began = clockReading();
    const store = await openStore();
    const worker = new BackgroundWorker({
      clockReading,
      store,
      timings: timingsWith(await store.get('testTimings')),
      settings: { ...FIRST_SETTINGS, ...(await store.get('settings')) },
      client: await clientDescription(await anonymousClientId(store)),
      isAllowed: await hasChosen(store),
    });
    // The start is queued here, before any event that waits for the worker.
    if (worker.recorder.isAllowed) worker.recordStart(began, startReason);
    else worker.updateBadge();
    showPopup(worker.recorder.isAllowed);
    worker.connection.wait();
    return worker;
  }

  /**
   * @param {object} parts
   * @param {() => ClockReading} parts.clockReading
   * @param {import('../store.js').Store} parts.store
   * @param {import('../timings.js').Timings} parts.timings
   * @param {Settings} parts.settings
   * @param {import('../sync/wire.js').Client} parts.client
   * @param {boolean} parts.isAllowed  the person has said where the records go
   */
  constructor({ clockReading, store, timings, settings, client, isAllowed }) {
    this.clockReading = clockReading;
    this.store = store;
    this.timings = timings;
    this.settings = settings;
    this.client = client;
    /** @type {Error | null} */
    this.failure = null;
    /** @type {Promise<import('../sync/sync-run.js').Run> | null} */
    this.running = null;
    /** @type {import('../sync/sync-run.js').Progress | null} */
    this.progress = null;
    this.interruption = new AbortController();
    /** @type {import('../capture/recording-state.js').PausedUntil | undefined} */
    this.resumeAlarmAt = undefined;
    this.recordCounts = new RecordCounts(store);
    this.heartbeats = new Heartbeats(timings.earlyHeartbeatSeconds, () => this.recordHeartbeat());
    this.focusChecks = new PeriodicAlarm('focus');
    // Chromium on X11 tells of a change of the focus late or not at all. Elsewhere nothing keeps the background awake.
    this.missesFocus = !isFirefox && ['linux', 'openbsd'].includes(client.platform ?? '');
    this.focusLooks = new Repeated(timings.focusCheckSeconds, () => this.checkFocus());
    this.commands = new PageCommands(this);
    const api = createApi({
      fetch: (url, init) => fetch(url, init), now: Date.now, timeoutMs: timings.requestTimeoutSeconds * 1000,
    });
    /** @type {import('../sync/api-call.js').Api} */
    this.api = async (server, path, options) =>
      (await mayReachServer(server)) ? api(server, path, options) : { kind: 'unusable', reason: 'permission', error: null };
    /** @type {import('../sync/accounts.js').Lock} */
    this.lock = async (name, work) => navigator.locks.request(name, work);
    this.accounts = createAccounts({ store, api: this.api, lock: this.lock });
    this.recorder = new Recorder({
      store,
      timings,
      nonce: () => crypto.randomUUID().replaceAll('-', '').slice(0, 20),
      askIdle: () => this.askIdle(),
      snapshot: browserSnapshot,
      onRecorded: (outcome) => this.recorded(outcome),
      onFailure: (error) => this.setFailure(error),
    });
    this.recorder.isAllowed = isAllowed;
    this.connection = new Connection({
      store, api: this.api, now: Date.now, pollSeconds: timings.connectPollSeconds, alarm: new PeriodicAlarm('connect'),
      onSignedIn: (account, purpose) => this.commands.useAccount(account, purpose),
      onUnwanted: (account) => this.accounts.revoke(account),
    });
    ext.idle.setDetectionInterval(this.idleSeconds);
  }

  get idleSeconds() {
    return Math.max(MIN_IDLE_SECONDS, this.settings.idleSeconds ?? this.timings.idleSeconds);
  }

  /**
   * @param {ClockReading} began
   * @param {Promise<StartReason>} startReason
   */
  async recordStart(began, startReason) {
    let fresh = false;
    // The browser is asked when the event's turn has come. An await here would let other events overtake the start.
    await this.recorder.record({ ...began, type: 'start', lateFields: async () => {
      const [{ session }, seen, idle] = await Promise.all([ext.storage.session.get('session'), browserSnapshot(), this.askIdle()]);
      fresh = session === undefined;
      // An update of the extension empties the session's storage as a restart of the browser does.
      const reason = fresh ? await startReason : null;
      return { ...seen, idle, fresh, reinstalled: fresh && reason !== 'started', unseen: reason === 'enabled' };
    } });
    if (!this.recorder.failure) await ext.storage.session.set({ session: began.run });
    await this.applyAccount();
    if (fresh) await endAbandonedVisits(this.store, this.recorder.openId, began.now);
    await this.setSyncAlarm(false);
    this.updateBadge();
  }

  /** Begins to record, once the person has said where the records go. */
  async allowRecording() {
    if (this.recorder.isAllowed) return;
    await rememberChoice(this.store);
    this.recorder.isAllowed = true;
    showPopup(true);
    await this.recordStart(this.clockReading(), Promise.resolve('started'));
  }

  /**
   * Brings the recorder in line with the signed-in account, also after a stop in the middle of signing in or out. The
   * result is the number of adopted records.
   */
  async applyAccount() {
    const account = await this.account();
    const state = await this.recorder.state();
    const owner = account?.key ?? '';
    if (state.owner !== owner) {
      await this.recorder.record({ ...this.clockReading(), type: 'owner', owner, adopt: account?.adopting ?? false });
    }
    await this.applyRules();
    await this.applyPresence();
    if (!account?.adopting) return 0;
    const adopted = await this.store.adopt(owner);
    this.recordCounts.clear();
    await this.store.change('account', (now) => (now?.key === owner ? { ...now, adopting: false } : now));
    return adopted;
  }

  /** The addresses under which the account's server is known here. */
  async ownServers() {
    const account = await this.account();
    if (!account) return [];
    const { server, serverId } = account;
    /** @type {Record<string, {serverId: string}>} */
    const names = (await this.store.get('serverNames')) ?? {};
    const same = Object.keys(names).filter((name) => serverId !== undefined && names[name].serverId === serverId);
    const first = serverId === undefined ? undefined : (await this.store.get('knownServers'))?.[serverId];
    return [...new Set([server, first ?? server, ...same])];
  }

  /** Brings recording, and the records that wait, in line with the person's rules. */
  async applyRules() {
    const { rules, recordServer } = this.settings;
    const ownServers = recordServer ? [] : await this.ownServers();
    const present = ownServers.length ? { ...rules, ownServers } : rules;
    if (JSON.stringify((await this.recorder.state()).rules) === JSON.stringify(present)) return;
    await this.recorder.record({ ...this.clockReading(), type: 'rules', rules: present, lateFields: browserSnapshot });
    await this.store.applyRules(present);
    this.interruptSending();
    this.recordCounts.clear();
  }

  /**
   * Applies erasures to the records of an owner, also to the visit that goes on. The result is the number of deleted
   * visits.
   * @param {string} owner
   * @param {import('../capture/erasure-rules.js').DatedRule[]} rules
   * @param {string | null} key  of the hashes in the rules
   */
  async applyErasures(owner, rules, key) {
    const erasures = await this.resolveErasures(owner, rules, key);
    if (erasures.length === 0) return 0;
    if ((await this.recorder.state()).owner === owner) await this.recorder.record({ ...this.clockReading(), type: 'erased', erasures });
    const erased = await this.store.applyErasures(owner, erasures);
    this.interruptSending();
    this.recordCounts.clear();
    return erased;
  }

  /**
   * @param {string} owner
   * @param {import('../capture/erasure-rules.js').DatedRule[]} rules
   * @param {string | null} key
   */
  async resolveErasures(owner, rules, key) {
    const { sites, ids } = await this.store.sitesAndIds(owner);
    const { tabs } = await this.store.loadCapture();
    for (const { visit, totals } of tabs.values()) {
      for (const site of Object.keys(totals.domains)) sites.add(site);
      if (visit) {
        sites.add(visit.domain);
        ids.add(visit.id);
      }
    }
    return resolved(rules, { key, browser: this.client.anonymousClientId, sites, ids });
  }

  /** Stops the batch that is on its way, after records were forbidden or erased. The run goes on without them. */
  interruptSending() {
    this.interruption.abort();
    this.interruption = new AbortController();
  }

  /** Brings recording in line with what the person counts as presence. */
  async applyPresence() {
    ext.idle.setDetectionInterval(this.idleSeconds);
    const { soundCounts } = this.settings;
    if (((await this.recorder.state()).soundCounts ?? true) !== soundCounts) {
      await this.recorder.record({ ...this.clockReading(), type: 'presence', soundCounts });
    }
  }

  /** @returns {Promise<import('../sync/accounts.js').Account | undefined>} */
  account() {
    return this.store.get('account');
  }

  /** @param {RawEvent} event */
  record(event) {
    const { pausedUntil } = this.recorder.loaded?.state ?? {};
    if (typeof pausedUntil === 'number' && event.now >= pausedUntil) this.resume();
    return this.recorder.record(event);
  }

  askIdle() {
    return ext.idle.queryState(this.idleSeconds);
  }

  recordHeartbeat() {
    return this.record({
      ...this.clockReading(), type: 'heartbeat',
      lateFields: async (state) => ({ ...(await frontAnswer()), ...(state.idle === 'idle' ? { fullscreen: await isFullscreen() } : {}) }),
    });
  }

  /** Asks which window has the focus. Nothing is written while all is as it was. */
  async checkFocus() {
    const answer = await focusAnswer();
    if (!focusDiffers(await this.recorder.state(), answer)) return;
    await this.record({ ...this.clockReading(), type: 'focus', windowId: answer.seenFocus, lateFields: frontAnswer });
  }

  /** @param {number | 'resumed'} until */
  pause(until) {
    return this.record({ ...this.clockReading(), type: 'pause', until });
  }

  resume() {
    return this.recorder.record({ ...this.clockReading(), type: 'pause', until: null, lateFields: browserSnapshot });
  }

  /** @param {string} owner */
  counts(owner) {
    return this.recordCounts.of(owner, this.progress);
  }

  /** @param {import('../capture/event-recorder.js').Outcome} outcome */
  recorded({ state, ended, changed, openId, heartbeatSeconds }) {
    this.heartbeats.setAlarm(heartbeatSeconds);
    this.focusLooks.set(this.missesFocus && followsFocus(state));
    this.focusChecks.set(needsFocusCheck(state) ? this.timings.heartbeatSeconds : null);
    this.heartbeats.setVisit(openId);
    this.setResumeAlarm(state.pausedUntil);
    if (changed) {
      if (!this.running) this.recordCounts.clear();
      this.setSyncAlarm(ended);
    }
  }

  /** @param {import('../capture/recording-state.js').PausedUntil} pausedUntil */
  setResumeAlarm(pausedUntil) {
    if (pausedUntil === this.resumeAlarmAt) return;
    this.resumeAlarmAt = pausedUntil;
    if (typeof pausedUntil === 'number') ext.alarms.create('resume', { when: pausedUntil });
    else ext.alarms.clear('resume');
    this.updateBadge();
  }

  /**
   * Sets the alarm of the next run, unless an earlier one is set or nothing is pending.
   * @param {boolean} soon  true when a visit has ended
   */
  async setSyncAlarm(soon) {
    const account = await this.account().catch(() => undefined);
    if (!account || account.needsSignIn || this.running) return;
    /** @type {{owner: string}[]} */
    const erasures = (await this.store.get('waitingErasures')) ?? [];
    if (!soon && (await this.counts(account.key)).pending === 0 && !erasures.some(({ owner }) => owner === account.key)) return;
    const schedule = (await this.store.get('schedule')) ?? FIRST_SCHEDULE;
    const when = nextAttempt(schedule, soon, Date.now(), this.timings);
    const alarm = await ext.alarms.get('sync');
    // An alarm whose time is long past was left over when the clock was set. It would never ring.
    if (alarm && alarm.scheduledTime <= when + 500 && alarm.scheduledTime > Date.now() - 60_000) return;
    await ext.alarms.create('sync', { when: Math.max(when, Date.now() + 100) });
  }

  /**
   * Starts a run of sending. While a run goes on, another call returns that run.
   * @param {{manual?: boolean}} [options]
   */
  sync(options) {
    this.running ??= this.sendAll(options).finally(() => {
      this.running = null;
      this.progress = null;
      this.recordCounts.clear();
      this.setSyncAlarm(false);
      this.updateBadge();
    });
    return this.running;
  }

  /** @param {{manual?: boolean}} [options] */
  async sendAll(options) {
    const awake = setInterval(() => ext.runtime.getPlatformInfo(), KEEP_AWAKE_MS);
    await ext.alarms.create('sync', { when: Date.now() + RESUME_RUN_MS });
    try {
      return await this.lock('sync', () => sync({
        store: this.store, api: this.api, accounts: this.accounts, now: Date.now, client: this.client,
        timings: this.timings, interruption: () => this.interruption.signal,
        erase: (owner, erasures, key) => this.applyErasures(owner, erasures, key),
        onProgress: (progress) => {
          this.progress = progress;
        },
      }, options));
    } finally {
      clearInterval(awake);
      await ext.alarms.clear('sync');
    }
  }

  /**
   * Reads a page's metadata where the person allows it, and adds it to the visit.
   * @param {number} tabId
   * @param {string} url
   */
  async readMetadata(tabId, url) {
    if (!this.recorder.isAllowed || !this.commands.mayReadMetadata(url)) return;
    try {
      const [found] = await ext.scripting.executeScript({ target: { tabId }, files: ['src/capture/page-metadata-script.js'] });
      const result = /** @type {{url: string, metadata: object} | null | undefined} */ (found?.result);
      if (result) this.record({ type: 'metadata', ...this.clockReading(), tabId, ...result });
    } catch {
      // The page is gone, or the browser protects it. A visit without metadata is complete.
    }
  }

  /** @param {Error | null} error */
  setFailure(error) {
    this.failure = error;
    this.updateBadge();
  }

  async updateBadge() {
    await showBadge(!this.recorder.isAllowed ? 'Nothing is recorded yet. Open to begin.' : this.failure
      ? 'Recording has stopped. Open to see why.'
      : await syncBadgeReason(this.store, (owner) => this.counts(owner)).catch(() => ''));
  }
}

/**
 * The id of this browser profile at the server. It is made once and removed with the extension.
 * @param {import('../store.js').Store} store
 * @returns {Promise<string>}
 */
async function anonymousClientId(store) {
  return store.change('anonymousClientId', (known) => known ?? crypto.randomUUID());
}
