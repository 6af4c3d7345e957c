/** Files that were dropped or chosen, grouped to examinations: one for each folder. */

/** @typedef {{folder: string, patient: string, files: File[]}} Group `patient` is a suggestion and may be empty */

const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** Check whether a text may be the id of a patient. @param {string} text */
export function isId(text) {
  return ID.test(text);
}

/**
 * Group files by the folder in which they lie.
 *
 * A folder in a folder is read as microscopes do, PATIENT/EXAMINATION: the outer name is suggested as the patient's id.
 *
 * @param {{path: string, file: File}[]} entries paths with slashes, ending in the file's name
 * @returns {Group[]}
 */
export function groupByFolder(entries) {
  /** @type {Map<string, Group>} */
  const groups = new Map();
  for (const { path, file } of entries) {
    const folders = path.split("/").filter(Boolean).slice(0, -1);
    // Systems leave such files in folders: nobody means to upload them.
    if (file.name.startsWith(".") || file.name === "Thumbs.db") continue;
    const folder = folders.join("/");
    const outer = folders.at(-2) ?? "";
    const group = groups.get(folder) ?? { folder, patient: isId(outer) ? outer : "", files: [] };
    group.files.push(file);
    groups.set(folder, group);
  }
  for (const group of groups.values()) group.files.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
  return [...groups.values()];
}

/** Return the files of an input element, with their paths where a folder was chosen. @param {Iterable<File>} files */
export function entriesOfInput(files) {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * Return the files that were dropped, with those in folders.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<{path: string, file: File}[]>}
 */
export async function entriesOfDrop(transfer) {
  // The list is emptied as soon as the event is over: every entry is taken before anything is awaited.
  const roots = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found = await Promise.all(roots.map((entry) => walk(entry, "")));
  return found.flat();
}

/** @param {FileSystemEntry} entry @param {string} folder @returns {Promise<{path: string, file: File}[]>} */
async function walk(entry, folder) {
  const path = folder ? `${folder}/${entry.name}` : entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    return [{ path, file: /** @type {File} */ (file) }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const inside = [];
  // A reader returns at most a hundred entries at a time.
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (/** @type {FileSystemEntry[]} */ (some).length === 0) break;
    inside.push(.../** @type {FileSystemEntry[]} */ (some));
  }
  return (await Promise.all(inside.map((one) => walk(one, path)))).flat();
}
