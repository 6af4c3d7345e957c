/**
 * Messages between the page and the reading worker.
 *
 * @typedef {{id: number, kind: "load", package: string, base: string, bytes: number}} LoadRequest
 * @typedef {{id: number, kind: "read", image: Blob | ImageBitmap, declared_um: number | null} & ReadChoices} ReadRequest
 * @typedef {{package?: string, steps?: boolean}} ReadChoices the package, and whether what each step makes is sent
 * @typedef {{id: number, kind: "abort"}} AbortRequest `id` is that of the request to end
 * @typedef {LoadRequest | ReadRequest | AbortRequest} WorkerRequest
 *
 * @typedef {"runtime" | "package" | "decode" | "scale" | "cells" | "windows"} ProgressStep
 * @typedef {{step: ProgressStep, share: number}} Progress share of a step, 0 to 1
 * @typedef {{name: string, reason: string | null, message: string}} WorkerError
 *
 * @typedef {{id: number, progress: Progress}} ProgressReply
 * @typedef {{id: number, step: {name: string, value: any}}} StepReply
 * @typedef {{id: number, result: any}} ResultReply
 * @typedef {{id: number, error: WorkerError, isFatal: boolean}} ErrorReply after a fatal one the worker must be replaced
 * @typedef {ProgressReply | StepReply | ResultReply | ErrorReply} WorkerReply
 */

/** Nothing but types: this makes the file a module, from which they can be imported. */
export {};
