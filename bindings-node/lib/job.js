// @ts-check
'use strict'

// A call on its way: its result, its progress, and the ways to end it early.

const { inspect } = require('node:util')
const { check, milliseconds, signal: signalKind, table } = require('./arguments.js')
const { called, from, fromFacts, invalid } = require('./errors.js')
const { deliver } = require('./logs.js')
const { Streams } = require('./pump.js')
const { onAbort } = require('./signals.js')
const { toResult } = require('./results.js')

/** How often progress is told. */
const PROGRESS_INTERVAL = 100
/** The longest that a timer of JavaScript can wait. */
const LONGEST = 2 ** 31 - 1
const WAIT = table({ timeout: milliseconds, signal: signalKind })
const MAKE = Symbol('made by a start… method')
/** What `await using` looks for; where the engine has none, as in a vm context of Node 20, what compilers put
 * there. */
const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')

class Job {
  /** @type {import('../native.js').Job} */
  #native
  /** @type {Promise<any>} */
  #ended
  /** Where the call was made. @type {{ stack?: string }} */
  #origin = {}
  /** The callback's promise is awaited, and meanwhile it is not called. */
  #inCallback = false
  /** Why it is being stopped from here. @type {{ error: unknown, byCallback: boolean } | undefined} */
  #stopped

  /**
   * @param {symbol} make
   * @param {import('../native.js').Job} native
   * @param {Streams} streams
   * @param {((progress: any) => unknown) | undefined} onProgress
   * @param {AbortSignal | undefined} signal
   */
  constructor(make, native, streams, onProgress, signal) {
    if (make !== MAKE) throw invalid('a Job is made by the start… methods of a client')
    this.#native = native
    Error.captureStackTrace(this.#origin, start)
    this.#ended = this.#run(streams, onProgress, signal)
    // Whoever waits hears of it; that nobody waits is no reason to end the program.
    this.#ended.catch(() => {})
  }

  /** @param {{ timeout?: number | null, signal?: AbortSignal | null }} [given] */
  async wait(given) {
    const { timeout, signal } = check('wait', WAIT, given)
    if (timeout === undefined && signal === undefined) return await this.#ended
    if (timeout !== undefined && !(timeout >= 0 && timeout <= LONGEST)) {
      throw invalid(`timeout must be 0 to ${LONGEST}, in milliseconds`)
    }
    if (signal?.aborted) throw signal.reason
    /** @type {NodeJS.Timeout | undefined} */
    let timer
    /** @type {(() => void) | undefined} */
    let unsubscribe
    const enough = new Promise((_, reject) => {
      if (timeout !== undefined) timer = setTimeout(() => reject(stillRunning(timeout)), timeout)
      if (signal !== undefined) unsubscribe = onAbort(signal, () => reject(signal.reason))
    })
    try {
      return await Promise.race([this.#ended, enough])
    } finally {
      clearTimeout(timer)
      unsubscribe?.()
    }
  }

  cancel() {
    this.#native.cancel()
  }

  progress() {
    return Object.freeze(this.#native.progress())
  }

  get done() {
    return this.#native.done
  }

  /**
   * @param {Streams} streams
   * @param {((progress: any) => unknown) | undefined} onProgress
   * @param {AbortSignal | undefined} signal
   */
  async #run(streams, onProgress, signal) {
    const unsubscribe = signal && onAbort(signal, () => this.#abort(signal))
    const timer =
      onProgress && setInterval(() => this.#inCallback || this.#tell(onProgress), PROGRESS_INTERVAL).unref()
    streams.start()
    try {
      await called(() => this.#native.over())
    } finally {
      clearInterval(timer)
      unsubscribe?.()
      streams.stop()
      deliver()
    }
    // The last call; a promise it gives is heard if it rejects at once, and not waited for.
    if (onProgress) await Promise.race([this.#tell(onProgress), nextTurn()])
    return this.#outcome(streams)
  }

  /** @param {Streams} streams */
  #outcome(streams) {
    const settled = this.#native.settled(streams.closed)
    if (settled?.error === undefined) {
      const result = toResult(settled?.value)
      if (!this.#stopped?.byCallback) return result
      throw attached(this.#stopped.error, { outcome: 'completed', result })
    }
    const error = from(fromFacts(settled.error, streams.failure), this.#origin)
    throw this.#stopped ? attached(this.#stopped.error, error) : error
  }

  /** @param {AbortSignal} signal */
  #abort(signal) {
    this.#native.cancel()
    let reason
    try {
      reason = signal.reason
    } catch (error) {
      reason = error
    }
    this.#stop(reason, false)
  }

  /** @param {unknown} error @param {boolean} byCallback */
  #stop(error, byCallback) {
    this.#stopped ??= { error, byCallback }
    this.#native.cancel()
  }

  /**
   * Calls the callback. What it throws, or its promise rejects with, stops the call.
   * @param {(progress: any) => unknown} onProgress
   */
  async #tell(onProgress) {
    if (this.#stopped?.byCallback) return
    this.#inCallback = true
    try {
      await onProgress(this.progress())
    } catch (error) {
      this.#stop(error, true)
    }
    this.#inCallback = false
  }

  /** What became of the call is told by `wait()` alone: an error here would stand in the way of the block's
   * own. */
  async [ASYNC_DISPOSE]() {
    this.#native.cancel()
    await this.#ended.catch(() => {})
  }

  [inspect.custom]() {
    return this.#native.shown()
  }
}

/** @param {number} timeout */
function stillRunning(timeout) {
  return new DOMException(
    `the job is still running after ${timeout} ms; wait again, or cancel it`,
    'TimeoutError',
  )
}

function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve))
}

/**
 * Adds what became of the call to what ended it from outside, unless that holds something already.
 * @param {any} reason
 * @param {object} facts
 */
function attached(reason, facts) {
  try {
    const canHold = typeof reason === 'object' && reason !== null && Object.isExtensible(reason)
    if (canHold && !('dropoff' in reason)) {
      Object.defineProperty(reason, 'dropoff', {
        value: facts,
        configurable: true,
        enumerable: false,
        writable: true,
      })
    }
  } catch {
    // A Proxy that refuses; the reason is the caller's and goes to the caller all the same.
  }
  return reason
}

/**
 * Starts a call.
 * @template T
 * @param {string} method as it is told to the caller
 * @param {import('./arguments.js').Table} table those it takes by name
 * @param {unknown} given those it was given by name
 * @param {{
 *   convert: (streams: Streams, args: any) => T,
 *   begin: (made: T, args: any) => import('../native.js').Job | import('../native.js').Failed,
 * }} how `convert` turns the other arguments into native ones, streams first; `begin` only makes the
 * native call
 *
 * What is wrong with the other arguments is told first, and what they hold is taken over even if those given
 * by name are wrong: a stream that is given to a call belongs to it.
 */
function start(method, table, given, { convert, begin }) {
  const streams = new Streams()
  try {
    const named = tried(() => check(method, table, given))
    const made = convert(streams, named.value ?? {})
    if ('error' in named) throw named.error
    const { onProgress, signal, ...args } = named.value
    if (signal?.aborted) throw signal.reason
    return new Job(
      MAKE,
      called(() => begin(made, args)),
      streams,
      onProgress,
      signal,
    )
  } catch (error) {
    streams.stop()
    throw error
  }
}

/** @template T @param {() => T} f @returns {{ value: T } | { value?: undefined, error: unknown }} */
function tried(f) {
  try {
    return { value: f() }
  } catch (error) {
    return { error }
  }
}

module.exports = { Job, start }
