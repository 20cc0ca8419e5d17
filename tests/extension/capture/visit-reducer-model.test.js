/**
 * Random traces of a simulated browser, compared with a slow and obvious model. The model takes each interval between two
 * events alone, decides which page was in front and whether the person was there, and joins equal neighbours.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstState, reduce } from '../../../extension/src/capture/visit-reducer.js';
import { TIMINGS } from '../../../extension/src/timings.js';
import { RecordingFixture, T0 } from '../recording-fixture.js';

const SITES = ['https://a.test/', 'https://a.test/two', 'https://b.test/?q=1', 'https://c.test/#/route', 'about:config', 'https://www.d.test/'];

function randomNumbers(seed) {
  let state = seed;
  const roll = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { roll, below: (n) => Math.floor(roll() * n), pick: (list) => list[Math.floor(roll() * list.length)] };
}

/** A simulated browser: its events, and its true state after each event. */
function randomTrace(seed, length) {
  const { roll, below, pick } = randomNumbers(seed);
  let ms = 0;
  let nextTab = 1;
  let lastKey = 0;
  /** @type {any} */
  let browser;
  const events = [];
  /** The true state after each event. */
  const truths = [];
  const emit = (type, more, flags = {}) => {
    events.push({ seconds: ms / 1000, type, more });
    const window = browser.windows.get(browser.front);
    const tab = window ? browser.tabs.get(window.active) : undefined;
    truths.push({
      ms, type, ...flags,
      tab: tab && !browser.paused && tab.url.startsWith('http') ? tab.key : null,
      url: tab?.url ?? null,
      audible: tab?.audible ?? false,
      idle: browser.idle,
      focused: browser.focused,
      minimized: browser.minimized,
      fullscreen: browser.fullscreen,
    });
  };
  const seen = () => ({
    tabs: [...browser.tabs.values()].map((tab) => ({
      tabId: tab.id, windowId: tab.window, active: browser.windows.get(tab.window).active === tab.id, url: tab.url, audible: tab.audible,
    })),
    windows: [...browser.windows.keys()].map((windowId) => ({ windowId, focused: browser.focused && windowId === browser.front, last: windowId === browser.front })),
  });
  const boot = () => {
    const old = browser;
    browser = { tabs: new Map(), windows: new Map([[1, { active: 1 }]]), front: 1, focused: true, minimized: false, idle: 'active', fullscreen: false, paused: old?.paused ?? false };
    nextTab = 2;
    browser.tabs.set(1, { id: 1, window: 1, url: pick(SITES), audible: false, key: (lastKey += 1) });
    emit('start', { fresh: true, idle: 'active', ...seen() }, { boot: true });
  };
  const tabsOf = (window) => [...browser.tabs.values()].filter((tab) => tab.window === window);
  const anyTab = () => pick([...browser.tabs.values()]);
  const moves = {
    heartbeat: () => emit('heartbeat', {}),
    navigate: () => {
      const tab = anyTab();
      tab.url = pick(SITES);
      emit('navigated', { tabId: tab.id, url: tab.url });
    },
    open: () => {
      const window = pick([...browser.windows.keys()]);
      const id = nextTab++;
      const active = roll() < 0.5;
      browser.tabs.set(id, { id, window, url: 'about:blank', audible: false, key: (lastKey += 1) });
      if (active) browser.windows.get(window).active = id;
      emit('created', { tabId: id, windowId: window, active });
    },
    activate: () => {
      const tab = anyTab();
      browser.windows.get(tab.window).active = tab.id;
      emit('activated', { tabId: tab.id, windowId: tab.window }, { awake: true });
    },
    close: () => {
      const tab = anyTab();
      if (tabsOf(tab.window).length < 2) return;
      browser.tabs.delete(tab.id);
      const window = browser.windows.get(tab.window);
      if (window.active === tab.id) {
        window.active = null;
        emit('removed', { tabId: tab.id });
        window.active = pick(tabsOf(tab.window)).id;
        emit('activated', { tabId: window.active, windowId: tab.window }, { awake: true });
      } else {
        emit('removed', { tabId: tab.id });
      }
    },
    newWindow: () => {
      if (browser.windows.size > 2) return;
      const window = Math.max(...browser.windows.keys()) + 1;
      const id = nextTab++;
      browser.windows.set(window, { active: id });
      browser.tabs.set(id, { id, window, url: 'about:blank', audible: false, key: (lastKey += 1) });
      emit('created', { tabId: id, windowId: window, active: true });
    },
    focus: () => {
      browser.front = pick([...browser.windows.keys()]);
      browser.focused = true;
      browser.minimized = false;
      emit('focus', { windowId: browser.front }, { awake: true });
    },
    blur: () => {
      browser.focused = false;
      browser.minimized = roll() < 0.3;
      emit('focus', { windowId: null, seenMinimized: browser.minimized });
    },
    idle: () => {
      browser.idle = pick(['active', 'idle', 'locked']);
      browser.fullscreen = browser.idle === 'idle' && roll() < 0.2;
      emit('idle', { idle: browser.idle, fullscreen: browser.fullscreen }, { awake: browser.idle === 'active' });
    },
    sound: () => {
      const tab = anyTab();
      tab.audible = !tab.audible;
      emit('updated', { tabId: tab.id, audible: tab.audible });
    },
    title: () => emit('updated', { tabId: anyTab().id, title: `Title ${below(5)}` }),
    wake: () => emit('start', { fresh: false, ...seen() }),
    pause: () => {
      browser.paused = !browser.paused;
      emit('pause', browser.paused ? { until: 'resumed' } : { until: null, ...seen() });
    },
    crash: () => boot(),
  };
  boot();
  const often = ['heartbeat', 'navigate', 'navigate', 'open', 'activate', 'activate', 'close', 'focus', 'blur', 'idle', 'sound', 'title', 'wake'];
  const seldom = ['crash', 'pause', 'newWindow'];
  while (events.length < length) {
    ms += roll() < 0.06 ? 1000 * (100 + below(5000)) : below(roll() < 0.3 ? 1500 : 40_000);
    moves[browser.paused ? 'pause' : roll() < 0.04 ? pick(seldom) : pick(often)]();
  }
  ms += 5000;
  boot();
  return { events, truths };
}

