// @ts-check
'use strict'

// Streams: read here, on JavaScript's thread, and pushed chunk by chunk into the compiled half as it has
// room. A stream that is given to a call belongs to it: it is read to its end, or destroyed.

const { types } = require('node:util')
const node = require('node:stream')
const native = require('../native.js')
const { describe, invalid, words } = require('./errors.js')

/** The most that is copied at once. */
const PIECE = 256 * 1024
/** The longest that the event loop is kept, in milliseconds. */
const PATIENCE = 10

/** @typedef {{ next: () => any, stop: () => any, end?: () => void }} Opened */

/** The streams of one call. */
class Streams {
  /** @type {Pump[]} */
  #pumps = []
  #seen = new Set()

  /** @param {object} stream a Readable, a ReadableStream or an iterable */
  add(stream) {
    if (this.#seen.has(stream)) {
      throw invalid(
        'the same stream is given twice, and a stream can be read only once; give its bytes or open it twice',
      )
    }
    this.#seen.add(stream)
    return this.#add(opener(stream), false)
  }

  /** One that the same call can open again. @param {() => Opened} open */
  addOpener(open) {
    return this.#add(open, true)
  }

  /** @param {() => Opened} open @param {boolean} again */
  #add(open, again) {
    const pump = new Pump(open, again)
    this.#pumps.push(pump)
    return native.Source.stream(pump.queue, again)
  }

  start() {
    for (const pump of this.#pumps) pump.run()
  }

  /** Nobody wants more. */
  stop() {
    for (const pump of this.#pumps) pump.stop()
  }

  /** Whether one of them ended with the call, and the same call cannot open it again. */
  get closed() {
    return this.#pumps.some((pump) => !pump.again)
  }

  /** What the first stream that failed threw, as `{ error }`. */
  get failure() {
    return this.#pumps.find((pump) => pump.failure)?.failure
  }
}

class Pump {
  queue = new native.Stream()
  /** @type {{ error: unknown } | undefined} */
  failure
  #stopped = false
  /** @type {Opened} */
  #opened

  again

  /** @param {() => Opened} open @param {boolean} again whether the same call can open it again */
  constructor(open, again) {
    this.#opened = open()
    this.again = again
  }

  async run() {
    const { queue } = this
    try {
      let since = performance.now()
      while (await queue.ready()) {
        // A stream whose chunks are here already would keep everything else waiting.
        if (performance.now() - since > PATIENCE) {
          await nextTurn()
          since = performance.now()
        }
        const { done, value } = await this.#opened.next()
        if (this.#stopped) return
        if (done) {
          this.#stopped = true
          this.#opened.end?.()
          return queue.end()
        }
        const bytes = toBytes(value)
        const { length } = bytes
        for (let at = 0; at < length; at += PIECE) {
          if (!(await queue.ready())) break
          // Cut when there is room, and pushed at once: in between a chunk may change.
          queue.push(piece(bytes, at, length))
        }
      }
    } catch (error) {
      if (!this.#stopped) this.failure = { error }
      queue.fail(words(error))
    }
    this.stop()
  }

  stop() {
    if (this.#stopped) return
    this.#stopped = true
    // A thread may wait for the next chunk.
    this.queue.fail('nobody wants it any more')
    try {
      Promise.resolve(this.#opened.stop()).catch(nothing)
    } catch {
      // The call's own outcome is what counts.
    }
  }
}

function nothing() {}

function nextTurn() {
  return new Promise((resolve) => setImmediate(resolve))
}

/** @param {any} chunk */
function toBytes(chunk) {
  if (typeof chunk === 'string') throw new TypeError('the stream gave text; open it without an encoding')
  const bytes = asBuffer(chunk)
  if (bytes === undefined) throw new TypeError(`the stream gave ${describe(chunk)}, not bytes`)
  return bytes
}

/**
 * The next piece of what was `length` bytes long when it was given.
 * @param {Buffer} bytes @param {number} at @param {number} length
 */
function piece(bytes, at, length) {
  /** @type {Buffer | undefined} */
  let cut
  try {
    cut = bytes.subarray(at, at + PIECE)
  } catch {
    // Transferred away: there is nothing left to cut from.
  }
  if (cut?.length !== Math.min(PIECE, length - at)) {
    throw new RangeError(
      'memory was resized or transferred away before it was sent; keep it until the call is over',
    )
  }
  return /** @type {Buffer} */ (cut)
}

/** The same memory as a Buffer; undefined if it is none. @param {any} value */
function asBuffer(value) {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  if (types.isAnyArrayBuffer(value)) return Buffer.from(value)
  return undefined
}

/** @param {any} stream @returns {() => Opened} */
function opener(stream) {
  if (stream instanceof node.Readable || typeof stream.pipe === 'function') return () => openReadable(stream)
  if (typeof stream.getReader === 'function') return () => openWeb(stream)
  return () => openIterable(stream)
}

/** @param {import('node:stream').Readable} stream @returns {Opened} */
function openReadable(stream) {
  if (stream.readableEncoding) {
    throw invalid(
      `the stream gives text (${stream.readableEncoding}), not bytes; open it without an encoding`,
    )
  }
  if (stream.destroyed || stream.readableEnded) {
    throw invalid('the stream was read to its end or destroyed before; a stream can be sent only once')
  }
  // It may fail before the first read, and an error event nobody listens to ends the program.
  stream.on('error', nothing)
  /** @type {AsyncIterator<any> | undefined} */
  let iterator
  return {
    next: () => (iterator ??= stream[Symbol.asyncIterator]()).next(),
    stop: () => stream.destroy(),
  }
}

/** @param {ReadableStream} stream @returns {Opened} */
function openWeb(stream) {
  if (typeof stream?.getReader !== 'function') throw invalid('the Blob gave no stream; give its bytes')
  if (stream.locked) throw invalid('the stream is locked by another reader; give one that nobody reads')
  const { isDisturbed, isReadable } = /** @type {any} */ (node)
  if (isDisturbed(stream) && isReadable(stream) === false) {
    throw invalid('the stream was read to its end or cancelled before; a stream can be sent only once')
  }
  const reader = stream.getReader()
  return {
    next: () => reader.read(),
    stop: () => reader.cancel(),
    end: () => reader.releaseLock(),
  }
}

/** @param {any} iterable an async one or another @returns {Opened} */
function openIterable(iterable) {
  const iterator = (iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator]).call(iterable)
  return {
    next: () => iterator.next(),
    stop: () => iterator.return?.(),
  }
}

module.exports = { PIECE, Streams, asBuffer, openIterable, openWeb, piece }
