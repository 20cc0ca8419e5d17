/**
 * A fleet of browsers that record and send all the time, over a network that loses, cuts, delays, doubles and reorders.
 * Each one has the extension's own store and sync module. tests/live/test_chaos.py starts it:
 *
 *   node fleet.js '{"ports": [8001], "seed": 1, "people": [{"email", "password"}], "browsers": 2, "sites": ["a.test"], "pauseMs": 120}'
 *
 * It prints a line when all browsers are signed in. A line on standard input ends the recording. The fleet then sends
 * what is left over a network without faults, and prints what each browser has recorded, and what it still has of it.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolved } from '../../../extension/src/capture/erasure-rules.js';
import { createAccounts } from '../../../extension/src/sync/accounts.js';
import { createApi } from '../../../extension/src/sync/api-call.js';
import { sync } from '../../../extension/src/sync/sync-run.js';
import { TIMINGS } from '../../../extension/src/timings.js';
import { RecordingFixture } from '../recording-fixture.js';

const { ports, seed, people, browsers, sites, pauseMs } = JSON.parse(process.argv[2]);
const ADDRESS = 'http://sync.test';
const HOUR = 60 * 60 * 1000;
const DRAIN_MS = 90_000;
let isOver = false;
let signedIn = 0;

/** Random numbers that a seed repeats (mulberry32). */
function dice(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Sends to one of the servers. While the recording goes on, some requests or replies get lost, late, or come twice. */
function network(random, faults) {
  const send = async (url, init) => {
    const { pathname, search } = new URL(url);
    const port = ports[Math.floor(random() * ports.length)];
    return fetch(`http://127.0.0.1:${port}${pathname}${search}`, init);
  };
  const late = (url, init, ms) => sleep(ms).then(() => send(url, { ...init, signal: undefined })).then((reply) => reply.text()).catch(() => '');
  return async (url, init) => {
    const fate = isOver ? 1 : random();
    if (fate < 0.06) {
      faults.lost += 1;
      throw new TypeError('lost');
    }
    if (fate < 0.12) {
      faults.cut += 1;
      await (await send(url, init)).text();
      throw new TypeError('cut');
    }
    if (fate < 0.18) {
      faults.doubled += 1;
      late(url, init, 0);
    } else if (fate < 0.24) {
      faults.reordered += 1;
      late(url, init, 1500 * random());
    } else if (fate < 0.3) {
      faults.delayed += 1;
      await sleep(400 * random());
    }
    return send(url, init);
  };
}

async function browser(person, number) {
  const random = dice(seed * 1000 + number);
  const faults = { lost: 0, cut: 0, doubled: 0, reordered: 0, delayed: 0 };
  const { store } = await RecordingFixture.open();
  const clientId = `chaos-${number}`;
  // Up to 23 hours wrong: the server takes no record that is more than a day ahead.
  const skew = Math.round((random() - 0.5) * 46 * HOUR);
  const now = () => Date.now() + skew;
  const api = createApi({ fetch: network(random, faults), now, timeoutMs: 20_000 });
  const accounts = createAccounts({ store, api });
  const records = new Map();
  let account = null;
  while (!account) {
    const reply = await accounts.signIn(ADDRESS, person);
    account = reply.account;
    if (!account) await sleep(100);
  }
  await store.set('account', account);
  signedIn += 1;
  if (signedIn === people.length * browsers) process.stdout.write('signed in\n');
  const run = () => sync({
    store, api, accounts, now, random, timings: TIMINGS, client: { anonymousClientId: clientId, extensionVersion: '0.0.1' },
    erase: async (owner, erasures, key) => {
      const known = { key, browser: clientId, ...(await store.sitesAndIds(owner)) };
      await store.applyErasures(owner, await resolved(erasures, known));
    },
  }, { manual: true });
  const commit = async (...visits) => {
    for (const each of visits) records.set(each.id, each);
    await store.commitCapture({ state: {}, putTabs: [], dropTabs: [], visits, aggregates: [] });
  };
  const fresh = (n, site = sites[Math.floor(random() * sites.length)]) => ({
    id: `pv_${number}_${n}`, owner: account.key, tabId: 1, url: `https://${site}/${n}`, domain: site, nameless: false, title: 'first',
    startedAt: now() - 60_000 + n, endedAt: now(), durationMs: 60_000 - n, activeMs: 1000, idlePeriods: [], heartbeatAt: null,
    closedAt: null, metadata: {}, revision: 1,
  });

  let made = 0;
  const record = async () => {
    do {
      await commit(...Array.from({ length: 1 + Math.floor(8 * random()) }, () => fresh((made += 1))));
      const known = [...records.values()];
      const old = known[Math.floor(random() * known.length)];
      await commit({ ...old, title: `revision ${old.revision + 1}`, revision: old.revision + 1 });
      await sleep(20 + pauseMs * random());
    } while (!isOver);
  };
  const sendAll = async () => {
    while (!isOver) {
      if (random() < 0.05) await store.change('account', (held) => ({ ...held, access: 'no token' }));
      await run();
      await sleep(20 + 60 * random());
    }
  };
  await Promise.all([record(), sendAll()]);
  const deadline = Date.now() + DRAIN_MS;
  let left = 1;
  let last = null;
  // The last run of all reads the erasures that came after what it sent.
  while ((left > 0 || last?.state !== 'synced') && Date.now() < deadline) {
    last = await run();
    left = (await store.counts(account.key)).pending;
    if (left > 0 || last.state !== 'synced') await sleep(200);
  }
  const parked = await store.parked(account.key);
  const kept = [];
  for await (const slice of store.slices('visits', account.key)) {
    kept.push(...slice.flatMap((visit) => ('title' in visit ? [[visit.id, visit.revision, visit.title]] : [])));
  }
  return {
    clientId, email: person.email, left, parked: parked.length, faults, problem: last?.problem ?? null, needsSignIn: (await store.get('account')).needsSignIn,
    kept,
    records: [...records.values()].map(({ id, revision, title, domain, startedAt }) => [id, revision, title, domain, startedAt]),
  };
}

createInterface({ input: process.stdin }).once('line', () => {
  isOver = true;
});
const fleet = people.flatMap((person, place) => Array.from({ length: browsers }, (_, n) => browser(person, place * browsers + n)));
const told = JSON.stringify(await Promise.all(fleet));
// An exit would cut what the pipe has not taken yet.
process.stdout.write(told, () => process.exit(0));
