// @ts-check
'use strict'

// One tool: what a model is told of it, and its handler.

const { callback, check, signal: signalKind, table } = require('../arguments.js')
const { DropoffError, fromFacts, words } = require('../errors.js')
const { onAbort } = require('../signals.js')
const native = require('../../native.js')
const { checked } = require('./arguments.js')
const { copied, described, failure, sentence } = require('./description.js')
const { ProgramError, ofProgram } = require('./program.js')

/** @typedef {import('./description.js').Schema} Schema */
/** @typedef {import('../job.js').Job} Job */
/** @typedef {Record<string, any>} Given */
/** @typedef {{ signal?: AbortSignal, onProgress?: (progress: any) => unknown }} Ways */
/** @typedef {(given: Given, ways: Ways) => Job | Promise<Job>} Begin */

const RUN = table({ signal: signalKind, onProgress: callback })

class Tool {
  /** As JSON text. Frameworks change the schemas that they are given, and these two are what is held to. */
  #input
  /** @type {Schema} */
  #output
  /** @type {Begin} */
  #begin

  /** @param {Schema} tool @param {Schema} inputSchema @param {Begin} begin */
  constructor(tool, inputSchema, begin) {
    this.name = tool.name
    this.title = tool.title
    this.description = tool.description
    this.inputSchema = inputSchema
    this.outputSchema = copied(tool.output)
    this.annotations = { ...tool.annotations }
    // Frameworks take it off the tool.
    this.run = this.run.bind(this)
    this.#input = JSON.stringify(inputSchema)
    this.#output = tool.output
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
      const { signal, onProgress } = checkedWays(ways)
      if (signal?.aborted) stop.abort(reason)
      else if (signal) unsubscribe = onAbort(signal, () => stop.abort(reason))
      const arguments_ = checked(this.name, this.#input, given)
      const job = await this.#begin(arguments_, {
        signal: stop.signal,
        onProgress: onProgress && ((progress) => ofProgram(() => onProgress(progress))),
      })
      outcome = 'unknown'
      return described(this.#output, await job.wait())
    } catch (error) {
      return error === reason ? failure(stopped(reason)) : failed(error, outcome)
    } finally {
      unsubscribe?.()
    }
  }
}

/** A slip here is the program's, and a model cannot correct it. @param {any} ways @returns {Ways} */
function checkedWays(ways) {
  try {
    return check('run', RUN, ways)
  } catch (error) {
    throw new TypeError(error instanceof Error ? error.message : words(error))
  }
}

/** What became of a call that was stopped; without a word on that, it had not begun. @param {any} reason */
function stopped({ dropoff }) {
  return dropoff instanceof DropoffError
    ? dropoff
    : made('cancelled', 'cancelled by the caller', 'not_completed', true)
}

/** What a call ended with, as a model is told of it. @param {any} error @param {string} outcome */
function failed(error, outcome) {
  if (read(error, (thrown) => thrown instanceof ProgramError))
    return failedByProgram(error.thrown, error, outcome)
  try {
    // One that a program has made itself need not have a fact.
    if (error instanceof DropoffError && 'code' in error) return failure(error)
  } catch {
    // Not even that can be asked of it.
  }
  return failedByProgram(error, error, outcome)
}

/**
 * Of the program's own functions: what they throw is for its log, and may hold what is not for a model.
 * @param {any} error @param {any} ended the call ended with it, and what became of the call is told on it
 * @param {string} outcome without a word on that
 */
function failedByProgram(error, ended, outcome) {
  const name = read(
    error,
    (thrown) => thrown instanceof Error && /^\w{1,60}$/.test(thrown.name) && thrown.name,
  )
  const stack = read(error, (thrown) => thrown.stack) ?? error
  process.emitWarning(`a tool met ${name || 'an error'} of a function of the program: ${words(stack)}`, {
    code: 'DROPOFF_TOOL',
  })
  const known = read(ended, (thrown) => thrown.dropoff?.outcome)
  return failure(made('internal', sentence('program', { name: name || 'an error' }), known ?? outcome))
}

/**
 * A part of what was thrown, if it lets itself be read.
 * @param {any} thrown @param {(thrown: any) => any} part
 */
function read(thrown, part) {
  try {
    return part(thrown)
  } catch {
    return undefined
  }
}

/**
 * An error of this side.
 * @param {string} code @param {string} message @param {string} outcome @param {boolean} [retryable]
 */
function made(code, message, outcome, retryable = false) {
  const facts = JSON.parse(native.badArgument(message).error)
  const number = native.errorCodes().find((row) => row.code === code)?.number
  return fromFacts(JSON.stringify({ ...facts, code, number, message, outcome, retryable }))
}

module.exports = { Tool }
