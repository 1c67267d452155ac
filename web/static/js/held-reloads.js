/** Longer than the server holds a reload: three target durations, of 12 s at most. */
const heldMs = 40_000;

/** After an answer without a playlist: the camera is away, or a proxy cannot reach the server just now. */
const retryMs = 500;

/**
 * A loader of hls.js that waits for what a blocking reload asks for (RFC 8216bis §6.2.5.2) as long as the server holds
 * it, and then asks again. hls.js itself gives up after 0.8 target durations and from then on reloads without blocking,
 * at half a target duration's intervals: as much later would a camera's return be seen.
 *
 * @param {import('hls.js').PlaylistLoaderConstructor} Loader
 * @returns {import('hls.js').PlaylistLoaderConstructor}
 */
export function holdingReloads(Loader) {
  return class extends Loader {
    /** @type {InstanceType<import('hls.js').PlaylistLoaderConstructor>['load']} */
    load(context, config, callbacks) {
      super.load(context, context.deliveryDirectives?.msn === undefined ? config : held(config), callbacks);
    }
  };
}

/**
 * @param {import('hls.js').LoaderConfiguration} config
 * @returns {import('hls.js').LoaderConfiguration}
 */
function held(config) {
  const again = { maxNumRetry: Infinity, retryDelayMs: retryMs, maxRetryDelayMs: retryMs };
  return {
    ...config,
    timeout: heldMs,
    loadPolicy: {
      maxTimeToFirstByteMs: heldMs,
      maxLoadTimeMs: heldMs,
      timeoutRetry: { ...again, retryDelayMs: 0 },
      errorRetry: again,
    },
  };
}
