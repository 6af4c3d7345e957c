/** The two builds of LiteRT's wasm that are served, their SHA-256, and the choice between them. */

/** Version of `@litertjs/core`, as in package-lock.json. */
export const VERSION = "2.5.3";

/**
 * Names and SHA-256 of the scripts and of the wasm that each loads. The build copies no other bytes.
 *
 * @type {Readonly<Record<string, string>>}
 */
export const HASHES = Object.freeze({
  "litert_wasm_internal.js": "68efb69f770e3f76aff36a377de629ca496c131b86ac0f0f4b592a1543a898eb",
  "litert_wasm_internal.wasm": "7280cf4471774867e385e6c3cd53e2b45e2975b80fea338fff4ef359b0865614",
  "litert_wasm_compat_internal.js": "4d8f894b7883654fd6e8439730aa41e79ceaab7d19184fc4f1f0b0f1a2a2c8a5",
  "litert_wasm_compat_internal.wasm": "5255c8ad06eabdbd2522cdebf6b22fc10faf74625c23a49b9e072570cd1fa41c",
});

/** A module that returns `i8x16.relaxed_swizzle` of two constants: valid only where there is relaxed SIMD. */
const RELAXED_SIMD = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic and version
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b], // type: () -> v128
  ...[0x03, 0x02, 0x01, 0x00], // one function of that type
  ...[0x0a, 0x2b, 0x01, 0x29, 0x00], // its body, without locals
  ...[0xfd, 0x0c, ...new Array(16).fill(0)], // v128.const 0
  ...[0xfd, 0x0c, ...new Array(16).fill(0)], // v128.const 0
  ...[0xfd, 0x80, 0x02, 0x0b], // i8x16.relaxed_swizzle, end
);

/** Whether this browser runs WebAssembly at all. @returns {boolean} */
export function hasWebAssembly() {
  return typeof WebAssembly === "object" && typeof WebAssembly.validate === "function";
}

/** Return the name of the script whose wasm this browser can run: the faster one where it has relaxed SIMD. */
export function chooseScript() {
  return WebAssembly.validate(RELAXED_SIMD) ? "litert_wasm_internal.js" : "litert_wasm_compat_internal.js";
}

/** Return the name of the wasm that a script loads. @param {string} script */
export function wasmOf(script) {
  return script.replace(/\.js$/, ".wasm");
}
