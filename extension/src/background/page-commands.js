/** The commands of the extension's own pages. */
import { isFirefox, ext } from '../browser-api.js';
import { browserSnapshot } from './browser-queries.js';
import { NO_RULES, mergedRules, pageOf } from '../capture/recording-rules.js';
import { matches } from '../capture/site-patterns.js';
import { mayReachServer } from '../server-permission.js';
import { FIRST_SCHEDULE } from '../sync/schedule.js';
import { ERASURES } from '../sync/erasure-feed.js';
import { TODAY_HOURS, TODAY_SITES, browserLabel, erasedOf, erasureBody, limitsOf, todayOf } from '../sync/wire.js';
import { IDLE_LIMITS, TIMINGS } from '../timings.js';

/** Later than any record. */
const ALL_TIMES = Number.MAX_SAFE_INTEGER;
/** The visits that the options list. */
const LATEST_VISITS = 20;

/**
 * @typedef {import('../capture/recording-rules.js').Rules} Rules
 * @typedef {import('./background-worker.js').MetadataSetting} MetadataSetting
 * @typedef {{server: string, email: string, password: string, name: string, isNew: boolean, adopt: boolean,
 *   sameServer?: boolean}} SignInForm
 *   `sameServer`: the server is treated as the one known under an earlier address. `adopt`: records made while signed out become this account's
 * @typedef {{ok?: false, problem: string, error?: import('../sync/wire.js').ServerError | null, status: number | null,
 *   waitMs: number | null}} Refusal  of a sign-in
 * @typedef {{domain: string} | {from: number, to?: number} | {ids: {browser: string, id: string}[]}} PersonsRule
 *   an erasure of a site, of what began in a span of time, or of single visits
 * @typedef {{rule: PersonsRule, title: string, startedAt: number, activeMs: number}} ForgettableVisit
 *   a visit, with its title or site, and the rule that erases it alone
 * @typedef {{server: string, adopt: boolean, sameServer?: boolean}} ConnectForm  as in SignInForm
 * @typedef {{ask: 'status' | 'stay-local' | 'cancel-connect' | 'send-again' | 'sync' | 'sign-out' | 'resume' | 'parked' | 'release' | 'erase' | 'forget' | 'retry-recording' | 'server-today' | 'latest-visits'
 *       | 'stop-history' | 'resume-history' | 'history-rules'}
 *   | {ask: 'bring-history', total: number}
 *   | {ask: 'may-take-browser' | 'take-browser', anonymousClientId: string} | {ask: 'restored'}
 *   | {ask: 'check-server', server: string}
 *   | ({ask: 'sign-in'} & SignInForm)
 *   | ({ask: 'connect'} & ConnectForm)
 *   | {ask: 'pause', until: number | 'resumed'}
 *   | {ask: 'rules', rules: Rules, begun?: Rules, recordServer?: boolean}
 *   | {ask: 'presence', idleSeconds: number, soundCounts: boolean}
 *   | {ask: 'never-site', site: string}
 *   | {ask: 'visit-of-tab', tabId: number}
 *   | {ask: 'preview-erasure' | 'erase-by-rule', rule: PersonsRule}
 *   | {ask: 'metadata', metadata: MetadataSetting}} Message
 * @typedef {Awaited<ReturnType<PageCommands['status']>>} Status
 * @typedef {Awaited<ReturnType<PageCommands['parked']>>} Parked
 * @typedef {Awaited<ReturnType<PageCommands['checkServer']>>} ServerCheck
 * @typedef {Awaited<ReturnType<PageCommands['signIn']>>} SignInAnswer
 * @typedef {Awaited<ReturnType<PageCommands['connect']>>} ConnectAnswer
 * @typedef {Awaited<ReturnType<PageCommands['previewErasure']>>} ErasurePreview
 * @typedef {Awaited<ReturnType<PageCommands['eraseByRule']>>} ErasureAnswer
 */

