/** What the extension's own pages may ask of the background. */
import { isFirefox, ext } from './ext.js';
import { mayReach } from './browser.js';
import { NO_RULES, matches, pageOf } from './rules.js';
import { FIRST_SCHEDULE } from './sync-schedule.js';
import { labelOf, limitsOf } from './wire.js';

export class Commands {
  /** @param {import('./life.js').Life} life */
  constructor(life) {
    this.life = life;
  }

  /** Carries out a message `{ask, ...}` and answers a plain object. */
  async obey(message) {
    const { life } = this;
    switch (message?.ask) {
      case 'status':
        return this.status();
      case 'sync':
        // The page follows the progress; it does not wait for the end.
        life.sync({ manual: true });
        return {};
      case 'check':
        return this.check(message.server);
      case 'enter':
        return this.enter(message);
      case 'leave':
        return this.leave();
      case 'pause':
        await life.pause(message.until);
        return this.status();
      case 'resume':
        await life.resume();
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
        await life.recorder.record({ ...life.reading(), type: 'look', also: () => life.look() }, true);
        if (!life.recorder.failure) life.fail(null);
        return this.status();
      default:
        return { error: 'unknown' };
    }
  }

  async status() {
    const { life } = this;
    const { store, recorder, settings, failure, progress } = life;
    const account = await store.get('account');
    const owner = account?.key ?? '';
    const state = await recorder.state();
    const [counts, unowned, today, schedule, alarm] = await Promise.all([
      life.counts(owner), owner ? store.pendingCount('visits', '') : null, store.day(owner, Date.now()), store.get('schedule'),
      ext.alarms.get('sync'),
    ]);
    return {
      failure: failure ? { name: failure.name, message: failure.message } : null,
      pausedUntil: state.pausedUntil,
      account: account ? { email: account.user.email, server: account.server, needsSignIn: account.needsSignIn, ended: account.ended ?? null } : null,
      mayReach: account ? await mayReach(account.server) : true,
      server: settings.server,
      rules: settings.rules,
      metadata: settings.metadata,
      counts,
      signedOutVisits: unowned ?? counts.pendingVisits,
      today: { activeMs: today.activeMs, visits: today.visits, top: topOf(today.domains) },
      schedule: schedule ?? FIRST_SCHEDULE,
      nextAttemptAt: alarm?.scheduledTime ?? null,
      syncing: life.running !== null,
      progress,
      isFirefox,
    };
  }

  /** Whether a server is there and is one of ours; the page has asked for the permission. */
  async check(server) {
    const reply = await this.life.api(server, '/api/sync/limits');
    if (reply.kind === 'ok') return limitsOf(reply.body) ? { ok: true } : { problem: 'not-this-server' };
    if (reply.kind === 'wait') return { problem: reply.reason };
    return { problem: reply.kind === 'unusable' ? reply.reason : 'not-this-server', status: reply.status ?? null };
  }

  /** Signs in or up; what was recorded signed out becomes this account's when `adopt` is set. */
  async enter({ server, email, password, name, isNew, adopt }) {
    const { life } = this;
    const { accounts, store } = life;
    const label = labelOf(life.client);
    const reply = isNew ? await accounts.signUp(server, email, password, name, label)
      : await accounts.signIn(server, email, password, label);
    if (reply.kind !== 'ok') {
      return { problem: reply.reason ?? reply.kind, error: reply.error, status: reply.status ?? null, waitMs: reply.retryAfterMs ?? null };
    }
    await store.set('account', { ...reply.account, adopting: Boolean(adopt) });
    await store.set('schedule', FIRST_SCHEDULE);
    await this.changeSettings({ server });
    const adopted = await life.settleOwner();
    life.sync({ manual: true });
    return { ok: true, adopted, email: reply.account.user.email };
  }

  async leave() {
    const { life } = this;
    const account = await life.accounts.signOut();
    await life.store.set('schedule', FIRST_SCHEDULE);
    await life.settleOwner();
    await ext.alarms.clear('sync');
    life.tellBadge();
    // The tokens are off this machine already; a server that does not answer must not hold up the page.
    life.accounts.revoke(account).catch(() => {});
    return this.status();
  }

  async changeSettings(changes) {
    this.life.settings = { ...this.life.settings, ...changes };
    await this.life.store.change('settings', (old) => ({ ...old, ...changes }));
    return {};
  }

  async changeRules(rules) {
    await this.changeSettings({ rules });
    await this.life.record({ type: 'rules', ...this.life.reading(), rules, also: () => this.life.look() });
    return {};
  }

  /** True when the person lets a page's own words about itself be read. */
  mayDescribe(url) {
    const { metadata, rules } = this.life.settings;
    const page = pageOf(url, rules ?? NO_RULES);
    if (!page || page.nameless) return false;
    return metadata.mode === 'all' || (metadata.mode === 'sites' && metadata.sites.some((site) => matches(site, new URL(url))));
  }

  async parked() {
    const { store } = this.life;
    const owner = (await store.get('account'))?.key ?? '';
    const [records, { parked }] = await Promise.all([store.parked(owner), store.counts(owner)]);
    await store.set('parkedSeen', parked);
    this.life.recount();
    this.life.tellBadge();
    return { parked, records };
  }

  async release() {
    const { store } = this.life;
    const account = await store.get('account');
    const released = account ? await store.release(account.key) : 0;
    await store.set('parkedSeen', 0);
    this.life.recount();
    if (released) this.life.sync({ manual: true });
    return { released };
  }

  /** Deletes all records here; what is open begins anew. The server's copy stays as it is. */
  async erase() {
    const { life } = this;
    await life.record({ type: 'erase', ...life.reading() });
    await life.store.erase();
    await life.store.set('parkedSeen', 0);
    life.recount();
    life.tellBadge();
    return this.status();
  }
}

function topOf(domains) {
  return Object.entries(domains).map(([domain, activeMs]) => ({ domain, activeMs }))
    .filter(({ activeMs }) => activeMs > 0).sort((a, b) => b.activeMs - a.activeMs).slice(0, 5);
}
