import { toRgba } from './pixels.js';

/**
 * Draws a frame of any format and gives the canvas its size. Resolves when the picture is there; rejects when its JPEG or PNG
 * is broken.
 *
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {import('./frame.js').Frame} frame
 * @returns {Promise<void>}
 */
export async function drawFrame(canvas, frame) {
  if (frame.format === 'jpeg' || frame.format === 'png') {
    const bitmap = await createImageBitmap(new Blob([frame.data], { type: `image/${frame.format}` }));
    contextOf(canvas, bitmap.width, bitmap.height).drawImage(bitmap, 0, 0);
    bitmap.close();
    return;
  }
  const context = contextOf(canvas, frame.width, frame.height);
  const image = context.createImageData(frame.width, frame.height);
  toRgba(frame, image.data);
  context.putImageData(image, 0, 0);
}

/**
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {number} width
 * @param {number} height
 */
function contextOf(canvas, width, height) {
  // Setting a size clears the canvas, be it the same one.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('The canvas draws something else than 2D');
  return /** @type {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} */ (context);
}
