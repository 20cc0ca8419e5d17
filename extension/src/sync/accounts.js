/**
 * Signing in and out, and calls for the signed-in account. The account, with its tokens, is one stored value. Each
 * change reads it in the same transaction. A late reply to a refresh thus changes nothing after another person signed in.
 *
 * @typedef {import('./api-call.js').Api} Api
 * @typedef {import('./api-call.js').Reply} Reply
 * @typedef {import('./wire.js').User} User
 * @typedef {{key: string, server: string, user: User, access: string, refresh: string, needsSignIn: boolean,
 *   serverId?: string,
 *   ended?: {reason: string, at: number} | null, adopting: boolean}} Account
 *   `adopting`: records made while signed out are becoming this account's.
 * @typedef {{get(name: string): Promise<any>, change(name: string, change: (old: any) => unknown): Promise<unknown>}} ValueStore
 * @typedef {<T>(name: string, work: () => Promise<T>) => Promise<T>} Lock  one holder of a name at a time
 * @typedef {{email: string, password: string, name?: string, label?: string,
 *   timeZone?: string, refresh?: string}} Credentials
 *   `label` names this session in the person's list. The server finds one itself where it is empty. `timeZone` is an
 *   IANA name, for a new account. `refresh` is the token of the sign-in that has ended: with it the server knows this
 *   program, and failed sign-ins of others do not make it wait.
 */
import { sessionEndOf, signedIn, tokensOf } from './wire.js';

/**
 * The owner of an account's records. It tells servers and persons apart.
 * @param {string} server
 * @param {User} user
 */
function ownerKey(server, user) {
  return `${server}#${encodeURIComponent(user.id)}`;
}

/**
 * The account of a new sign-in.
 * @param {string} keyServer  the address under which the server's accounts are known here
 * @param {string} server
 * @param {import('./wire.js').SignedIn} who
 * @returns {Account}
 */
export function accountOf(keyServer, server, who) {
  return { key: ownerKey(keyServer, who.user), server, ...who, needsSignIn: false, adopting: false };
}

/**
 * @param {object} world
 * @param {ValueStore} world.store
 * @param {Api} world.api
 * @param {Lock} [world.lock]
 */
export function createAccounts({ store, api, lock = processLock() }) {
  /**
   * Signs in or up. A reply of kind `ok` has the `account`.
   * @param {string} path
   * @param {string} server
   * @param {Credentials} credentials  empty fields are left out
   * @param {string} keyServer  the address under which the server's accounts are known here
   * @returns {Promise<Reply & {account?: Account}>}
   */
  async function submitCredentials(path, server, credentials, keyServer) {
    const form = Object.fromEntries(Object.entries(credentials).filter(([, value]) => value));
    const reply = await api(server, path, { method: 'POST', body: JSON.stringify(form) });
    if (reply.kind !== 'ok') return reply;
    const who = signedIn(reply.body);
    if (!who) return { kind: 'unusable', reason: 'not-this-server', error: null };
    return { ...reply, account: accountOf(keyServer, server, who) };
  }

  /**
   * Makes sure that the stored tokens are newer than those of `used`. Any other reply than `fresh` and `refused` is the
   * reason why that is not known.
   * @param {Account} used
   * @returns {Promise<'fresh' | 'refused' | Reply>}
   */
  function refresh(used) {
    return lock('refresh', async () => {
      /** @type {Account | undefined} */
      const account = await store.get('account');
      if (!account || account.key !== used.key) return 'refused';
      if (account.access !== used.access) return 'fresh';
      if (account.needsSignIn) return 'refused';
      const reply = await api(account.server, '/api/auth/refresh', {
        method: 'POST', body: JSON.stringify({ refresh: account.refresh }),
      });
      const tokens = reply.kind === 'ok' ? tokensOf(reply.body) : null;
      if (tokens) {
        await store.change('account', (now) => (now?.key === used.key ? { ...now, ...tokens } : now));
        return 'fresh';
      }
      // Only the server itself may end a session. A 401 from a proxy or a Wi-Fi portal does not have its error shape.
      const refused = reply.kind === 'unauthorized' || (reply.kind === 'refused' && reply.status === 400);
      if (!refused) return reply.kind === 'ok' ? { kind: 'unusable', reason: 'not-this-server', error: null } : reply;
      const ended = sessionEndOf(reply.error);
      await store.change('account', (now) => (now?.refresh === account.refresh ? { ...now, needsSignIn: true, ended } : now));
      return 'refused';
    });
  }

  return {
    /**
     * @param {string} server
     * @param {Credentials} credentials
     * @param {string} [keyServer]  where the server is known here under an earlier address
     */
    signIn: (server, credentials, keyServer = server) => submitCredentials('/api/auth/login', server, credentials, keyServer),
    /**
     * @param {string} server
     * @param {Credentials} credentials
     * @param {string} [keyServer]
     */
    signUp: (server, credentials, keyServer = server) => submitCredentials('/api/auth/register', server, credentials, keyServer),

    /**
     * Removes the account and its tokens from this machine and returns them, for `revoke`.
     * @returns {Promise<Account | null>}
     */
    async signOut() {
      const account = await store.get('account');
      await store.change('account', () => undefined);
      return account ?? null;
    },

    /**
     * Ends the account's session at the server. A failure is ignored: the tokens are off this machine already.
     * @param {Account | null} account
     */
    async revoke(account) {
      if (!account || account.needsSignIn) return;
      await api(account.server, '/api/auth/logout', { method: 'POST', body: JSON.stringify({ refresh: account.refresh }) });
    },

    /**
     * Calls the server with the account's token, and refreshes it once where needed. `unauthorized` means that the
     * person must sign in again. Null means that another account, or none, is signed in now.
     * @param {string} key  the account's key
     * @param {string} path
     * @param {import('./api-call.js').CallOptions} [options]
     * @returns {Promise<Reply | null>}
     */
    async call(key, path, options) {
      for (let attempt = 0; ; attempt += 1) {
        /** @type {Account | undefined} */
        const account = await store.get('account');
        if (account?.key !== key) return null;
        if (account.needsSignIn) return { kind: 'unauthorized', error: null };
        const reply = await api(account.server, path, { ...options, token: account.access });
        if (reply.kind !== 'unauthorized') return reply;
        if (attempt > 0) {
          await store.change('account', (now) => (now?.access === account.access ? { ...now, needsSignIn: true } : now));
          return reply;
        }
        const refreshed = await refresh(account);
        if (refreshed === 'refused') return (await store.get('account'))?.key === key ? reply : null;
        if (refreshed !== 'fresh') return refreshed;
      }
    },
  };
}

/**
 * A lock within one process. Work under one name runs one after the other.
 * @returns {Lock}
 */
function processLock() {
  /** @type {Map<string, Promise<unknown>>} */
  const last = new Map();
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work);
    last.set(name, turn.catch(() => {}));
    return turn;
  };
}
