import { ext } from '../browser-api.js';

/** Asks the background and answers its reply; a background that just went is asked once more. */
export async function askBackground(what, more = {}) {
  try {
    return await ext.runtime.sendMessage({ ask: what, ...more });
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return ext.runtime.sendMessage({ ask: what, ...more });
  }
}