export class PageCommands {
  /** @param {import('./background-worker.js').BackgroundWorker} worker */
  constructor(worker) {
    this.worker = worker;
  }

  /**
   * Executes a command. The result is a plain object, because browsers copy it to the page.
   * @param {Message} message
   */
  async execute(message) {
    const { worker } = this;
    switch (message?.ask) {
      case 'status':
        return this.status();
      case 'sync':
        // The page reads the progress from the status. It does not wait for the end of the run.
        worker.sync({ manual: true });
        return {};
      case 'check-server':
        return this.checkServer(message.server);
      case 'sign-in':
        return this.signIn(message);
      case 'connect':
        return this.connect(message);
      case 'cancel-connect':
        await worker.connection.cancel();
        await worker.applyRules();
        return this.status();
      case 'stay-local':
        await worker.allowRecording();
        return this.status();
      case 'sign-out':
        return this.signOut();
      case 'pause':
        await worker.pause(message.until);
        return this.status();
      case 'resume':
        await worker.resume();
        return this.status();
      case 'rules':
        return this.changeRules(mergedRules(message.rules, message.begun ?? this.worker.settings.rules, this.worker.settings.rules), message.recordServer);
      case 'presence':
        return this.changePresence(message);
      case 'never-site':
        return this.neverSite(message.site);
      case 'forget':
        return this.forget();
      case 'server-today':
        return this.serverToday();
      case 'latest-visits':
        return this.latestVisits();
      case 'visit-of-tab':
        return this.visitOfTab(message.tabId);
      case 'preview-erasure':
        return this.previewErasure(message.rule);
      case 'erase-by-rule':
        return this.eraseByRule(message.rule);
      case 'send-again':
        return this.sendAgain();
      case 'metadata':
        return this.changeSettings({ metadata: message.metadata });
      case 'parked':
        return this.parked();
      case 'release':
        return this.release();
      case 'erase':
        return this.erase();
      case 'may-take-browser':
        return { may: await this.mayTakeBrowser(message.anonymousClientId) };
      case 'take-browser':
        return this.takeBrowser(message.anonymousClientId);
      case 'restored':
        worker.recordCounts.clear();
        await worker.setSyncAlarm(true);
        return {};
      case 'history-rules':
        return { rules: (await worker.recorder.state()).rules };
      case 'bring-history':
        return this.bringHistory((owner) => worker.historyImporter.begin(owner, message.total));
      case 'resume-history':
        return this.bringHistory((owner) => worker.historyImporter.setStatus(owner, 'running'));
      case 'stop-history':
        await worker.historyImporter.setStatus((await worker.account())?.key ?? '', 'stopped');
        worker.interruptSending();
        return this.status();
      case 'retry-recording':
        await worker.recorder.record({ ...worker.clockReading(), type: 'snapshot', lateFields: browserSnapshot }, true);
        if (!worker.recorder.failure) worker.setFailure(null);
        return this.status();
      default:
        return { error: 'unknown' };
    }
  }

