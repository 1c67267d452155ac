import { localValue } from './format.js';
import { saveBlob } from './save.js';

/**
 * Saves the picture that is shown, in its own resolution.
 *
 * @param {HTMLVideoElement} video has a picture
 * @param {string} name of the stream
 * @param {Date} time of the picture
 */
export async function saveSnapshot(video, name, time) {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')?.drawImage(video, 0, 0);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
  if (blob) saveBlob(blob, `${snapshotName(name, time)}.jpg`);
}

/**
 * @param {string} name
 * @param {Date} time
 * @returns {string} "site-door-2_2026-01-08_10-00-01": every file system takes it
 */
export function snapshotName(name, time) {
  const local = localValue(time.getTime()).replace('T', '_').replaceAll(':', '-');
  return `${name.replace(/[^\w.-]+/g, '-')}_${local}`;
}
