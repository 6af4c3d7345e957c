/**
 * LiteRT in WebAssembly: flatbuffers compiled for the CPU, and their calls.
 *
 * The interface of the wasm itself is used, as the C++ library of `@litertjs/core` 2.5.3 exports it. The package's own
 * JavaScript asks for a WebGPU device whenever it is loaded, and knows browsers only (docs/adr/0058).
 */

import { DamagedPackage } from "../domain/errors.js";

/**
 * Shapes of tensors by their names.
 *
 * @typedef {Map<string, readonly number[]>} Shapes
 */

/** Bytes of a float32. */
const FLOAT_BYTES = 4;

/** Number of the element type float32 in LiteRT. */
const FLOAT32 = 1;

/** A loaded wasm of LiteRT. */
export class Runtime {
  /** @param {any} wasm what the factory of the wasm's script resolves to */
  constructor(wasm) {
    this.wasm = wasm;
    wasm.setupLogging();
    this.environment = wasm.LiteRtEnvironment.create(null);
  }

  /**
   * Load the wasm.
   *
   * @param {(options: object) => Promise<any>} factory `ModuleFactory` of the wasm's script
   * @param {object} options of Emscripten, such as `locateFile`
   */
  static async open(factory, options = {}) {
    const silent = () => {};
    return new Runtime(await factory({ print: silent, printErr: silent, ...options }));
  }

  /**
   * Compile a flatbuffer. Its memory stays in use until `delete` is called.
   *
   * @param {Uint8Array} bytes of a flatbuffer with one signature of float32 tensors
   * @returns {CompiledGraph}
   * @throws {DamagedPackage} the bytes are not a graph that LiteRT can run
   */
  compile(bytes) {
    const pointer = this.wasm._malloc(bytes.length);
    try {
      this.wasm.HEAPU8.set(bytes, pointer);
      return new CompiledGraph(this, pointer, bytes.length);
    } catch (error) {
      this.wasm._free(pointer);
      if (error instanceof DamagedPackage) throw error;
      throw new DamagedPackage(`A file is not a graph that LiteRT can run: ${describe(error)}`);
    }
  }

  /** Bytes of the wasm's memory; it never shrinks. @returns {number} */
  get memoryBytes() {
    return this.wasm.HEAPU8.length;
  }
}

/** A compiled flatbuffer with the memory of its inputs. */
class CompiledGraph {
  /** @param {Runtime} runtime @param {number} pointer @param {number} length of the flatbuffer in the wasm's memory */
  constructor(runtime, pointer, length) {
    const { wasm, environment } = runtime;
    this.wasm = wasm;
    this.pointer = pointer;
    this.model = wasm.loadModel(environment, pointer, length);
    try {
      if (this.model.getNumSignatures() !== 1) throw new DamagedPackage("A graph has not exactly one signature.");
      this.compiled = wasm.compileModel(environment, this.model, OPTIONS);
      const signature = this.model.getSignature(0);
      this.inputNames = take(signature.inputNames());
      this.outputNames = take(signature.outputNames());
      signature.delete();
      /** @type {Shapes} */
      this.inputs = new Map(this.inputNames.map((name, index) => [name, shape(this.model.getInputTensorType(0, index))]));
      /** @type {Shapes} */
      this.outputs = new Map(
        this.outputNames.map((name, index) => [name, shape(this.model.getOutputTensorType(0, index))]),
      );
      this.buffers = this.inputNames.map((_, index) => makeBuffer(runtime, this.model.getInputTensorType(0, index)));
    } catch (error) {
      this.compiled?.delete();
      this.model.delete();
      throw error;
    }
  }

  /**
   * Run the graph.
   *
   * @param {Record<string, Float32Array>} inputs by name, as long as their shapes say
   * @param {readonly string[]} wanted names of the outputs to return; others are computed but not copied
   * @returns {Record<string, Float32Array>} copies, which the next call does not overwrite
   */
  run(inputs, wanted = this.outputNames) {
    this.inputNames.forEach((name, index) => this.write(this.buffers[index], inputs[name]));
    const returned = this.compiled.run(0, this.buffers);
    /** @type {Record<string, Float32Array>} */
    const outputs = {};
    try {
      this.outputNames.forEach((name, index) => {
        if (wanted.includes(name)) outputs[name] = this.read(returned[index]);
      });
    } finally {
      for (const buffer of returned) buffer.delete();
    }
    return outputs;
  }

  /** Free the graph's memory, for the wasm to use again. */
  delete() {
    for (const buffer of this.buffers) buffer.delete();
    this.compiled.delete();
    this.model.delete();
    this.wasm._free(this.pointer);
  }

  /** @param {any} buffer @param {Float32Array} values */
  write(buffer, values) {
    if (buffer.packedSize() !== values.length * FLOAT_BYTES) {
      throw new RangeError(`an input has ${values.length} values, not ${buffer.packedSize() / FLOAT_BYTES}`);
    }
    const start = buffer.lock(this.wasm.LiteRtTensorBufferLockMode.WRITE);
    try {
      new Float32Array(this.wasm.HEAPU8.buffer, start, values.length).set(values);
    } finally {
      buffer.unlock();
    }
  }

  /** @param {any} buffer @returns {Float32Array} */
  read(buffer) {
    const start = buffer.lock(this.wasm.LiteRtTensorBufferLockMode.READ);
    try {
      return new Float32Array(this.wasm.HEAPU8.buffer, start, buffer.packedSize() / FLOAT_BYTES).slice();
    } finally {
      buffer.unlock();
    }
  }
}

/** The wasm reads each of these. */
const OPTIONS = { accelerator: "wasm", environment: {}, cpuOptions: { numThreads: 1 }, gpuOptions: {}, webNNOptions: {} };

/** Return the elements of a vector in the wasm, and free it. @param {any} vector @returns {any[]} */
function take(vector) {
  const values = Array.from({ length: vector.size() }, (_, index) => vector.get(index));
  vector.delete();
  return values;
}

/** Return the shape of a tensor's type, and free the type. @param {any} type @returns {readonly number[]} */
function shape(type) {
  try {
    if (type.elementType().value !== FLOAT32) throw new DamagedPackage("A graph has tensors other than float32.");
    const layout = type.layout();
    const dimensions = take(layout.dimensions());
    layout.delete();
    return dimensions;
  } finally {
    type.delete();
  }
}

/** Return memory for an input, and free its type. @param {Runtime} runtime @param {any} type */
function makeBuffer({ wasm, environment }, type) {
  try {
    return wasm.LiteRtTensorBuffer.createManaged(
      environment,
      wasm.LiteRtTensorBufferType.HOST_MEMORY,
      type,
      type.bytes(),
    );
  } finally {
    type.delete();
  }
}

/** The wasm throws errors, and numbers for exceptions of C++. @param {unknown} error */
function describe(error) {
  return error instanceof Error ? error.message : `exception ${String(error)} in LiteRT.`;
}