  async status() {
    const { worker } = this;
    const { store, recorder, settings, failure, progress } = worker;
    const account = await worker.account();
    const owner = account?.key ?? '';
    const state = await recorder.state();
    const [counts, unowned, today, hours, schedule, alarm, countCheck, waitingErasures, connection, historyImport] = await Promise.all([
      worker.counts(owner), owner ? store.pendingCount('visits', '') : null, store.day(owner, Date.now()),
      store.hoursOfDay(owner, Date.now()), store.get('schedule'),
      ext.alarms.get('sync'), store.get('countCheck'), store.get('waitingErasures'), worker.connection.stored(),
      worker.historyImporter.of(owner),
    ]);
    return {
      failure: failure ? { name: failure.name, message: failure.message } : null,
      hasChosen: recorder.isAllowed,
      connection: connection ? {
        server: connection.server, number: connection.number, page: connection.page, problem: connection.problem ?? null,
      } : null,
      pausedUntil: state.pausedUntil,
      owner,
      account: account ? { email: account.user.email, server: account.server, needsSignIn: account.needsSignIn, ended: account.ended ?? null } : null,
      mayReach: account ? await mayReachServer(account.server) : true,
      server: settings.server,
      rules: settings.rules,
      metadata: settings.metadata,
      recordServer: settings.recordServer,
      idleSeconds: settings.idleSeconds ?? TIMINGS.idleSeconds,
      soundCounts: settings.soundCounts,
      counts,
      signedOutVisits: unowned ?? counts.pendingVisits,
      today: { activeMs: today.activeMs, visits: today.visits, top: topOf(today.domains), hours },
      schedule: /** @type {import('../sync/schedule.js').Schedule} */ (schedule ?? FIRST_SCHEDULE),
      nextAttemptAt: alarm?.scheduledTime ?? null,
      countCheck: /** @type {import('../sync/erasure-feed.js').CountCheck | null} */ (countCheck?.owner === owner ? countCheck : null),
      waitingErasures: waitingErasures?.filter((/** @type {{owner: string}} */ one) => one.owner === owner).length ?? 0,
      historyImport,
      syncing: worker.running !== null,
      progress,
      isFirefox,
    };
  }

  /**
   * The person's present day by the server, over all their browsers. Null where nobody is signed in or the server does
   * not answer.
   * @returns {Promise<import('../sync/wire.js').ServerDay | null>}
   */
  async serverToday() {
    const { accounts } = this.worker;
    const account = await this.worker.account();
    if (!account || account.needsSignIn) return null;
    const [hours, sites] = await Promise.all([TODAY_HOURS, TODAY_SITES].map((path) => accounts.call(account.key, path)));
    return hours?.kind === 'ok' && sites?.kind === 'ok' ? todayOf(hours.body, sites.body) : null;
  }

  /**
   * Checks that a usable server answers. The page has asked for the permission before.
   * @param {string} server
   * @returns {Promise<{ok: true, knownAs: string | null} | {ok?: false, problem: string, status?: number | null}>}
   */
  async checkServer(server) {
    const reply = await this.worker.api(server, '/api/sync/limits');
    const limits = reply.kind === 'ok' ? limitsOf(reply.body) : null;
    if (limits) {
      const earlier = await this.earlierAddress(limits.serverId);
      const answered = await this.answeredAddress(server, limits.serverId);
      return { ok: true, knownAs: answered !== null || earlier === server ? null : earlier };
    }
    if (reply.kind === 'ok') return { problem: 'not-this-server' };
    const named = reply.kind === 'wait' || reply.kind === 'unusable' ? reply.reason : undefined;
    return { problem: named ?? 'not-this-server', status: reply.status ?? null };
  }

  /**
   * The address under which a server's accounts are known here, or null.
   * @param {string | undefined} serverId
   * @returns {Promise<string | null>}
   */
  async earlierAddress(serverId) {
    return (serverId && (await this.worker.store.get('knownServers'))?.[serverId]) || null;
  }

  /**
   * The address under which the accounts of a server are known here by the person's earlier answer, or null where they
   * were not asked yet.
   * @param {string} server
   * @param {string | undefined} serverId
   * @returns {Promise<string | null>}
   */
  async answeredAddress(server, serverId) {
    const answer = (await this.worker.store.get('serverNames'))?.[server];
    return answer && answer.serverId === serverId ? answer.knownAs : null;
  }

  /**
   * @param {SignInForm} form
   * @returns {Promise<{ok: true, adopted: number, email: string} | Refusal>}
   */
  async signIn({ server, email, password, name, isNew, adopt, sameServer = false }) {
    const { worker } = this;
    const { accounts } = worker;
    const label = browserLabel(worker.client);
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const known = await this.knownServer(server, sameServer);
    const before = await worker.account();
    // A token goes to the address that gave it, and to no other.
    const refresh = before?.server === server ? before.refresh : '';
    const reply = isNew ? await accounts.signUp(server, { email, password, name, label, timeZone }, known.keyServer)
      : await accounts.signIn(server, { email, password, label, refresh }, known.keyServer);
    const { account } = reply;
    if (!account) return refusalOf(reply);
    const adopted = await this.useAccount(account, { server, ...known, adopt });
    return { ok: true, adopted, email: account.user.email };
  }

