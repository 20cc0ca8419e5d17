/** What begins anew when another person signs in, and when records are erased. */
import { erasesVisit, totalsAfter } from './erasure-rules.js';
import { aggregateOf, beginTotals } from './visits-and-totals.js';

/**
 * @typedef {import('./reducer-step.js').Step} Step
 * @typedef {import('./recording-state.js').OwnerEvent} OwnerEvent
 */

/**
 * @param {Step} step
 * @param {OwnerEvent} event
 */
export function changeOwner(step, { owner, adopt }) {
  const { state } = step;
  if (owner === state.owner) return;
  const adopted = adopt && state.owner === '';
  if (!adopted) step.endOpen();
  state.owner = owner;
  for (const [tabId, tab] of step.tabs) {
    if (adopted) {
      step.set(tabId, { totals: { ...tab.totals, owner }, visit: tab.visit && { ...tab.visit, owner } });
    } else {
      // The totals of one person must not contain visits of another person in the same tab.
      step.set(tabId, { totals: beginTotals(owner, step.now), visit: null });
    }
  }
}

/**
 * Drops what the rules erase. Totals that lose something end here, and others begin: the server would take the erased
 * sites out of the old ones for good, also what is added later.
 * @param {Step} step
 * @param {import('./erasure-rules.js').Erasure[]} erasures
 */
export function dropErased(step, erasures) {
  const { state } = step;
  // The tab that is being moved would bring its former visit and totals back.
  state.moving = null;
  for (const [tabId, { visit, before, totals, recordedAs }] of [...step.tabs]) {
    if (before && erasesVisit(erasures, before.visit)) step.set(tabId, { before: null });
    const isErased = visit !== null && erasesVisit(erasures, visit);
    const isOpen = isErased && state.openTabId === tabId;
    if (isErased) step.set(tabId, { visit: null, before: null, leftAt: null });
    if (isOpen) state.openTabId = null;
    const left = totalsAfter(erasures, totals);
    if (left === totals && !isOpen) continue;
    step.set(tabId, { totals: beginTotals(state.owner, step.now), before: null });
    const isStored = totals.pages > 0 || (isOpen && visit.durationMs >= step.timings.shortestVisitMs);
    if (!left || !isStored) continue;
    const record = aggregateOf({ ...left, revision: totals.revision + 1 }, recordedAs ?? tabId, null);
    step.aggregates.set(`${record.owner} ${record.id} ${record.startedAt}`, record);
  }
}

/**
 * Begins all visits and totals anew after the records were erased. The server has not seen their new keys.
 * @param {Step} step
 */
export function restartRecords(step) {
  step.state.openTabId = null;
  step.state.moving = null;
  for (const tabId of [...step.tabs.keys()]) {
    step.set(tabId, { totals: beginTotals(step.state.owner, step.now), visit: null });
  }
}
