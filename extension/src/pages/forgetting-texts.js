/** What the pages say about forgetting records, and about the counts of the server. */
import { countText } from './formatting.js';

/**
 * @typedef {import('../background/page-commands.js').ErasurePreview} ErasurePreview
 * @typedef {import('../background/page-commands.js').ErasureAnswer} ErasureAnswer
 * @typedef {import('../background/page-commands.js').PersonsRule} PersonsRule
 * @typedef {import('../sync/erasure-feed.js').CountCheck} CountCheck
 */

/**
 * The question before records are forgotten.
 * @param {string} what  such as a site, or "the last hour"
 * @param {Pick<ErasurePreview, 'here' | 'isSignedIn' | 'server'>} preview
 * @param {PersonsRule} [rule]  that of a site where it is not given
 */
export function forgetQuestion(what, { here, isSignedIn, server }, rule = { domain: what }) {
  const are = (/** @type {number} */ n) => (n === 1 ? 'is' : 'are');
  const inThis = `${countText(here.visits, 'visit')} in this browser ${are(here.visits)} erased.`;
  const lasting = `${totalsText(rule)}This cannot be undone. Visits that begin afterwards are recorded as usual.`;
  const isSingle = 'ids' in rule;
  if (!isSignedIn) return `Forget ${what}? ${inThis} ${lasting}`;
  if (!server) {
    return `Forget ${what}? ${inThis} Your server does not answer, or is too old for this. ${isSingle ? 'It is' : 'It and your other browsers are'} told with a later sync. ${lasting}`;
  }
  const { visits } = server.erased;
  const waiting = here.unsent ? `, and ${here.unsent.toLocaleString()} here that ${are(here.unsent)} not sent yet` : '';
  const others = isSingle ? 'Your other browsers have no copy of it.' : 'Your other browsers erase theirs when they sync next.';
  return `Forget ${what}? ${countText(visits, 'visit')} on your server ${are(visits)} erased${waiting}. ${others} ${lasting}`;
}

/**
 * What happens to the totals of tabs, which cannot be divided by time or by visit.
 * @param {PersonsRule} rule
 */
function totalsText(rule) {
  if ('ids' in rule) return 'The totals of its tab stay as they are. ';
  return 'to' in rule ? 'The totals of a tab are erased only if it was opened and last used in this time. ' : '';
}

/**
 * @param {Pick<ErasureAnswer, 'erased' | 'isSignedIn' | 'server'>} answer
 * @param {PersonsRule} [rule]
 */
export function forgottenText({ erased, isSignedIn, server }, rule = { domain: '' }) {
  const here = `${countText(erased, 'visit')} in this browser`;
  if (!isSignedIn) return `Forgotten: ${here}.`;
  if (!server) return `Forgotten: ${here}. Your server ${'ids' in rule ? 'is' : 'and your other browsers are'} told with a later sync.`;
  const both = `Forgotten: ${here} and ${server.erased.visits.toLocaleString()} on your server.`;
  return 'ids' in rule ? both : `${both} Your other browsers follow when they sync next.`;
}

/**
 * Whether the server has what this browser has sent. Records that this browser sent long ago are not here any more, so a
 * server that has more is in order.
 * @param {Pick<CountCheck, 'server' | 'here'>} check
 * @param {number} pendingVisits
 * @returns {{isComplete: boolean, text: string}}
 */
export function countCheckText({ server, here }, pendingVisits) {
  if (server.visits < here.visits) {
    return { isComplete: false, text: `Your server has ${server.visits.toLocaleString()} of the ${countText(here.visits, 'visit')} that this browser has sent. Send everything again to complete it. Nothing is stored twice.` };
  }
  if (server.aggregates < here.aggregates) {
    return { isComplete: false, text: `Your server has the totals of ${server.aggregates.toLocaleString()} of the ${countText(here.aggregates, 'tab')} that this browser has sent. Send everything again to complete it. Nothing is stored twice.` };
  }
  if (server.visits === 0) return { isComplete: true, text: '' };
  const counted = server.visits === 1 ? '1 visit of this browser is on your server.' : `${countText(server.visits, 'visit')} of this browser are on your server.`;
  return { isComplete: true, text: pendingVisits === 0 && server.visits === here.visits && server.visits > 1 ? `All ${counted}` : counted };
}

/** @param {number} n */
export function erasuresWaitText(n) {
  return n === 0 ? '' : `${countText(n, 'erasure')} ${n === 1 ? 'waits' : 'wait'} for the next sync.`;
}
