/** What the extension's own pages may ask of the background. */
import { isFirefox, ext } from '../browser-api.js';
import { NO_RULES, matches, pageOf } from '../capture/recording-rules.js';
import { mayReachServer } from '../server-permission.js';
import { FIRST_SCHEDULE } from '../sync/schedule.js';
import { browserLabel, limitsOf } from '../sync/wire.js';

export class PageCommands {
  /** @param {import('./background-worker.js').BackgroundWorker} worker */
  constructor(worker) {
    this.worker = worker;
  }

  /** Carries out a message `{ask, ...}` and answers a plain object. */
  async execute(message) {
    const { worker } = this;
    switch (message?.ask) {
      case 'status':
        return this.status();
      case 'sync':
        // The page follows the progress; it does not wait for the end.
        worker.sync({ manual: true });
        return {};
      case 'check-server':
        return this.checkServer(message.server);
      case 'sign-in':
        return this.signIn(message);
      case 'sign-out':
        return this.signOut();
      case 'pause':
        await worker.pause(message.until);
        return this.status();
      case 'resume':
        await worker.resume();
        return this.status();
      case 'rules':
        return this.changeRules(message.rules);
      case 'metadata':
        return this.changeSettings({ metadata: message.metadata });
      case 'server':
        return this.changeSettings({ server: message.server });
      case 'parked':
        return this.parked();
      case 'release':
        return this.release();
      case 'erase':
        return this.erase();
      case 'retry-recording':
        await worker.recorder.record({ ...worker.clockReading(), type: 'snapshot', lateFields: () => worker.snapshot() }, true);
        if (!worker.recorder.failure) worker.setFailure(null);
        return this.status();
      default:
        return { error: 'unknown' };
    }
  }

  async status() {
    const { worker } = this;
    const { store, recorder, settings, failure, progress } = worker;
    const account = await store.get('account');
    const owner = account?.key ?? '';
    const state = await recorder.state();
    const [counts, unowned, today, schedule, alarm] = await Promise.all([
      worker.counts(owner), owner ? store.pendingCount('visits', '') : null, store.day(owner, Date.now()), store.get('schedule'),
      ext.alarms.get('sync'),
    ]);
    return {
      failure: failure ? { name: failure.name, message: failure.message } : null,
      pausedUntil: state.pausedUntil,
      account: account ? { email: account.user.email, server: account.server, needsSignIn: account.needsSignIn, ended: account.ended ?? null } : null,
      mayReach: account ? await mayReachServer(account.server) : true,
      server: settings.server,
      rules: settings.rules,
      metadata: settings.metadata,
      counts,
      signedOutVisits: unowned ?? counts.pendingVisits,
      today: { activeMs: today.activeMs, visits: today.visits, top: topOf(today.domains) },
      schedule: schedule ?? FIRST_SCHEDULE,
      nextAttemptAt: alarm?.scheduledTime ?? null,
      syncing: worker.running !== null,
      progress,
      isFirefox,
    };
  }

  /** Whether a server is there and is one of ours; the page has asked for the permission. */
  async checkServer(server) {
    const reply = await this.worker.api(server, '/api/sync/limits');
    if (reply.kind === 'ok') return limitsOf(reply.body) ? { ok: true } : { problem: 'not-this-server' };
    if (reply.kind === 'wait') return { problem: reply.reason };
    return { problem: reply.kind === 'unusable' ? reply.reason : 'not-this-server', status: reply.status ?? null };
  }

  /** Signs in or up; what was recorded signed out becomes this account's when `adopt` is set. */
  async signIn({ server, email, password, name, isNew, adopt }) {
    const { worker } = this;
    const { accounts, store } = worker;
    const label = browserLabel(worker.client);
    const reply = isNew ? await accounts.signUp(server, email, password, name, label)
      : await accounts.signIn(server, email, password, label);
    if (reply.kind !== 'ok') {
      return { problem: reply.reason ?? reply.kind, error: reply.error, status: reply.status ?? null, waitMs: reply.retryAfterMs ?? null };
    }
    await store.set('account', { ...reply.account, adopting: Boolean(adopt) });
    await store.set('schedule', FIRST_SCHEDULE);
    await this.changeSettings({ server });
    const adopted = await worker.applyAccount();
    worker.sync({ manual: true });
    return { ok: true, adopted, email: reply.account.user.email };
  }

  async signOut() {
    const { worker } = this;
    const account = await worker.accounts.signOut();
    await worker.store.set('schedule', FIRST_SCHEDULE);
    await worker.applyAccount();
    await ext.alarms.clear('sync');
    worker.updateBadge();
    // The tokens are off this machine already; a server that does not answer must not hold up the page.
    worker.accounts.revoke(account).catch(() => {});
    return this.status();
  }

  async changeSettings(changes) {
    this.worker.settings = { ...this.worker.settings, ...changes };
    await this.worker.store.change('settings', (old) => ({ ...old, ...changes }));
    return {};
  }

  async changeRules(rules) {
    await this.changeSettings({ rules });
    await this.worker.record({ type: 'rules', ...this.worker.clockReading(), rules, lateFields: () => this.worker.snapshot() });
    return {};
  }

  /** True when the person lets a page's own words about itself be read. */
  mayReadMetadata(url) {
    const { metadata, rules } = this.worker.settings;
    const page = pageOf(url, rules ?? NO_RULES);
    if (!page || page.nameless) return false;
    return metadata.mode === 'all' || (metadata.mode === 'sites' && metadata.sites.some((site) => matches(site, new URL(url))));
  }

  async parked() {
    const { store } = this.worker;
    const owner = (await store.get('account'))?.key ?? '';
    const [records, { parked }] = await Promise.all([store.parked(owner), store.counts(owner)]);
    await store.set('parkedSeen', parked);
    this.worker.clearCachedCounts();
    this.worker.updateBadge();
    return { parked, records };
  }

  async release() {
    const { store } = this.worker;
    const account = await store.get('account');
    const released = account ? await store.release(account.key) : 0;
    await store.set('parkedSeen', 0);
    this.worker.clearCachedCounts();
    if (released) this.worker.sync({ manual: true });
    return { released };
  }

  /** Deletes all records here; what is open begins anew. The server's copy stays as it is. */
  async erase() {
    const { worker } = this;
    await worker.record({ type: 'erase', ...worker.clockReading() });
    await worker.store.erase();
    await worker.store.set('parkedSeen', 0);
    worker.clearCachedCounts();
    worker.updateBadge();
    return this.status();
  }
}

function topOf(domains) {
  return Object.entries(domains).map(([domain, activeMs]) => ({ domain, activeMs }))
    .filter(({ activeMs }) => activeMs > 0).sort((a, b) => b.activeMs - a.activeMs).slice(0, 5);
}
