/**
 * Typed events. A listener that throws is reported and does not keep the others from running.
 *
 * @template {Record<string, any>} Events event name → payload
 */
export class Emitter {
  /** @type {Map<keyof Events, Set<(payload: any) => void>>} */
  #listeners = new Map();

  /**
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {(payload: Events[Name]) => void} callback
   * @returns {this} for chaining
   */
  on(event, callback) {
    const callbacks = this.#listeners.get(event) ?? new Set();
    callbacks.add(callback);
    this.#listeners.set(event, callbacks);
    return this;
  }

  /**
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {(payload: Events[Name]) => void} callback
   * @returns {this}
   */
  off(event, callback) {
    this.#listeners.get(event)?.delete(callback);
    return this;
  }

  /**
   * @template {keyof Events} Name
   * @param {Name} event
   * @param {Events[Name]} payload
   */
  emit(event, payload) {
    for (const callback of [...(this.#listeners.get(event) ?? [])]) {
      try {
        callback(payload);
      } catch (error) {
        console.error(error);
      }
    }
  }
}
