/**
 * The person's erasures, which every browser of the person applies to its own records. It follows a run of sending: the
 * rules that wait here are sent, new ones are read and applied, and the server's counts are kept for the person to see.
 *
 * @typedef {import('./wire.js').ErasureRule} ErasureRule
 * @typedef {import('./wire.js').RecordCounts} RecordCounts
 * @typedef {{owner: string, rule: ErasureRule}} WaitingErasure
 * @typedef {{owner: string, at: number, server: RecordCounts, here: RecordCounts}} CountCheck
 *   The number of this browser's records on the server, and of those here that the server has stored.
 *
 * @typedef {object} World
 * @property {{get: (name: string) => Promise<any>, change: (name: string, change: (old: any) => unknown) => Promise<unknown>,
 *   syncedCounts: (owner: string) => Promise<RecordCounts>, sendAgain: (owner: string) => Promise<unknown>}} store
 * @property {Pick<ReturnType<typeof import('./accounts.js').createAccounts>, 'call'>} accounts
 * @property {() => number} now
 * @property {Pick<import('./wire.js').Client, 'anonymousClientId'>} client
 */
import { erasedOf, erasureBody, erasuresOf, erasuresPath, statusOf } from './wire.js';

const STATUS = '/api/sync/status';
export const ERASURES = '/api/sync/erasures';

/**
 * Sends what waits and applies what is new. A server without erasures is left alone. A failure leaves the rest for the
 * next run. The result is false when the account is no longer signed in.
 * @param {World} world
 * @param {string} owner  the account's key
 * @param {(erasures: {at: number, rule: ErasureRule}[], key: string) => Promise<unknown>} erase  applies rules to the records here
 * @returns {Promise<boolean>}
 */
export async function followErasures(world, owner, erase) {
  const before = await readStatus(world, owner);
  if (!before) return before !== null;
  const posted = await sendWaiting(world, owner);
  const applied = await readErasures(world, owner, (erasures) => erase(erasures, before.erasureKey));
  // The server's counts from before an erasure would look like a loss.
  const after = posted || applied ? await readStatus(world, owner) : before;
  if (!after?.counts) return after !== null;
  const check = { owner, at: world.now(), server: after.counts, here: await world.store.syncedCounts(owner) };
  await world.store.change('countCheck', () => check);
  return true;
}

/**
 * The state of the server, undefined where it gives none, or null when the account is no longer signed in.
 * @param {World} world
 * @param {string} owner
 */
async function readStatus({ accounts, client }, owner) {
  const reply = await accounts.call(owner, STATUS);
  if (reply === null) return null;
  return (reply.kind === 'ok' && statusOf(reply.body, client.anonymousClientId)) || undefined;
}

/**
 * Sends the rules that the person made while the server could not be reached. The result is true when one was sent.
 * @param {World} world
 * @param {string} owner
 */
async function sendWaiting({ store, accounts }, owner) {
  /** @type {WaitingErasure[]} */
  const waiting = ((await store.get('waitingErasures')) ?? []).filter((/** @type {WaitingErasure} */ one) => one.owner === owner);
  let sent = false;
  for (const { rule } of waiting) {
    const reply = await accounts.call(owner, ERASURES, { method: 'POST', body: erasureBody(rule, false) });
    // A rule that the server refuses would keep all later ones waiting.
    if (reply?.kind !== 'refused') {
      if (reply?.kind !== 'ok' || !erasedOf(reply.body)) return sent;
      sent = true;
    }
    const text = JSON.stringify(rule);
    await store.change('waitingErasures', (old) => (old ?? []).filter(
      (/** @type {WaitingErasure} */ one) => one.owner !== owner || JSON.stringify(one.rule) !== text,
    ));
  }
  return sent;
}

/**
 * Reads the erasures since the last run and applies them page by page. The result is true when there were any.
 * @param {World} world
 * @param {string} owner
 * @param {(erasures: {at: number, rule: ErasureRule}[]) => Promise<unknown>} erase
 */
async function readErasures({ store, accounts }, owner, erase) {
  /** @type {string | null} */
  let cursor = (await store.get('erasureCursors'))?.[owner] ?? null;
  let applied = false;
  for (;;) {
    const reply = await accounts.call(owner, erasuresPath(cursor));
    if (reply && cursor !== null && (reply.status === 410 || reply.kind === 'refused')) {
      // The server was restored from a backup, or does not know this cursor. All rules are read again.
      cursor = null;
      // A backup lacks what was sent after it. The server answers `unchanged` for the rest.
      if (reply.status === 410) await store.sendAgain(owner);
      continue;
    }
    const page = reply?.kind === 'ok' ? erasuresOf(reply.body) : null;
    if (!page) return applied;
    if (page.erasures.length) {
      await erase(page.erasures);
      applied = true;
    }
    // A page that does not move on would be read for ever.
    const ends = !page.more || page.cursor === cursor;
    cursor = page.cursor;
    await store.change('erasureCursors', (old) => ({ ...old, [owner]: page.cursor }));
    if (ends) return applied;
  }
}
