/** Addresses of the reading worker and of the model packages, as the build has written them. */

/* global READING */

/**
 * @typedef {object} PackageAddress
 * @property {string} base folder of the package
 * @property {string} digest
 * @property {string} version
 * @property {number} bytes of all files
 * @property {{path: string, bytes: number}[]} files
 */

/** @typedef {"screening" | "fusion"} PackageName */

/** @type {{worker: string, packages: Record<PackageName, PackageAddress>}} */
// @ts-ignore: the build defines it.
export const addresses = READING;

/** Files of all packages. */
export function allFiles() {
  return Object.values(addresses.packages).flatMap(({ files }) => files);
}
