/**
 * Signing in and out, and calls on behalf of the account that is signed in. The account, with its tokens, is one stored
 * value; whoever changes it reads it in the same transaction, so a refresh that comes back after somebody else signed
 * in changes nothing.
 * @typedef {{key: string, server: string, user: {id: string, email: string, name: string}, access: string,
 *   refresh: string, needsSignIn: boolean, ended?: {reason: string, at: number} | null, adopting: boolean}} Account
 */
import { sessionEndOf, signedIn, tokensOf } from './wire.js';

/** The owner of an account's records, told apart by server and person. */
export function ownerKey(server, user) {
  return `${server}#${encodeURIComponent(user.id)}`;
}

/**
 * @param {object} world
 * @param {{get(name: string): Promise<any>, change(name: string, change: (old: any) => any): Promise<any>}} world.store
 * @param {ReturnType<typeof import('./api-call.js').createApi>} world.api
 * @param {<T>(name: string, work: () => Promise<T>) => Promise<T>} [world.lock]  one holder of a name at a time
 */
export function createAccounts({ store, api, lock = processLock() }) {
  /** Signs in or up; answers the reply, with `account` when it worked. */
  async function submitCredentials(path, server, form) {
    const reply = await api(server, path, { method: 'POST', body: JSON.stringify(form) });
    if (reply.kind !== 'ok') return reply;
    const who = signedIn(reply.body);
    if (!who) return { kind: 'unusable', reason: 'not-this-server', error: null };
    const account = { key: ownerKey(server, who.user), server, ...who, needsSignIn: false, adopting: false };
    return { ...reply, account };
  }

  /** Makes sure that the tokens are newer than `used`: 'fresh', 'refused', or the reply that stands in the way. */
  function refresh(used) {
    return lock('refresh', async () => {
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
      // Only the server's own no ends a sign-in: a proxy's or a portal's 401 says nothing of the token.
      const refused = (reply.kind === 'unauthorized' && reply.error) || (reply.kind === 'refused' && reply.status === 400);
      if (!refused) return reply.kind === 'ok' ? { kind: 'unusable', reason: 'not-this-server', error: null } : reply;
      const ended = sessionEndOf(reply.error);
      await store.change('account', (now) => (now?.refresh === account.refresh ? { ...now, needsSignIn: true, ended } : now));
      return 'refused';
    });
  }

  return {
    /** `label` is what the list of one's browsers calls this one; the server finds a word where it is empty. */
    signIn: (server, email, password, label = '') => submitCredentials('/api/auth/login', server, { email, password, ...(label ? { label } : {}) }),
    signUp: (server, email, password, name, label = '') =>
      submitCredentials('/api/auth/register', server, { email, password, ...(name ? { name } : {}), ...(label ? { label } : {}) }),

    /** Takes the account and its tokens off this machine and answers them, for `revoke`. */
    async signOut() {
      const account = await store.get('account');
      await store.change('account', () => undefined);
      return account ?? null;
    },

    /** Tells the server that an account's tokens are done with; whether it hears changes nothing here. */
    async revoke(account) {
      if (!account || account.needsSignIn) return;
      await api(account.server, '/api/auth/logout', { method: 'POST', body: JSON.stringify({ refresh: account.refresh }) });
    },

    /**
     * A call with the account's token, after one refresh if need be; `unauthorized` then means "sign in again", and
     * null that this account is no longer the one signed in.
     */
    async call(key, path, options) {
      for (let attempt = 0; ; attempt += 1) {
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

/** A lock for one process: work under one name runs one after the other. */
export function processLock() {
  const last = new Map();
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work);
    last.set(name, turn.catch(() => {}));
    return turn;
  };
}
