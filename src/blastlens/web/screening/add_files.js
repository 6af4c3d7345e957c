/** Image files as fields of an examination. */

import { checkFile } from "../clinic/upload/file_check.js";
import { blockClosing } from "../shared/drafts.js";
import { encodeThumbnail } from "./camera/camera.js";
import { fileSentence, sentenceOf } from "./core/sentences.js";
import { FileRefused } from "./store/errors.js";
import { workspace } from "./workspace.js";

/**
 * Add files to an examination, each as a field. One that is refused stops no other.
 *
 * @param {string} examination
 * @param {File[]} files
 * @param {(left: number) => void} onProgress
 * @returns {Promise<string[]>} a sentence for each file that was not kept.
 */
export async function addFiles(examination, files, onProgress) {
  const refused = [];
  const endBlocking = blockClosing(() => true);
  for (const [place, file] of files.entries()) {
    onProgress(files.length - place);
    try {
      await addFile(examination, file);
    } catch (error) {
      refused.push(`${file.name}: ${await refusal(file, error)}`);
    }
  }
  endBlocking();
  return refused;
}

/** @param {string} examination @param {File} file */
async function addFile(examination, file) {
  // Before it is decoded: the pixels of a hundred megapixels are more than a phone has memory for.
  const checked = await checkFile(file);
  if ("reason" in checked) throw new FileRefused(checked.reason);
  const thumbnail = await encodeThumbnail(file);
  const takenAt = new Date(file.lastModified || Date.now()).toISOString();
  await workspace().store.addField(examination, { blob: file, thumbnail, takenAt });
}

/** @param {File} file @param {any} error */
async function refusal(file, error) {
  if (error?.name === "FileRefused" && error.reason === "unknown_format" && (await isHeic(file))) return fileSentence("heic");
  return sentenceOf(error);
}

/** Whether a file is a photograph as phones store them by default, which no browser but Safari reads. @param {Blob} file */
async function isHeic(file) {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(4, 12).arrayBuffer()));
  return /^ftyp(hei|hev|mif1|msf1|avif)/.test(head);
}