  /**
   * Starts a sign-in that the person allows on a page of the server. The background waits for the answer.
   * @param {ConnectForm} form
   * @returns {Promise<{ok: true, page: string} | Refusal>}
   */
  async connect({ server, adopt, sameServer = false }) {
    const { worker } = this;
    const known = await this.knownServer(server, sameServer);
    const reply = await worker.connection.begin({ server, ...known, adopt }, browserLabel(worker.client));
    if (!reply.grant) return refusalOf(reply);
    await this.changeSettings({ server });
    await worker.applyRules();
    return { ok: true, page: reply.grant.page };
  }

  /**
   * The id of a server, and the address under which its accounts are known here.
   * @param {string} server
   * @param {boolean} sameServer  the person says that it is the one known under an earlier address
   * @returns {Promise<{serverId?: string, keyServer: string}>}
   */
  async knownServer(server, sameServer) {
    const told = await this.worker.api(server, '/api/sync/limits');
    const serverId = told.kind === 'ok' ? limitsOf(told.body)?.serverId : undefined;
    const keyServer = (sameServer && (await this.earlierAddress(serverId))) || (await this.answeredAddress(server, serverId)) || server;
    return { keyServer, ...(serverId ? { serverId } : {}) };
  }

  /**
   * Stores the account of a new sign-in and begins to record and send for it. The result is the number of adopted
   * records.
   * @param {import('../sync/accounts.js').Account} account
   * @param {import('./connection.js').Purpose} purpose
   */
  async useAccount(account, { server, keyServer, serverId, adopt }) {
    const { worker } = this;
    const { store } = worker;
    await worker.connection.cancel();
    await store.set('account', { ...account, ...(serverId ? { serverId } : {}), adopting: Boolean(adopt) });
    if (serverId) {
      await store.change('knownServers', (known) => ({ ...known, [serverId]: keyServer }));
      await store.change('serverNames', (names) => ({ ...names, [server]: { serverId, knownAs: keyServer } }));
    }
    await store.set('schedule', FIRST_SCHEDULE);
    await this.changeSettings({ server });
    await worker.allowRecording();
    const adopted = await worker.applyAccount();
    worker.sync({ manual: true });
    return adopted;
  }

  async signOut() {
    const { worker } = this;
    const account = await worker.accounts.signOut();
    await worker.store.set('schedule', FIRST_SCHEDULE);
    await worker.applyAccount();
    await ext.alarms.clear('sync');
    worker.updateBadge();
    // The tokens are off this machine already. The page must not wait for a server that does not answer.
    worker.accounts.revoke(account).catch(() => {});
    return this.status();
  }

  /** @param {Partial<import('./background-worker.js').Settings>} changes */
  async changeSettings(changes) {
    this.worker.settings = { ...this.worker.settings, ...changes };
    await this.worker.store.change('settings', (old) => ({ ...old, ...changes }));
    return {};
  }

  /**
   * Changes the rules. The result tells how many records are not sent because of them, and how many stored visits they
   * forbid.
   * @param {Rules} rules
   * @param {boolean} [recordServer]
   */
  async changeRules(rules, recordServer = this.worker.settings.recordServer) {
    const { worker } = this;
    await this.changeSettings({ rules, recordServer });
    await worker.applyRules();
    const owner = (await worker.account())?.key ?? '';
    const { held } = await worker.counts(owner);
    return { held, stored: await worker.store.forbidden(owner, (await worker.recorder.state()).rules), rules };
  }

