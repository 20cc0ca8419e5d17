import { ext } from '../browser-api.js';

/** @typedef {import('../background/page-commands.js').Message} Message */

/**
 * Sends a command to the background and returns its answer. A background that was just stopped does not answer, so the
 * command is sent once more.
 * @param {Message} message
 * @returns {Promise<any>}
 */
export async function askBackground(message) {
  try {
    return await ext.runtime.sendMessage(message);
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return ext.runtime.sendMessage(message);
  }
}

/** @returns {Promise<import('../background/page-commands.js').Status | {error: string, failure?: string}>} */
export const askStatus = () => askBackground({ ask: 'status' });