/** The visits of a trace by the model. */
function model(truths) {
  const modelVisits = [];
  let visit = null;
  let asleep = false;
  const end = () => {
    if (visit && visit.ms >= 1000) modelVisits.push(visit);
    visit = null;
  };
  truths.forEach((truth, i) => {
    const before = truths[i - 1];
    if (truth.boot) {
      end();
      asleep = false;
    } else if (before && visit) {
      const silence = truth.ms - before.ms;
      const longest = (visit.away ? TIMINGS.awayHeartbeatSeconds : TIMINGS.heartbeatSeconds) * TIMINGS.missedHeartbeats * 1000;
      if (silence > longest) {
        end();
        asleep = truth.idle !== 'active';
      } else {
        visit.ms += silence;
        if (!visit.away) visit.active += silence;
      }
    }
    const shown = `${truth.tab} ${truth.url}`;
    const changedInFront = before && shown !== `${before.tab} ${before.url}` && truth.type === 'navigated';
    if (truth.awake || changedInFront) asleep = false;
    if (visit && (truth.tab === null || visit.shown !== shown)) end();
    if (!visit && truth.tab !== null && truth.idle !== 'locked' && !asleep) {
      visit = { url: truth.url, shown, start: truth.ms, ms: 0, active: 0, away: false };
    }
    if (visit) {
      const watching = truth.audible || truth.fullscreen;
      visit.away = truth.idle === 'locked' || (!truth.focused && !(truth.audible && !truth.minimized)) || (truth.idle === 'idle' && !watching);
    }
  });
  end();
  return modelVisits;
}

const rowsOfModel = (visits) => visits.map(({ url, start, ms, active }) => `${start} ${url} ${ms} ${active}`).sort();
const rowsOfVisits = (visits) => visits.map((visit) => `${visit.startedAt - T0} ${visit.url} ${visit.durationMs} ${visit.activeMs}`).sort();

/** The records of a trace when the reducer runs without a store. */
function reduced({ events, truths }) {
  let state = firstState(T0);
  let tabs = new Map();
  const visits = new Map();
  const aggregates = new Map();
  events.forEach(({ seconds, type, more }, i) => {
    const event = { type, now: T0 + Math.round(seconds * 1000), nonce: `n${i}`, ...more };
    const after = reduce(state, tabs, { ...event, idleAfterGap: truths[i].idle }, TIMINGS);
    ({ state, tabs } = after);
    for (const visit of after.visits) visits.set(visit.id, visit);
    for (const aggregate of after.aggregates) aggregates.set(`${aggregate.id} ${aggregate.startedAt}`, aggregate);
  });
  return { visits: [...visits.values()], aggregates: [...aggregates.values()] };
}

test('1,500 random traces yield the visits of the model', () => {
  let total = 0;
  for (let seed = 1; seed <= 1500; seed += 1) {
    const { events, truths } = randomTrace(seed, 80);
    const { visits } = reduced({ events, truths });
    assert.deepEqual(rowsOfVisits(visits), rowsOfModel(model(truths)), `seed ${seed}`);
    total += visits.length;
  }
  assert.ok(total > 12_000, `only ${total} visits were compared`);
});

