import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RULES } from '../../extension/src/capture/recording-rules.js';
import { endAbandonedVisits } from '../../extension/src/capture/abandoned-visits.js';
import { RecordingFixture, T0 } from './recording-fixture.js';

const visit = (n, more = {}) => ({
  id: `pv_${n}`, owner: 'alice', tabId: 1, url: 'https://a.test/', domain: 'a.test', nameless: false, title: '',
  startedAt: T0 + n, endedAt: T0 + n + 1000, durationMs: 1000, activeMs: 1000, idlePeriods: [], heartbeatAt: null,
  closedAt: null, metadata: {}, revision: 1, ...more,
});
const aggregate = (n, more = {}) => ({
  id: 'tab 1', owner: 'alice', tabId: 1, startedAt: T0 + n, activeMs: 1000, domains: { 'a.test': 1000 },
  pages: 1, lastActiveAt: T0 + n, currentUrl: 'https://a.test/', currentDomain: 'a.test', closedAt: null, revision: 1, ...more,
});
const commit = (store, visits, aggregates = []) =>
  store.commitCapture({ state: {}, putTabs: [], dropTabs: [], visits, aggregates });
const ids = (records) => records.map(({ id }) => id);
/** @returns {import('../../extension/src/sync/wire.js').Verdict} */
const stored = (record) => ({ id: record.id, startedAt: record.startedAt, revision: record.revision, verdict: 'stored' });
/** @returns {import('../../extension/src/sync/wire.js').Verdict} */
const parked = (record, more = {}) => ({ ...stored(record), verdict: 'parked', ...more });

test('pending records come oldest first, after a given one, and of one owner', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(3), visit(1), visit(2), visit(0, { id: 'pv_b', owner: 'bob' })]);
  assert.deepEqual(ids(await store.pending('visits', 'alice', 10)), ['pv_1', 'pv_2', 'pv_3']);
  assert.deepEqual(ids(await store.pending('visits', 'alice', 10, visit(1))), ['pv_2', 'pv_3']);
  assert.deepEqual(ids(await store.pending('visits', 'bob', 10)), ['pv_b']);
});

test('records of one instant are all found, batch after batch', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, ['a', 'b', 'c'].map((id) => visit(5, { id })));
  const first = await store.pending('visits', 'alice', 2);
  assert.deepEqual(ids(first), ['a', 'b']);
  assert.deepEqual(ids(await store.pending('visits', 'alice', 2, first[1])), ['c']);
});

test('a record that changed during the upload stays pending with any verdict', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1), visit(2)]);
  await commit(store, [visit(1, { revision: 2 }), visit(2, { revision: 2 })]);
  const settled = await store.settle('visits', 'alice', [stored(visit(1)), parked(visit(2), { errors: {} })], T0);
  assert.equal(settled, 0);
  assert.deepEqual(ids(await store.pending('visits', 'alice', 10)), ['pv_1', 'pv_2']);
});

test('an erased record is deleted, unless it changed during the upload', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1), visit(2), visit(3, { domain: 'b.test' })], [aggregate(1)]);
  await commit(store, [visit(2, { revision: 2 })]);
  const erased = [visit(1), visit(2), visit(3)].map((one) => ({ ...stored(one), verdict: /** @type {const} */ ('erased') }));
  assert.equal(await store.settle('visits', 'alice', erased, T0), 2);
  assert.equal(await store.settle('aggregates', 'alice', [{ ...stored(aggregate(1)), verdict: 'erased' }], T0), 1);
  assert.deepEqual(ids(await store.pending('visits', 'alice', 10)), ['pv_2']);
  assert.deepEqual(await store.total(), { visits: 1, aggregates: 0 });
  assert.deepEqual(await store.day('alice', T0), { activeMs: 1000, visits: 1, domains: { 'a.test': 1000 } });
});

test('a parked record is pending again once it changes', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1)]);
  await store.settle('visits', 'alice', [parked(visit(1), { errors: { url: ['Bad.'] } })], T0);
  assert.deepEqual((await store.parked('alice')).map(({ id, errors, kind }) => [id, errors, kind]), [['pv_1', { url: ['Bad.'] }, 'visits']]);
  assert.deepEqual(await store.pending('visits', 'alice', 10), []);
  await commit(store, [visit(1, { revision: 2 })]);
  assert.deepEqual(ids(await store.pending('visits', 'alice', 10)), ['pv_1']);
  assert.deepEqual(await store.parked('alice'), []);
});

test('parked records are released when their time has come, or all on demand', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1), visit(2), visit(3)]);
  await store.settle('visits', 'alice', [
    parked(visit(1), { retryAt: T0 + 10 }), parked(visit(2), { retryAt: T0 + 20 }), parked(visit(3)),
  ], T0);
  assert.equal(await store.release('alice', T0 + 15), 1);
  assert.deepEqual(ids(await store.pending('visits', 'alice', 10)), ['pv_1']);
  assert.equal(await store.release('alice'), 2);
  assert.equal((await store.counts('alice')).parked, 0);
});

