import assert from 'node:assert/strict';

/**
 * Resolves when something has become true; rejects when it has not in time.
 *
 * @param {() => boolean | undefined | Promise<boolean>} condition
 * @param {number} [ms]
 */
export async function until(condition, ms = 5_000) {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `never became true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
