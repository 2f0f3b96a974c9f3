// @ts-check
'use strict'

// A model's arguments, compared with the schema it was given.

const { due, refusal } = require('./description.js')

/** @typedef {import('./description.js').Schema} Schema */

/**
 * The arguments without those that are null, which frameworks send for what was left out.
 * @param {string} tool @param {Schema} schema @param {any} given
 * @returns {Record<string, any>}
 */
function checked(tool, schema, given) {
  if (typeof given === 'string') given = parsed(tool, given)
  given ??= {}
  if (typeof given !== 'object' || Array.isArray(given)) throw refusal('arguments', { tool })
  const names = Object.keys(schema.properties)
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw refusal('unknown', { tool, name, names: names.join(', ') })
  }
  for (const name of schema.required) {
    if (given[name] === undefined || given[name] === null) throw refusal('missing', { name, tool })
  }
  const known = names.filter((name) => given[name] !== undefined && given[name] !== null)
  return Object.fromEntries(known.map((name) => [name, typed(name, schema.properties[name], given[name])]))
}

/** @param {string} tool @param {string} text */
function parsed(tool, text) {
  // Some models send no text at all where there are no arguments.
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text) ?? []
  } catch {
    throw refusal('arguments', { tool })
  }
}

/** @param {string} name @param {Schema} schema @param {any} value */
function typed(name, schema, value) {
  const isList = 'items' in schema
  if (!is(schema.type, value) || (isList && !value.every((/** @type {any} */ item) => is('string', item))))
    throw refusal('type', { name, due: due(schema.type) })
  if ('enum' in schema && !schema.enum.includes(value))
    throw refusal('type', { name, due: due('enum', schema.enum.join(', ')) })
  return value
}

/** @param {string} kind @param {unknown} value */
function is(kind, value) {
  if (kind === 'integer') return Number.isSafeInteger(value)
  return kind === 'array' ? Array.isArray(value) : typeof value === kind
}

module.exports = { checked }