test('pruning deletes records synced earlier, never pending or parked ones', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1), visit(2), visit(3), visit(4)], [aggregate(1)]);
  await store.settle('visits', 'alice', [stored(visit(1))], T0);
  await store.settle('visits', 'alice', [stored(visit(2))], T0 + 100);
  await store.settle('visits', 'alice', [parked(visit(3))], T0);
  assert.equal(await store.prune(T0 + 50), 1);
  const { visits, aggregates } = await store.total();
  assert.deepEqual([visits, aggregates], [3, 1]);
});

test('pruning and releasing work on more records than one transaction takes', async () => {
  const { store } = await RecordingFixture.open();
  const many = Array.from({ length: 2500 }, (_, n) => visit(n));
  await commit(store, many);
  await store.settle('visits', 'alice', many.map((one) => parked(one)), T0);
  assert.equal(await store.release('alice'), 2500);
  await store.settle('visits', 'alice', many.map(stored), T0);
  assert.equal(await store.prune(T0 + 1), 2500);
});

test('adoption gives an account the records without an owner, and may be repeated', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1, { owner: '' }), visit(2, { owner: 'bob' })], [aggregate(1, { owner: '' })]);
  assert.equal(await store.adopt('alice'), 2);
  assert.equal(await store.adopt('alice'), 0);
  assert.deepEqual(ids(await store.pending('visits', 'alice', 10)), ['pv_1']);
  assert.deepEqual(ids(await store.pending('aggregates', 'alice', 10)), ['tab 1']);
  assert.deepEqual(ids(await store.pending('visits', 'bob', 10)), ['pv_2']);
  assert.equal((await store.day('alice', T0)).activeMs, 1000);
  assert.equal((await store.day('', T0)).activeMs, 0);
});

test('adoption never replaces an aggregate by an older one', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [], [aggregate(1, { owner: '', activeMs: 1000 })]);
  await commit(store, [], [aggregate(1, { revision: 2, activeMs: 5000 })]);
  await store.adopt('alice');
  assert.deepEqual((await store.pending('aggregates', 'alice', 10)).map(({ activeMs }) => activeMs), [5000]);
});

test('the day counts each visit once, with its latest duration', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1, { activeMs: 1000 })]);
  await commit(store, [visit(1, { activeMs: 4000, revision: 2 })]);
  await commit(store, [visit(2, { activeMs: 500, domain: 'b.test' })]);
  assert.deepEqual(await store.day('alice', T0), { activeMs: 4500, visits: 2, domains: { 'a.test': 4000, 'b.test': 500 } });
});

test('a visit across midnight counts on both days, as on the dashboard', async () => {
  const { store } = await RecordingFixture.open();
  const midnight = new Date(2025, 10, 8).getTime();
  // A third of 1,000 ms lies before midnight.
  const across = visit(0, { startedAt: midnight - 1000, durationMs: 3000, activeMs: 1000 });
  await commit(store, [across]);
  assert.deepEqual(await store.day('alice', midnight - 1), { activeMs: 333, visits: 1, domains: { 'a.test': 333 } });
  assert.deepEqual(await store.day('alice', midnight), { activeMs: 667, visits: 0, domains: { 'a.test': 667 } });
  await commit(store, [{ ...across, durationMs: 4000, activeMs: 2000, revision: 2 }]);
  assert.deepEqual(await store.day('alice', midnight - 1), { activeMs: 500, visits: 1, domains: { 'a.test': 500 } });
  assert.deepEqual(await store.day('alice', midnight), { activeMs: 1500, visits: 0, domains: { 'a.test': 1500 } });
});

test('the hours of a day add up to its active time', async () => {
  const { store } = await RecordingFixture.open();
  const ten = new Date(2025, 10, 7, 10).getTime();
  await commit(store, [visit(0, { startedAt: ten - 60_000, durationMs: 180_000, activeMs: 90_000 }), visit(1, { startedAt: ten + 300_000, activeMs: 500 })]);
  const hours = await store.hoursOfDay('alice', ten);
  assert.deepEqual([hours.length, hours[9], hours[10]], [24, 30_000, 60_500]);
  assert.equal(hours.reduce((a, b) => a + b), (await store.day('alice', ten)).activeMs);
  assert.deepEqual(await store.hoursOfDay('bob', ten), Array(24).fill(0));
});

test('a refused visit is not in the totals of its day until it is sent again', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1), visit(2, { domain: 'b.test' }), visit(3, { domain: 'b.test' })]);
  const refused = [visit(2), visit(3)].map((one) => parked(one, { errors: {}, retryAt: one.startedAt }));
  await store.settle('visits', 'alice', [stored(visit(1)), ...refused], T0);
  const rest = { activeMs: 1000, visits: 1, domains: { 'a.test': 1000 } };
  assert.deepEqual(await store.day('alice', T0), rest);
  await store.release('alice', visit(2).startedAt);
  assert.deepEqual(await store.day('alice', T0), { activeMs: 2000, visits: 2, domains: { 'a.test': 1000, 'b.test': 1000 } });
  // A refused visit that changes waits to be sent again.
  await commit(store, [visit(3, { domain: 'b.test', activeMs: 600, revision: 2 })]);
  assert.deepEqual(await store.day('alice', T0), { activeMs: 2600, visits: 3, domains: { 'a.test': 1000, 'b.test': 1600 } });
  await store.settle('visits', 'alice', [parked(visit(2), { errors: {} })], T0);
  assert.equal(await store.forbidden('alice', { ...NO_RULES, never: ['a.test'] }, { forget: true }), 3);
  assert.deepEqual(await store.day('alice', T0), { activeMs: 0, visits: 0, domains: {} });
});