  /** @param {{idleSeconds: number, soundCounts: boolean}} presence */
  async changePresence({ idleSeconds, soundCounts }) {
    if (!IDLE_LIMITS.includes(idleSeconds)) return { error: 'unknown' };
    await this.changeSettings({ idleSeconds, soundCounts });
    await this.worker.applyPresence();
    return {};
  }

  /** @param {string} site */
  neverSite(site) {
    const { rules } = this.worker.settings;
    return this.changeRules({ ...rules, never: [...new Set([...rules.never, site])] });
  }

  /** Deletes the account's visits that the rules forbid. The server's copy stays. */
  async forget() {
    const { worker } = this;
    const owner = (await worker.account())?.key ?? '';
    const forgotten = await worker.store.forbidden(owner, (await worker.recorder.state()).rules, { forget: true });
    worker.interruptSending();
    worker.recordCounts.clear();
    return { forgotten };
  }

  /**
   * The account's latest visits that are stored here, newest first.
   * @returns {Promise<ForgettableVisit[]>}
   */
  async latestVisits() {
    const owner = (await this.worker.account())?.key ?? '';
    return (await this.worker.store.latestVisits(owner, LATEST_VISITS)).map((visit) => this.forgettable(visit));
  }

  /**
   * The latest stored visit of the page in a tab, or null.
   * @param {number} tabId
   */
  async visitOfTab(tabId) {
    await this.worker.recorder.state();
    const visit = this.worker.recorder.loaded?.tabs.get(tabId)?.visit;
    return visit && visit.durationMs >= this.worker.timings.shortestVisitMs ? this.forgettable(visit) : null;
  }

  /**
   * @param {import('../capture/visits-and-totals.js').Visit} visit
   * @returns {ForgettableVisit}
   */
  forgettable({ id, title, domain, startedAt, activeMs }) {
    return { rule: { ids: [{ browser: this.worker.client.anonymousClientId, id }] }, title: title || domain, startedAt, activeMs };
  }

  /**
   * The numbers of records that an erasure concerns, here and on the server. `server` is null where it cannot be asked.
   * @param {PersonsRule} rule
   */
  async previewErasure(rule) {
    const { worker } = this;
    const account = await worker.account();
    const owner = account?.key ?? '';
    const here = await worker.store.countErased(owner, await worker.resolveErasures(owner, [{ at: ALL_TIMES, rule }], null));
    return { here, isSignedIn: Boolean(account), server: account ? await this.postErasure(account.key, rule, true) : null };
  }

  /**
   * Erases records here at once, and on the server and in the person's other browsers. Where the server cannot be
   * reached, the rule waits for the next run of sending.
   * @param {PersonsRule} rule
   */
  async eraseByRule(rule) {
    const { worker } = this;
    const account = await worker.account();
    const asked = Date.now();
    const erased = await worker.applyErasures(account?.key ?? '', [{ at: ALL_TIMES, rule }], null);
    worker.updateBadge();
    if (!account) return { erased, isSignedIn: false, server: null };
    const server = await this.postErasure(account.key, rule, false);
    if (server?.at) {
      // The server refuses visits that began before it stored the rule. They are removed here too.
      await worker.applyErasures(account.key, [{ at: server.at, rule }], null);
    } else if (!server) {
      // What begins after the click is recorded as usual, however late the rule is sent.
      const to = Math.min(asked, 'to' in rule && rule.to !== undefined ? rule.to : asked);
      await worker.store.change('waitingErasures', (old) => [...(old ?? []), { owner: account.key, rule: { ...rule, to } }]);
      worker.setSyncAlarm(false);
    }
    return { erased, isSignedIn: true, server };
  }

  /**
   * @param {string} owner
   * @param {PersonsRule} rule
   * @param {boolean} isPreview
   */
  async postErasure(owner, rule, isPreview) {
    const reply = await this.worker.accounts.call(owner, ERASURES, { method: 'POST', body: erasureBody(rule, isPreview) });
    return reply?.kind === 'ok' ? erasedOf(reply.body) : null;
  }

