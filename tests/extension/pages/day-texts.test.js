import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayShown, hourLevel, hoursText, partsText, sourceText, visitsText } from '../../../extension/src/pages/day-texts.js';

const MINUTE_MS = 60_000;
const day = (visits, activeMs) => ({ visits, activeMs, hours: Array(24).fill(0), top: [] });
const servers = (visits, activeMs, timeZone = 'UTC') => ({ ...day(visits, activeMs), date: '2025-11-07', timeZone });
const isServers = (here, server) => dayShown(here, server, 'UTC').isServers;

test('the server’s day is shown where it knows at least as much as this browser', () => {
  assert.equal(isServers(day(3, 5000), servers(3, 5000)), true);
  assert.equal(isServers(day(3, 5000), servers(40, 90_000)), true);
  assert.equal(isServers(day(3, 5000), servers(2, 5000)), false);
  assert.equal(isServers(day(3, 5000), servers(3, 4999)), false);
  assert.equal(isServers(day(3, 5000), null), false);
  // All of the server's visits are of unknown time, as after an import.
  assert.equal(isServers(day(0, 0), servers(9, null)), true);
});

test('days on two clocks are not compared', () => {
  assert.equal(isServers(day(3, 5000), servers(0, 0, 'Asia/Tokyo')), true);
});

test('the popup says whose numbers it shows', () => {
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const status = (pending, isSignedIn = true) => ({ account: isSignedIn ? { email: '', server: '', needsSignIn: false, ended: null } : null, counts: { pending, parked: 0, synced: 0, held: 0, pendingVisits: 0 } });
  const shown = (isFromServer, zone) => ({ ...day(1, 1), isServers: isFromServer, timeZone: zone });
  assert.equal(sourceText(shown(true, timeZone), status(0)), 'All your browsers, as on the dashboard.');
  assert.equal(sourceText(shown(true, 'Pacific/Chatham'), status(0)), 'All your browsers, as on the dashboard, on the clock of Pacific/Chatham.');
  assert.equal(sourceText(shown(false), status(2)), 'This browser alone. The dashboard has it after the next sync.');
  assert.equal(sourceText(shown(false), status(0)), 'This browser alone.');
  assert.equal(sourceText(shown(false), status(2, false)), '');
  assert.equal(visitsText(1), '1 visit');
});

test('an hour has the colour of its quarters, and a name for a screen reader', () => {
  assert.deepEqual([0, 1, 15 * MINUTE_MS, 16 * MINUTE_MS, 44 * MINUTE_MS, 46 * MINUTE_MS, 120 * MINUTE_MS].map(hourLevel), [0, 1, 1, 2, 3, 4, 4]);
  const hours = Array(24).fill(0);
  assert.equal(hoursText(hours), 'Active time by hour: none');
  hours[9] = 12 * MINUTE_MS;
  hours[23] = 500;
  assert.equal(hoursText(hours), 'Active time by hour: 09:00 12 min, 23:00 under 1 s');
  assert.deepEqual([hoursText([0], 4), hoursText([MINUTE_MS], 14)], ['04:00: no active time', '14:00: 1 min active']);
});

test('the categories of an hour in words', () => {
  assert.equal(partsText([]), '');
  assert.equal(partsText([{ name: 'News', color: 5, activeMs: 5 * MINUTE_MS }, { name: 'Games', color: 8, activeMs: 1000 }]), '\nNews: 5 min\nGames: 1 s');
});
