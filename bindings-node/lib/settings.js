// @ts-check
'use strict'

// What a client is made from: its own settings, and the options of all clients. The options' names, types
// and ranges are the compiled half's; nothing here lists them.

const { fileURLToPath } = require('node:url')
const native = require('../native.js')
const { refuseUnknown } = require('./arguments.js')
const { withDefaults } = require('./defaults.js')
const { describe, invalid } = require('./errors.js')

const rows = native.optionTable()

/**
 * @param {string} client
 * @param {import('./arguments.js').Table} own
 * @param {any} given
 */
function settings(client, own, given) {
  given = withDefaults(client, given)
  if (given === undefined || given === null) given = {}
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw invalid(`new ${client}() takes an object such as { maxAttempts: 3 }, not ${describe(given)}`)
  }
  const known = [...Object.keys(own), ...rows.map((row) => row.name)]
  refuseUnknown(given, known, 'there is no option named', 'the options are')
  /** @type {Record<string, any>} */
  const checked = {}
  for (const [name, kind] of Object.entries(own)) {
    if (given[name] !== undefined && given[name] !== null) checked[name] = kind(given[name], name)
  }
  const options = rows.flatMap(({ name }) => optionAlone(name, given[name]) ?? [])
  return { ...checked, options }
}

/** One option, if it is given. @param {string} name @param {unknown} value */
function optionAlone(name, value) {
  if (value === undefined || value === null) return undefined
  const kind = rows.find((row) => row.name === name)?.kind ?? ''
  return { name, found: describe(value), ...asGiven(value, kind) }
}

/** @param {unknown} value @param {string} kind */
function asGiven(value, kind) {
  if (typeof value === 'number') return { number: value }
  if (typeof value === 'boolean') return { flag: value }
  if (value instanceof URL && kind === 'Path') {
    return value.protocol === 'file:' ? { text: fileURLToPath(value) } : {}
  }
  if (isText(value)) return { text: String(value) }
  if (Array.isArray(value) && value.every(isText)) return { texts: value.map(String) }
  return {}
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === 'string' || value instanceof URL
}

module.exports = { optionAlone, settings }