test('a held visit is not in the totals of its day until it is allowed again', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1), visit(2, { domain: 'b.test', url: 'https://b.test/' })]);
  await store.applyRules({ ...NO_RULES, never: ['b.test'] });
  assert.deepEqual(await store.day('alice', T0), { activeMs: 1000, visits: 1, domains: { 'a.test': 1000 } });
  await store.applyRules(NO_RULES);
  assert.deepEqual(await store.day('alice', T0), { activeMs: 2000, visits: 2, domains: { 'a.test': 1000, 'b.test': 1000 } });
  await store.applyRules({ ...NO_RULES, never: ['b.test'] });
  assert.equal(await store.forbidden('alice', { ...NO_RULES, never: ['b.test'] }, { forget: true }), 1);
  assert.deepEqual(await store.day('alice', T0), { activeMs: 1000, visits: 1, domains: { 'a.test': 1000 } });
});

test('a visit that the rules forbid is held in the transaction that stores it', async () => {
  const { store } = await RecordingFixture.open();
  await store.commitCapture({ state: { rules: { ...NO_RULES, never: ['a.test'] } }, putTabs: [], dropTabs: [], visits: [visit(1)], aggregates: [] });
  assert.deepEqual(await store.counts('alice'), { pending: 0, parked: 0, synced: 0, held: 1, pendingVisits: 0 });
  assert.equal((await store.day('alice', T0)).visits, 0);
});

test('erasing and counting concern one account', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1), visit(2, { owner: 'bob' })], [aggregate(1), aggregate(1, { owner: 'bob' })]);
  await store.erase('alice');
  assert.deepEqual(await store.total('alice'), { visits: 0, aggregates: 0 });
  assert.deepEqual(await store.total('bob'), { visits: 1, aggregates: 1 });
  const slices = [];
  for await (const slice of store.slices('visits', 'bob')) slices.push(...slice);
  assert.deepEqual(slices.map(({ owner }) => owner), ['bob']);
  assert.equal((await store.day('bob', T0)).visits, 1);
});

test('erasing leaves settings and the account', async () => {
  const { store } = await RecordingFixture.open();
  await store.set('settings', { server: 'https://s.test' });
  await commit(store, [visit(1)], [aggregate(1)]);
  await store.erase('alice');
  assert.deepEqual(await store.total(), { visits: 0, aggregates: 0 });
  assert.equal((await store.day('alice', T0)).activeMs, 0);
  assert.deepEqual(await store.get('settings'), { server: 'https://s.test' });
});

test('an export goes through all records in slices', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, Array.from({ length: 2001 }, (_, n) => visit(n, { id: `pv_${String(n).padStart(5, '0')}` })));
  const sizes = [];
  for await (const slice of store.slices('visits')) sizes.push(slice.length);
  assert.deepEqual(sizes, [1000, 1000, 1]);
});

test('two changes of one value at once are both kept', async () => {
  const { store } = await RecordingFixture.open();
  await Promise.all([1, 2, 3].map(() => store.change('n', (old = 0) => old + 1)));
  assert.equal(await store.get('n'), 3);
});

test('what is synced and what the week had are told of one account', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1), visit(2, { owner: 'bob', url: 'https://b.test/', domain: 'b.test' })]);
  for (const owner of ['alice', 'bob']) await store.settle('visits', owner, (await store.pending('visits', owner, 9)).map(stored), T0);
  assert.deepEqual([(await store.counts('alice')).synced, (await store.counts('bob')).synced, (await store.counts('')).synced], [1, 1, 0]);
  assert.deepEqual([...await store.urlsSince('alice', 0)], [['https://a.test/', 'a.test']]);
  assert.deepEqual([...await store.urlsSince('alice', T0 + 2)], []);
});

test('a held visit that nothing else ends is ended, and stays held', async () => {
  const { store } = await RecordingFixture.open();
  await commit(store, [visit(1, { endedAt: null, heartbeatAt: T0 + 900 })]);
  await store.applyRules({ ...NO_RULES, never: ['a.test'] });
  assert.equal(await endAbandonedVisits(store, null, T0 + 60_000), 1);
  assert.equal(await endAbandonedVisits(store, null, T0 + 60_000), 0);
  assert.deepEqual(await store.counts('alice'), { pending: 0, parked: 0, synced: 0, held: 1, pendingVisits: 0 });
});
