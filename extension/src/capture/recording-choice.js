/**
 * Whether the person has said where the records go: to a server, or only into this browser. Nothing is recorded before.
 *
 * @typedef {{get(name: string): Promise<any>, set(name: string, value: unknown): Promise<unknown>}} ValueStore
 */

/**
 * True after the choice. Signing in is one, also where the browser stopped the background right after it. Versions before
 * the welcome page recorded without a question, and go on: they have stored a state of the recorder.
 * @param {ValueStore} store
 * @returns {Promise<boolean>}
 */
export async function hasChosen(store) {
  const [chosen, recorded, account] = await Promise.all(['hasChosen', 'capture', 'account'].map((name) => store.get(name)));
  return chosen === true || recorded !== undefined || account !== undefined;
}

/** @param {ValueStore} store */
export async function rememberChoice(store) {
  await store.set('hasChosen', true);
}
