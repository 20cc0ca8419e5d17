/**
 * The wait for the person's answer on the server's page. What is needed for it is stored, so the wait goes on after the
 * browser has stopped the background. Without a problem the stored value is deleted once there is an answer.
 */
import { accountOf } from '../sync/accounts.js';
import { askForAnswer, startGrant } from '../sync/connecting.js';

/** Browsers allow no shorter alarm. */
const RESUME_SECONDS = 30;

/**
 * @typedef {import('../sync/accounts.js').Account} Account
 * @typedef {{server: string, keyServer: string, serverId?: string, adopt: boolean}} Purpose
 *   `keyServer`: the address under which the server's accounts are known here. `adopt`: records made while signed out
 *   become the account's
 * @typedef {Purpose & import('../sync/connecting.js').StartedGrant & {problem?: 'denied' | 'expired'}} StoredConnection
 */

export class Connection {
  /**
   * @param {object} world
   * @param {{get(name: string): Promise<any>, set(name: string, value: unknown): Promise<unknown>,
   *   change(name: string, change: (old: any) => unknown): Promise<unknown>}} world.store
   * @param {import('../sync/api-call.js').Api} world.api
   * @param {() => number} world.now  ms since the epoch
   * @param {number} world.pollSeconds
   * @param {{set(seconds: number | null): Promise<void>}} world.alarm  continues the wait after a stop of the background
   * @param {(account: Account, purpose: Purpose) => Promise<unknown>} world.onSignedIn
   * @param {(account: Account) => Promise<unknown>} world.onUnwanted  gets an account that came after the person had cancelled
   */
  constructor({ store, api, now, pollSeconds, alarm, onSignedIn, onUnwanted }) {
    this.store = store;
    this.api = api;
    this.now = now;
    this.pollSeconds = pollSeconds;
    this.onSignedIn = onSignedIn;
    this.onUnwanted = onUnwanted;
    this.alarm = alarm;
    /** @type {Promise<void> | null} */
    this.waiting = null;
  }

  /** @returns {Promise<StoredConnection | undefined>} */
  stored() {
    return this.store.get('connection');
  }

  /**
   * Starts a grant and waits for its answer. An earlier one is given up.
   * @param {Purpose} purpose
   * @param {string} label  of this browser
   * @returns {Promise<import('../sync/api-call.js').Reply & {grant?: import('../sync/connecting.js').Grant}>}
   */
  async begin(purpose, label) {
    const reply = await startGrant(this.api, purpose.server, label);
    if (!reply.grant) return reply;
    await this.store.set('connection', { ...purpose, ...reply.grant });
    this.wait();
    return reply;
  }

  /** Gives the wait up. */
  async cancel() {
    await this.store.set('connection', undefined);
    await this.alarm.set(null);
  }

  /** Waits for the answer, if one is expected. The result is a promise of the end of the wait. */
  wait() {
    this.waiting ??= this.untilAnswered().finally(() => {
      this.waiting = null;
    });
    return this.waiting;
  }

  async untilAnswered() {
    for (;;) {
      const connection = await this.unanswered();
      if (connection) {
        await this.alarm.set(RESUME_SECONDS);
        const waitMs = await this.ask(connection);
        if (waitMs !== null) await new Promise((resolve) => setTimeout(resolve, waitMs));
      } else {
        await this.alarm.set(null);
        // A start during the line above has found this wait, and relies on it.
        if (!(await this.unanswered())) return;
      }
    }
  }

  async unanswered() {
    const connection = await this.stored();
    return connection?.problem ? undefined : connection;
  }

  /**
   * Asks once. The result is the ms until the next time, or null once there is an answer.
   * @param {StoredConnection} connection
   * @returns {Promise<number | null>}
   */
  async ask(connection) {
    const answer = this.now() >= connection.expiresAt ? { state: /** @type {const} */ ('expired') } : await askForAnswer(this.api, connection.server, connection);
    if (answer.state === 'waiting') return Math.max(answer.waitMs ?? 0, this.pollSeconds * 1000);
    const isWanted = (await this.stored())?.id === connection.id;
    if (answer.state === 'signed-in') {
      const account = accountOf(connection.keyServer, connection.server, answer.who);
      if (!isWanted) {
        await this.onUnwanted(account);
        return null;
      }
      await this.onSignedIn(account, connection);
    }
    const problem = answer.state === 'signed-in' ? undefined : answer.state;
    await this.store.change('connection', (now) => (now?.id === connection.id ? problem && { ...now, problem } : now));
    return null;
  }
}
