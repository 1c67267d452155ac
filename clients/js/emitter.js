/**
 * Typed events. A listener that fails is reported and does not keep the others from running.
 *
 * @template {Record<string, any>} Events event name → payload
 */
export class Emitter {
  /** @type {Map<keyof Events, Set<(payload: any) => unknown>>} */
  #listeners = new Map();

  /**
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {(payload: Events[Name]) => unknown} callback
   * @returns {this} for chaining
   */
  on(event, callback) {
    const callbacks = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, callbacks.add(callback));
    return this;
  }

  /**
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {(payload: Events[Name]) => unknown} callback
   * @returns {this}
   */
  off(event, callback) {
    this.#listeners.get(event)?.delete(callback);
    return this;
  }

  /**
   * Resolves when the promises that listeners have returned are settled.
   *
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {Events[Name]} payload
   * @returns {Promise<void>}
   */
  async emit(event, payload) {
    const running = [...(this.#listeners.get(event) ?? [])].map(async (callback) => callback(payload));
    for (const outcome of await Promise.allSettled(running)) {
      if (outcome.status === 'rejected') console.error(outcome.reason);
    }
  }
}
