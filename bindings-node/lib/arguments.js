// @ts-check
'use strict'

// The arguments of calls: which there are, of what type, and what is said about one that is wrong.

const { fileURLToPath } = require('node:url')
const { alsoSpell, describe, invalid } = require('./errors.js')

/** @typedef {((value: any, name: string) => any) & { required?: boolean }} Kind */
/** @typedef {Record<string, Kind>} Table */

/** @param {string} name @param {string} due @param {unknown} value */
function wrong(name, due, value) {
  return invalid(`${name} must be ${due}, not ${describe(value)}`)
}

/** @type {Kind} */
const text = (value, name) => {
  if (typeof value !== 'string') throw wrong(name, 'a string', value)
  if (!wellFormed(value))
    throw invalid(`${name} holds characters that UTF-8 cannot hold; check how it is read`)
  return value
}

/** @param {string} value Half a surrogate pair would be sent as another character. */
function wellFormed(value) {
  return !/\p{Surrogate}/u.test(value)
}

/** @type {Kind} */
const url = (value, name) => {
  if (typeof value !== 'string' && !(value instanceof URL)) throw wrong(name, 'a string or a URL', value)
  return text(String(value), name)
}

/**
 * Any number of things of a kind, of whatever iterates over them. A string alone would be taken for a list of
 * letters.
 * @param {Kind} kind @param {string} due @returns {Kind}
 */
const list = (kind, due) => (value, name) => {
  if (typeof value !== 'object' || value === null || typeof value[Symbol.iterator] !== 'function') {
    throw invalid(`${name} must be a list of ${due}, not ${describe(value)}; put a single one in brackets`)
  }
  return Array.from(value, (item, at) => kind(item, `${name}[${at}]`))
}

const urls = list(url, 'URLs')
const texts = list(text, 'strings')

/** @type {Kind} */
const path = (value, name) => {
  if (typeof value === 'string') return text(value, name)
  if (!(value instanceof URL)) throw wrong(name, 'a path (string or file: URL)', value)
  try {
    return text(fileURLToPath(value), name)
  } catch {
    // Not shown: it may be a signed one.
    throw invalid(`${name} must be a path or the file: URL of a file of this machine, not another URL`)
  }
}

/** @type {Kind} */
const flag = (value, name) => {
  if (typeof value !== 'boolean') throw wrong(name, 'true or false', value)
  return value
}

/** A whole number; the service knows its own limits. @type {Kind} */
const count = (value, name) => {
  if (typeof value !== 'number') throw wrong(name, 'a whole number of 0 or more', value)
  if (!Number.isSafeInteger(value) || value < 0) throw invalid(`${name} must be a whole number of 0 or more`)
  return value
}

/** A number of milliseconds; the compiled half knows the range. @type {Kind} */
const milliseconds = (value, name) => {
  if (typeof value !== 'number') throw wrong(name, 'a number of milliseconds', value)
  return value
}

/** @type {Kind} */
const callback = (value, name) => {
  if (typeof value !== 'function') throw wrong(name, 'a function of one argument, the progress', value)
  return value
}

/** Not by its class: polyfills and other realms have their own. @type {Kind} */
const signal = (value, name) => {
  const listens = ['addEventListener', 'removeEventListener'].every((f) => typeof value?.[f] === 'function')
  if (typeof value?.aborted !== 'boolean' || !listens) throw wrong(name, 'an AbortSignal', value)
  return value
}

/** Names and values in the order given. @type {Kind} */
const pairs = (value, name) => {
  /** @param {unknown} found */
  const refuse = (found) =>
    invalid(
      `${name} must be an object of strings or a list of [name, value] pairs of strings; found ${describe(found)}`,
    )
  if (typeof value !== 'object' || value === null) throw refuse(value)
  const items = typeof value[Symbol.iterator] === 'function' ? [...value] : Object.entries(value)
  for (const item of items) {
    if (!Array.isArray(item) || item.length !== 2) throw refuse(item)
    for (const part of item) {
      if (typeof part !== 'string') throw refuse(part)
      text(part, name)
    }
  }
  return items
}

