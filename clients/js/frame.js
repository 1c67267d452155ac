import { RillError } from './errors.js';

const magic = 0x464c4952; // "RILF", little-endian
const version = 1;
const headerBytes = 64;

export const formats = /** @type {const} */ (['bgr', 'rgb', 'gray', 'i420', 'jpeg', 'png']);

/**
 * @typedef {typeof formats[number]} FrameFormat
 *
 * @typedef {object} Frame
 * @property {FrameFormat} format
 * @property {number} width pixels
 * @property {number} height pixels
 * @property {number} stride bytes from a row to the next one, of the first plane; 0 for jpeg and png
 * @property {number} sequence number of the picture; a gap is pictures that were left out
 * @property {Date} captured
 * @property {number} runningTime capture in seconds of the server's media clock, which never steps
 * @property {number} matrix of i420, as ISO/IEC 23091-2 numbers it; else 0
 * @property {boolean} fullRange samples are 0 to 255, not 16 to 235
 * @property {Uint8Array<ArrayBuffer>} data the pixels, or the JPEG or PNG file; a view of the message
 */

/**
 * A binary message of WS …/frames.
 *
 * @param {ArrayBuffer} message
 * @returns {Frame}
 * @throws {RillError} protocol
 */
export function decodeFrame(message) {
  const view = new DataView(message);
  if (view.byteLength < headerBytes || view.getUint32(0, true) !== magic || view.getUint16(4, true) !== version)
    throw new RillError('protocol', `A message of ${view.byteLength} bytes that is no frame of version ${version}`);
  const start = view.getUint16(6, true);
  const size = view.getUint32(48, true);
  const frame = {
    format: formats[view.getUint32(8, true) - 1],
    width: view.getUint32(12, true),
    height: view.getUint32(16, true),
    stride: view.getUint32(20, true),
    sequence: Number(view.getBigUint64(24, true)),
    captured: new Date(Number(view.getBigInt64(32, true)) / 1000),
    runningTime: Number(view.getBigInt64(40, true)) / 1e9,
    matrix: view.getUint8(52),
    fullRange: view.getUint8(53) === 1,
  };
  if (start < headerBytes || start + size !== view.byteLength || size < leastBytes(frame))
    throw new RillError('protocol', `A ${frame.format ?? 'nameless'} frame, ${frame.width}×${frame.height}, in ${size} bytes`);
  return { ...frame, data: new Uint8Array(message, start, size) };
}

/**
 * What the pixels take; Infinity: no picture takes that.
 *
 * @param {Pick<Frame, 'format' | 'width' | 'height' | 'stride'>} frame
 */
function leastBytes({ format, width, height, stride }) {
  if (!format) return Infinity;
  if (format === 'jpeg' || format === 'png') return 1;
  const row = width * (format === 'bgr' || format === 'rgb' ? 3 : 1);
  if (row === 0 || height === 0 || stride < row) return Infinity;
  if (format !== 'i420') return stride * height;
  return stride === width ? width * height + 2 * ((width + 1) >> 1) * ((height + 1) >> 1) : Infinity;
}