test('in random traces each aggregate is the sum of its visits, and no two visits overlap', () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const { visits, aggregates } = reduced(randomTrace(seed, 80));
    const sums = new Map();
    for (const visit of visits) {
      const tabs = aggregates.filter((one) => one.tabId === visit.tabId && one.startedAt <= visit.startedAt && visit.startedAt <= one.closedAt);
      assert.equal(tabs.length, 1, `seed ${seed}: ${visit.id} lies in one aggregate`);
      const sum = sums.get(tabs[0]) ?? { activeMs: 0, pages: 0, domains: {} };
      sum.activeMs += visit.activeMs;
      sum.pages += 1;
      sum.domains[visit.domain] = (sum.domains[visit.domain] ?? 0) + visit.activeMs;
      sums.set(tabs[0], sum);
      const away = visit.idlePeriods.reduce((ms, period) => ms + period.endedAt - period.startedAt, 0);
      assert.equal(visit.activeMs + away, visit.durationMs, `seed ${seed}: active and away make up the whole`);
    }
    assert.equal(sums.size, aggregates.length, `seed ${seed}: no aggregate without a visit`);
    for (const [{ activeMs, pages, domains }, sum] of sums) assert.deepEqual({ activeMs, pages, domains }, sum, `seed ${seed}`);
    const ordered = visits.toSorted((a, b) => a.startedAt - b.startedAt);
    ordered.slice(1).forEach((visit, i) => {
      assert.ok(visit.startedAt >= ordered[i].endedAt, `seed ${seed}: two visits at once`);
    });
  }
});

/** A trace of one present person, with the ms that pages were in front and the number of real page changes. */
function presentTrace(seed) {
  const { roll, below, pick } = randomNumbers(seed);
  const urls = [1, 2, 3].map((tab) => `https://site${tab}.test/0`);
  const tabs = urls.map((url, i) => ({ tabId: i + 1, windowId: 1, active: i === 0, url }));
  /** @type {import('../../../extension/src/capture/recording-state.js').Event[]} */
  const events = [{ type: 'start', now: T0, fresh: true, idle: 'active', tabs, windows: [{ windowId: 1, focused: true }] }];
  let front = 1;
  let changes = 1;
  let ms = 0;
  for (let step = 0; step < 120; step += 1) {
    ms += roll() < 0.7 ? below(1400) : below(20_000);
    const now = T0 + ms;
    const tabId = roll() < 0.85 ? front : 1 + below(3);
    const kind = roll();
    const path = () => `https://site${tabId}.test/${pick(['', 'a', 'b', '?q=1', '#/route', '#!other', '#part'])}`;
    if (kind < 0.65) {
      events.push({ type: 'navigated', now, tabId, url: path(), sameDocument: true });
    } else if (kind < 0.75) {
      events.push({ type: 'navigated', now, tabId, url: path() });
      changes += 1;
    } else if (kind < 0.85) {
      front = 1 + below(3);
      events.push({ type: 'activated', now, tabId: front, windowId: 1 });
      changes += 1;
    } else {
      events.push({ type: 'heartbeat', now });
    }
  }
  events.push({ type: 'start', now: T0 + ms, fresh: false, tabs: [], windows: [] });
  return { events, ms, changes };
}

test('in random traces no time is lost but a second for each real page change, and none is invented', () => {
  for (let seed = 1; seed <= 600; seed += 1) {
    const { events, ms, changes } = presentTrace(seed);
    let state = firstState(T0);
    let tabs = new Map();
    const visits = new Map();
    const aggregates = new Map();
    events.forEach((event, i) => {
      const after = reduce(state, tabs, { nonce: `n${i}`, ...event }, TIMINGS);
      ({ state, tabs } = after);
      for (const visit of after.visits) visits.set(visit.id, visit);
      for (const aggregate of after.aggregates) aggregates.set(`${aggregate.id} ${aggregate.startedAt}`, aggregate);
    });
    const sum = (records, field) => [...records.values()].reduce((total, record) => total + record[field], 0);
    const recorded = sum(visits, 'durationMs');
    assert.ok(recorded <= ms && recorded >= ms - 1000 * changes, `seed ${seed}: ${recorded} of ${ms} ms, ${changes} changes`);
    assert.equal(sum(aggregates, 'activeMs'), sum(visits, 'activeMs'), `seed ${seed}`);
    assert.equal(sum(aggregates, 'pages'), visits.size, `seed ${seed}`);
    assert.ok([...visits.values()].every(({ endedAt }) => endedAt !== null), `seed ${seed}`);
  }
});

test('a background killed after every event leaves the same records', async () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const { events, truths } = randomTrace(seed, 50);
    const rows = [];
    for (const killEachStep of [false, true]) {
      const fixture = await RecordingFixture.open({ killEachStep });
      for (const [i, { seconds, type, more }] of events.entries()) {
        fixture.idle = truths[i].idle;
        await fixture.at(seconds, type, more);
      }
      assert.deepEqual(fixture.failures, []);
      rows.push({
        visits: rowsOfVisits(await fixture.visits()),
        aggregates: (await fixture.aggregates()).map((one) => [one.tabId, one.startedAt, one.activeMs, one.pages, one.closedAt]),
        day: await fixture.store.day('', T0),
      });
      fixture.store.close();
    }
    assert.deepEqual(rows[1], rows[0], `seed ${seed}`);
    assert.deepEqual(rows[1].visits, rowsOfModel(model(truths)), `seed ${seed}`);
  }
});
