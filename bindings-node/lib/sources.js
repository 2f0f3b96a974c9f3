// @ts-check
'use strict'

// What may be sent: paths, memory, Blobs and streams, and the files of a transfer.

const { ReadStream } = require('node:fs')
const { basename } = require('node:path')
const { fileURLToPath } = require('node:url')
const { types } = require('node:util')
const native = require('../native.js')
const { refuseUnknown, text } = require('./arguments.js')
const { called, describe, invalid } = require('./errors.js')
const { File } = require('./file.js')
const { PIECE, asBuffer, openIterable, openWeb, piece } = require('./pump.js')

const SOURCES =
  'a path (string or file: URL), bytes (Buffer, typed array or ArrayBuffer), a Blob, or a stream of bytes ' +
  '(Readable, ReadableStream or iterable)'

const FIELDS = ['source', 'name', 'contentType', 'encryptionIv']

/**
 * Up to this many bytes are copied at once, in a few milliseconds. More is read piece by piece, as a stream
 * is. It is never lent: no program could keep JavaScript from transferring or resizing it while a thread
 * reads.
 */
const COPIED = 16 * 1024 * 1024

/**
 * @param {any} value
 * @param {import('./pump.js').Streams} streams those of the call, which this one joins if it is one
 * @param {boolean} [copies] copy memory of any size: for calls that refuse streams
 */
function toSource(value, streams, copies = false) {
  if (typeof value === 'string') return native.Source.path(text(value, 'the path'))
  if (value instanceof URL) return native.Source.path(pathOf(value))
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return memory(value, streams, copies)
  if (isBlob(value)) return streams.addOpener(() => openWeb(value.stream()))
  if (Array.isArray(value)) return list(value, streams)
  if (isStream(value)) return streams.add(value)
  throw invalid(`a source is ${SOURCES}, not ${describe(value)}`)
}

/**
 * Byte arrays, one after the other. Anything else in it is a slip, and told before a byte is sent.
 * @param {any[]} chunks @param {import('./pump.js').Streams} streams
 */
function list(chunks, streams) {
  // By its place: what is odd may be `undefined`, as what is not there is.
  const odd = chunks.findIndex((chunk) => !ArrayBuffer.isView(chunk) && !types.isAnyArrayBuffer(chunk))
  if (odd < 0) return streams.addOpener(() => openIterable(chunks))
  throw invalid(`an array that is a source holds bytes alone, and this one holds ${describe(chunks[odd])}`)
}

/** @param {URL} url */
function pathOf(url) {
  // Not shown: it may be a signed one.
  if (url.protocol !== 'file:')
    throw invalid(`a source is a file's path or its bytes, not a URL; fetch it first`)
  try {
    return fileURLToPath(url)
  } catch {
    throw invalid('the file: URL names no file of this machine; give its path')
  }
}

/** @param {any} value @param {import('./pump.js').Streams} streams @param {boolean} copies */
function memory(value, streams, copies) {
  const bytes = attached(value)
  if (copies || bytes.length <= COPIED) return native.Source.copy(bytes)
  const { length } = bytes
  return streams.addOpener(() => openIterable(slices(bytes, length)))
}

/** @param {any} value */
function attached(value) {
  try {
    return /** @type {Buffer} */ (asBuffer(value))
  } catch {
    throw invalid('the memory of the source was transferred away; give bytes that are still here')
  }
}

/** @param {Buffer} bytes @param {number} length when they were given */
async function* slices(bytes, length) {
  for (let at = 0; at < length; at += PIECE) yield piece(bytes, at, length)
}

/** Not by its class: there are several. @param {any} value */
function isBlob(value) {
  const tag = Object.prototype.toString.call(value)
  return (tag === '[object Blob]' || tag === '[object File]') && typeof value.stream === 'function'
}

/** @param {any} blob @returns {{ name?: string, type?: string }} */
function factsOf(blob) {
  let name
  let type
  try {
    ;({ name, type } = blob)
  } catch {
    // A getter that refuses: it brings neither.
  }
  return {
    name: typeof name === 'string' ? text(name, 'the name of the Blob') : undefined,
    type: typeof type === 'string' && type !== '' ? text(type, 'the type of the Blob') : undefined,
  }
}

/** The name of the file that a stream reads. @param {any} source */
function nameOf(source) {
  if (!(source instanceof ReadStream)) return undefined
  const { path } = source
  // A stream that was made of a descriptor or a FileHandle has none.
  if (typeof path !== 'string' && !Buffer.isBuffer(path)) return undefined
  return text(basename(String(path)), 'the name of the stream')
}

/** @param {any} value */
function isStream(value) {
  // Of a Map, the pairs.
  if (typeof value !== 'object' || value === null || types.isMap(value)) return false
  const iterates = [Symbol.asyncIterator, Symbol.iterator].some((key) => typeof value[key] === 'function')
  return iterates || typeof value.getReader === 'function'
}

/**
 * The files of a transfer. One file alone is refused: a string would be taken for a list of letters.
 * @param {any} value
 * @param {import('./pump.js').Streams} streams
 * @param {boolean} [copies] see `toSource`
 */
function toFiles(value, streams, copies) {
  const lone =
    typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Map
  if (lone || typeof value[Symbol.iterator] !== 'function') {
    throw invalid(`files must be a list of files, not ${describe(value)}; put a single one in brackets`)
  }
  const files = new native.Files()
  for (const item of value) {
    const { source, name, contentType, encryptionIv } = asFile(item)
    const made = toSource(source, streams, copies)
    // A DOM File brings its own name, and every Blob its type; a stream of a file brings that one's name.
    const own = isBlob(source) ? factsOf(source) : { name: nameOf(source), type: undefined }
    called(() => files.add(made, name ?? own.name, contentType ?? own.type, encryptionIv))
  }
  return files
}

/**
 * @param {any} item
 * @returns {{ source: any, name?: string, contentType?: string, encryptionIv?: string }}
 */
function asFile(item) {
  if (item instanceof File) return item
  if (Array.isArray(item)) {
    if (item.length !== 2 || typeof item[0] !== 'string') {
      throw invalid('an array in files must be a pair [name, source]')
    }
    return { source: item[1], name: text(item[0], 'name') }
  }
  if (!isPlain(item) || isStream(item)) return { source: item }
  refuseUnknown(item, FIELDS, 'a file has no field named', 'its fields are')
  if (item.source === undefined)
    throw invalid('a file without a source cannot be sent; give { source, name }')
  const { source, name, contentType, encryptionIv } = item
  return new File(source, { name, contentType, encryptionIv })
}

/** @param {unknown} value */
function isPlain(value) {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

module.exports = { toFiles, toSource }
