/**
 * Hands a file to the browser's downloads.
 *
 * @param {string} url
 * @param {string} name
 */
export function saveAs(url, name) {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  saveAs(url, name);
  // The download has its own reference by the next task.
  setTimeout(() => URL.revokeObjectURL(url));
}
