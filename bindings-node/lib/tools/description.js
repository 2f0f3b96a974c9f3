// @ts-check
'use strict'

// The description that all languages share, and the facts as it describes them.

const native = require('../../native.js')
const { invalid } = require('../errors.js')

/** @typedef {Record<string, any>} Schema */

const description = JSON.parse(native.toolsDescription())
/** @type {Schema[]} */
const tools = description.tools
/** @type {Schema} */
const told = description.error
/** What is public may be changed by a framework, so nothing is read from it. @type {Schema} */
const errorSchema = copied(told)
/** @type {{ when: Record<string, unknown>, say: string }[]} */
const rules = description.next

/**
 * A schema of one's own. Not by `structuredClone`, which Jest's jsdom does not have.
 * @param {Schema} schema @returns {Schema}
 */
function copied(schema) {
  return JSON.parse(JSON.stringify(schema))
}

/** One of the description's sentences. @param {string} which @param {Record<string, string>} values */
function sentence(which, values) {
  return native.toolSentence(which, Object.entries(values))
}

/**
 * The error for arguments that are wrong or not allowed.
 * @param {string} which @param {Record<string, string>} values
 */
function refusal(which, values) {
  return invalid(sentence(which, values))
}

/**
 * The facts of `value` that the schema has, by the names that all languages share, without those that are
 * absent or of another type: a service's own answers are told too, and whoever compares a whole answer with
 * the schema would drop all of it.
 * @param {Schema} schema @param {any} value @returns {any}
 */
function described(schema, value) {
  if (Array.isArray(value))
    return 'items' in schema
      ? value.filter((item) => fits(schema.items, item)).map((item) => described(schema.items, item))
      : value
  if (typeof value !== 'object' || value === null || !('properties' in schema)) return value
  /** @type {Record<string, any>} */
  const facts = {}
  for (const [name, inner] of Object.entries(schema.properties)) {
    const fact = value[name] ?? value[camel(name)]
    const isNone = fact === undefined || fact === null || !fits(inner, fact)
    if (isNone || (Array.isArray(fact) && fact.length === 0 && !schema.required?.includes(name))) continue
    facts[name] = described(inner, fact)
  }
  return facts
}

/** @param {Schema} schema @param {any} fact */
function fits({ type }, fact) {
  if (type === 'array') return Array.isArray(fact)
  if (type === 'object') return typeof fact === 'object' && fact !== null && !Array.isArray(fact)
  if (type === 'integer') return Number.isInteger(fact)
  return type === undefined || typeof fact === type
}

/** An error as a model is told of it. @param {import('../errors.js').DropoffError} error */
function failure(error) {
  const { code, retryAfter, message, ...others } = /** @type {any} */ (error).toJSON()
  const facts = {
    ...others,
    message: asSchemasSpell(message),
    // Its name and its unit in all other languages.
    kind: code,
    retry_after: retryAfter === null ? null : retryAfter / 1000,
  }
  const rule = rules.find(({ when }) => Object.entries(when).every(([name, value]) => facts[name] === value))
  return described(told, { error: { ...facts, next: rule?.say } })
}

/** How the schemas spell what messages spell as JavaScript does. */
const spellings = new Map(
  [
    ...tools.flatMap((tool) => [tool.name, ...Object.keys(tool.input.properties)]),
    ...Object.keys(told.properties.error.properties),
  ].map((name) => [camel(name), name]),
)

// A word on its own, as in `errors.js`.
const WORD = /(?<![\w./"'-])[a-z]+(?:[A-Z][a-z]+)+(?![\w./"'-])/g

/** @param {string} message */
function asSchemasSpell(message) {
  return message.replace(WORD, (word) => spellings.get(word) ?? word)
}

/** @param {string} name */
function camel(name) {
  return name.replace(/_[a-z0-9]/g, (letter) => letter.charAt(1).toUpperCase())
}

module.exports = { camel, copied, described, errorSchema, failure, refusal, sentence, tools }
