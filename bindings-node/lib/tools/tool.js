// @ts-check
'use strict'

// One tool: what a model is told of it, and its handler.

const { callback, check, signal: signalKind, table } = require('../arguments.js')
const { DropoffError, fromFacts } = require('../errors.js')
const { onAbort } = require('../signals.js')
const native = require('../../native.js')
const { checked } = require('./arguments.js')
const { described, failure, sentence } = require('./description.js')

/** @typedef {import('./description.js').Schema} Schema */
/** @typedef {import('../job.js').Job} Job */
/** @typedef {Record<string, any>} Given */
/** @typedef {{ signal?: AbortSignal, onProgress?: (progress: any) => unknown }} Ways */
/** @typedef {(given: Given, ways: Ways) => Job | Promise<Job>} Begin */

const RUN = table({ signal: signalKind, onProgress: callback })

class Tool {
  /** @type {Begin} */
  #begin

  /** @param {Schema} tool @param {Schema} inputSchema @param {Begin} begin */
  constructor(tool, inputSchema, begin) {
    this.name = tool.name
    this.title = tool.title
    this.description = tool.description
    this.inputSchema = inputSchema
    this.outputSchema = tool.output
    this.annotations = tool.annotations
    // Frameworks take it off the tool.
    this.run = this.run.bind(this)
    this.#begin = begin
    Object.freeze(this)
  }

  /** @param {any} given @param {any} [ways] */
  async run(given, ways) {
    // With a reason of its own: what became of a call is told on it, and one signal may stop several.
    const stop = new AbortController()
    const reason = new Error('stopped')
    let unsubscribe
    /** Of what this call has begun. */
    let outcome = 'not_completed'
    try {
      const { signal, onProgress } = check(this.name, RUN, ways)
      if (signal?.aborted) stop.abort(reason)
      else if (signal) unsubscribe = onAbort(signal, () => stop.abort(reason))
      const arguments_ = checked(this.name, this.inputSchema, given)
      const job = await this.#begin(arguments_, { signal: stop.signal, onProgress })
      outcome = 'unknown'
      return described(this.outputSchema, await job.wait())
    } catch (error) {
      return error === reason ? failure(stopped(reason)) : failed(error, outcome)
    } finally {
      unsubscribe?.()
    }
  }
}

/** What became of a call that was stopped; without a word on that, it had not begun. @param {any} reason */
function stopped({ dropoff }) {
  return dropoff instanceof DropoffError
    ? dropoff
    : made('cancelled', 'cancelled by the caller', 'not_completed')
}

/** What a call ended with, as a model is told of it. @param {any} error @param {string} outcome */
function failed(error, outcome) {
  if (error instanceof DropoffError) return failure(error)
  // Of the program's own functions: what they throw is for its log, and may hold what is not for a model.
  const name = error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : 'an error'
  process.emitWarning(`a tool met ${name} of a function of the program: ${error?.stack ?? error}`, {
    code: 'DROPOFF_TOOL',
  })
  return failure(made('internal', sentence('program', { name }), error?.dropoff?.outcome ?? outcome))
}

/** An error of this side. @param {string} code @param {string} message @param {string} outcome */
function made(code, message, outcome) {
  const facts = JSON.parse(native.badArgument(message).error)
  const number = native.errorCodes().find((row) => row.code === code)?.number
  return fromFacts(JSON.stringify({ ...facts, code, number, message, outcome }))
}

module.exports = { Tool }