/** Whatever JSON can hold, as its text. @type {Kind} */
const json = (value, name) => {
  /** @param {string} why */
  const refuse = (why) => invalid(`${name} must be an object that JSON can hold: ${why}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(`${describe(value)} is none`)
  /** `JSON.stringify` drops these in silence, or writes null. @param {string} _ @param {unknown} item */
  const strict = (_, item) => {
    if (typeof item === 'number' && !Number.isFinite(item)) throw new TypeError('a number is not finite')
    if (typeof item === 'function' || typeof item === 'symbol' || item instanceof Map || item instanceof Set)
      throw new TypeError(`it holds ${describe(item)}`)
    return item
  }
  let written
  try {
    written = JSON.stringify(value, strict)
  } catch (error) {
    throw refuse(error instanceof Error ? error.message.split('\n')[0] : 'it cannot be written')
  }
  if (!written?.startsWith('{')) throw refuse('it is written as something else')
  return written
}

/** What a backend handed out: an object, its JSON, or a URL. @type {Kind} */
const plan = (value, name) =>
  typeof value === 'string' || value instanceof URL ? url(value, name) : json(value, name)

/** @type {Kind} */
const attempts = (value, name) => {
  if (count(value, name) > 0xffff_ffff) throw invalid(`${name} must be what upload() gave`)
  return value
}

/** @type {Kind} */
const warnings = (value, name) => {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw invalid(`${name} must be what upload() gave`)
  return value
}

/** What an upload gave, also if it was kept as JSON in between. @type {Kind} */
const stored = (value, name) => {
  if (typeof value !== 'object' || value === null) throw wrong(name, 'what upload() gave', value)
  /** @param {Kind} kind @param {string} field */
  const field = (kind, field) => kind(value[field], `${name}.${field}`)
  /** @param {string} name */
  const optional = (name) => (value[name] == null ? undefined : field(text, name))
  return {
    bytes: field(count, 'bytes'),
    etag: optional('etag'),
    sha256: optional('sha256'),
    md5: optional('md5'),
    verified: field(flag, 'verified'),
    attempts: field(attempts, 'attempts'),
    warnings: value.warnings == null ? undefined : field(warnings, 'warnings'),
    verifiedBy: optional('verifiedBy'),
    crc64nvme: optional('crc64nvme'),
  }
}

/** The same kind, and it may not be left out. @param {Kind} kind @returns {Kind} */
function required(kind) {
  return Object.assign((/** @type {any} */ value, /** @type {string} */ name) => kind(value, name), {
    required: true,
  })
}

/**
 * The arguments of a call, checked and converted. `null` and `undefined` are "not given".
 * @param {string} method
 * @param {Table} table
 * @param {any} given
 * @returns {Record<string, any>}
 */
function check(method, table, given) {
  if (given === undefined || given === null) given = {}
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalid(
      `the arguments of ${method} must be an object such as { ${Object.keys(table)[0]} }, not ${describe(given)}`,
    )
  }
  refuseUnknown(given, Object.keys(table), `${method} has no argument named`, 'its arguments are')
  /** @type {Record<string, any>} */
  const checked = {}
  for (const [name, kind] of Object.entries(table)) {
    const value = given[name]
    if (value !== undefined && value !== null) checked[name] = kind(value, name)
    else if (kind.required) throw invalid(`${name} is missing; ${method} needs it`)
  }
  return checked
}

/**
 * A slip such as `onprogress` must not be passed over in silence.
 * @param {object} given
 * @param {string[]} known
 * @param {string} refusal
 * @param {string} list
 */
function refuseUnknown(given, known, refusal, list) {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    const near = known.find((other) => plain(other) === plain(name))
    const hint = near === undefined ? '' : ` (perhaps ${near} is meant)`
    const shown = JSON.stringify(name.slice(0, 50))
    throw invalid(
      `${refusal} ${shown}${hint}; ${known.length > 0 ? `${list} ${known.join(', ')}` : 'leave it out'}`,
    )
  }
}

/** @param {string} name */
function plain(name) {
  return name.replace(/[_-]/g, '').toLowerCase()
}

/** @template {Table} T @param {T} definition @returns {T} */
function table(definition) {
  alsoSpell(Object.keys(definition))
  return definition
}

module.exports = {
  callback,
  check,
  count,
  flag,
  json,
  list,
  milliseconds,
  pairs,
  path,
  plan,
  refuseUnknown,
  required,
  signal,
  stored,
  table,
  text,
  texts,
  url,
  urls,
}
