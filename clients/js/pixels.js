/** @typedef {import('./frame.js').Frame} Frame */

/** Shares of red and blue in luma. ISO/IEC 23091-2. @type {Record<number, [number, number]>} */
const lumaShares = { 1: [0.2126, 0.0722], 9: [0.2627, 0.0593] };
const bt601 = /** @type {[number, number]} */ ([0.299, 0.114]);

/**
 * The pixels of a raw frame as a canvas takes them.
 *
 * @param {Frame} frame bgr, rgb, gray or i420
 * @param {Uint8ClampedArray} out width · height · 4 bytes, RGBA
 */
export function toRgba(frame, out) {
  if (frame.format === 'i420') planesToRgba(frame, out);
  else if (frame.format === 'gray') rowsToRgba(frame, out, 1, 0, 0, 0);
  else if (frame.format === 'rgb') rowsToRgba(frame, out, 3, 0, 1, 2);
  else rowsToRgba(frame, out, 3, 2, 1, 0);
}

/**
 * @param {Frame} frame
 * @param {Uint8ClampedArray} out
 * @param {number} step bytes of a pixel
 * @param {number} red its place within
 * @param {number} green
 * @param {number} blue
 */
function rowsToRgba({ width, height, stride, data }, out, step, red, green, blue) {
  for (let y = 0, to = 0; y < height; y += 1) {
    for (let x = 0, from = y * stride; x < width; x += 1, from += step, to += 4) {
      out[to] = data[from + red];
      out[to + 1] = data[from + green];
      out[to + 2] = data[from + blue];
      out[to + 3] = 255;
    }
  }
}

/**
 * @param {Frame} frame
 * @param {Uint8ClampedArray} out
 */
function planesToRgba({ width, height, data, matrix, fullRange }, out) {
  const [red, blue] = lumaShares[matrix] ?? bt601;
  const green = 1 - red - blue;
  const [black, lumaScale, chromaScale] = fullRange ? [0, 1, 2] : [16, 255 / 219, (2 * 255) / 224];
  const half = (width + 1) >> 1;
  const uPlane = width * height;
  const vPlane = uPlane + half * ((height + 1) >> 1);
  for (let y = 0, to = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, to += 4) {
      const chroma = (y >> 1) * half + (x >> 1);
      const luma = (data[y * width + x] - black) * lumaScale;
      const towardsBlue = (data[uPlane + chroma] - 128) * chromaScale * (1 - blue);
      const towardsRed = (data[vPlane + chroma] - 128) * chromaScale * (1 - red);
      out[to] = luma + towardsRed;
      out[to + 1] = luma - (red * towardsRed + blue * towardsBlue) / green;
      out[to + 2] = luma + towardsBlue;
      out[to + 3] = 255;
    }
  }
}
