/** The world of a run in the tests: alice, her records, and a server that follows a script. */
import { NO_RULES } from '../../../extension/src/capture/recording-rules.js';
import { createAccounts } from '../../../extension/src/sync/accounts.js';
import { createApi } from '../../../extension/src/sync/api-call.js';
import { sync } from '../../../extension/src/sync/sync-run.js';
import { TIMINGS } from '../../../extension/src/timings.js';
import { ScriptedServer } from '../scripted-server.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';

export const ALICE = {
  key: 'https://s.test#1', server: 'https://s.test', user: { id: '1', email: 'alice@example.com', name: '' }, access: 'access 1',
  refresh: 'refresh 1', needsSignIn: false, adopting: false,
};
export const DAY = 24 * 60 * 60 * 1000;

export const visit = (n, more = {}) => ({
  id: `v${n}`, owner: ALICE.key, tabId: 1, url: `https://a.test/${n}`, domain: 'a.test', nameless: false, title: '', startedAt: T0 + n,
  endedAt: T0 + n + 1000, durationMs: 1000, activeMs: 1000, idlePeriods: [], heartbeatAt: null, closedAt: null, metadata: {}, revision: 1,
  ...more,
});

/**
 * A store with `count` visits of alice, a server, and the other arguments of a run.
 * @param {number} count
 * @param {{account?: typeof ALICE | null}} [options]
 */
export async function world(count, { account = ALICE } = {}) {
  const { store } = await RecordingFixture.open();
  const server = new ScriptedServer();
  /** @type {any} */
  const it = { store, server, time: T0, progress: [], interruption: new AbortController() };
  const api = createApi({ fetch: server.fetch, now: () => it.time, timeoutMs: 1000 });
  it.run = (options) => sync({
    store, api, accounts: createAccounts({ store, api }), now: () => it.time, random: () => 0.5, timings: TIMINGS,
    client: { anonymousClientId: 'client 1', extensionVersion: '0.1.0' }, onProgress: (progress) => it.progress.push({ ...progress }),
    interruption: () => it.interruption.signal, ...it.more,
  }, options);
  // As the background does when the person saves a rule.
  it.forbid = async (site) => {
    await store.applyRules({ ...NO_RULES, never: [site] });
    it.interruption.abort();
    it.interruption = new AbortController();
  };
  it.record = (...visits) => store.commitCapture({ state: {}, putTabs: [], dropTabs: [], visits, aggregates: [] });
  it.pending = async () => (await store.pending('visits', ALICE.key, 1000)).map(({ id }) => id);
  it.parked = async () => (await store.parked(ALICE.key)).map(({ id, errors, retryAt }) => [id, errors, retryAt]);
  it.schedule = () => store.get('schedule');
  if (account) await store.set('account', account);
  await it.record(...Array.from({ length: count }, (_, n) => visit(n)));
  return it;
}

/** A page of a proxy in place of the server's reply. */
export const html = (status) => () => new Response('<h1>Not me</h1>', { status, headers: { 'Content-Type': 'text/html' } });