  /** Sends all records again that the server has stored already. It answers with their state and stores no copy. */
  async sendAgain() {
    const account = await this.worker.account();
    const marked = account ? await this.worker.store.sendAgain(account.key) : 0;
    await this.worker.store.change('countCheck', () => undefined);
    this.worker.recordCounts.clear();
    if (marked) this.worker.sync({ manual: true });
    return { marked };
  }

  /**
   * True when the person allows a page's metadata to be read.
   * @param {string} url
   */
  mayReadMetadata(url) {
    const { metadata } = this.worker.settings;
    const rules = this.worker.recorder.loaded?.state.rules ?? this.worker.settings.rules;
    if (metadata.mode === 'off') return false;
    const page = pageOf(url, rules ?? NO_RULES);
    if (!page || page.nameless) return false;
    return metadata.mode === 'all' || metadata.sites.some((site) => matches(site, new URL(url)));
  }

  /** The parked records. The badge does not count them as new any more. */
  async parked() {
    const { store } = this.worker;
    const owner = (await this.worker.account())?.key ?? '';
    const [records, { parked }] = await Promise.all([store.parked(owner), store.counts(owner)]);
    await store.set('parkedSeen', parked);
    this.worker.recordCounts.clear();
    this.worker.updateBadge();
    return { parked, records };
  }

  async release() {
    const { store } = this.worker;
    const account = await this.worker.account();
    const released = account ? await store.release(account.key) : 0;
    await store.set('parkedSeen', 0);
    this.worker.recordCounts.clear();
    if (released) this.worker.sync({ manual: true });
    return { released };
  }

  /**
   * True when this browser is the one with an id, or has sent nothing yet and so may go on as that one.
   * @param {string} id
   */
  async mayTakeBrowser(id) {
    const { store, client } = this.worker;
    if (client.anonymousClientId === id) return true;
    const [synced, schedule] = await Promise.all([store.syncedCounts(), store.get('schedule')]);
    return synced.visits + synced.aggregates === 0 && !schedule?.lastSuccessAt;
  }

  /**
   * Lets this browser go on as the one of an export.
   * @param {string} id
   */
  takeBrowser(id) {
    const { worker } = this;
    // A run on its way names the browser in each of its batches.
    return worker.lock('sync', async () => {
      const taken = await this.mayTakeBrowser(id);
      if (taken) {
        await worker.store.set('anonymousClientId', id);
        worker.client.anonymousClientId = id;
      }
      return { taken };
    });
  }

  /**
   * Lets the import of this browser's history begin or go on. It needs an account.
   * @param {(owner: string) => Promise<unknown>} change
   */
  async bringHistory(change) {
    const account = await this.worker.account();
    if (!account) return { error: 'signed-out' };
    await change(account.key);
    this.worker.syncAfterwards();
    return this.status();
  }

  /** Deletes the account's records in this browser. Open visits begin anew. The server's copy stays. */
  async erase() {
    const { worker } = this;
    await worker.record({ type: 'erase', ...worker.clockReading() });
    await worker.store.erase((await worker.account())?.key ?? '');
    worker.interruptSending();
    await worker.store.set('parkedSeen', 0);
    worker.recordCounts.clear();
    worker.updateBadge();
    return this.status();
  }
}

/** @param {Record<string, number>} domains */
function topOf(domains) {
  return Object.entries(domains).map(([domain, activeMs]) => ({ domain, activeMs }))
    .filter(({ activeMs }) => activeMs > 0).sort((a, b) => b.activeMs - a.activeMs).slice(0, 5);
}

/**
 * @param {import('../sync/api-call.js').Reply} reply
 * @returns {Refusal}
 */
function refusalOf(reply) {
  return { problem: reply.reason ?? reply.kind, error: reply.error, status: reply.status ?? null, waitMs: reply.retryAfterMs ?? null };
}
