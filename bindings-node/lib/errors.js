// @ts-check
'use strict'

// The error class, and the one place where errors are made.

const native = require('../native.js')

/** What went wrong, as facts a program can act on. */
class DropoffError extends Error {
  /** @param {Record<string, any>} facts those of the compiled half, `message` among them */
  constructor(facts) {
    const { message, cause, ...others } = facts
    super(message, cause == null ? undefined : { cause })
    Object.assign(this, others)
  }

  /** Every fact, fit for JSON and for an agent's tool result. */
  toJSON() {
    const { code, number, ...others } = /** @type {any} */ (this)
    return {
      code,
      number,
      message: this.message,
      ...others,
      cause: this.cause === undefined ? null : words(this.cause),
    }
  }
}
Object.defineProperty(DropoffError.prototype, 'name', {
  value: 'DropoffError',
  configurable: true,
  writable: true,
})

/** How JavaScript spells the names that stand in the core's messages. */
const spellings = new Map(native.optionTable().map((row) => [row.coreName, row.name]))

/** @param {string[]} names of arguments, in camelCase */
function alsoSpell(names) {
  for (const name of names) {
    spellings.set(
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      name,
    )
  }
}
for (const name of native.resourceNames()) {
  spellings.set(
    name,
    name.replace(/_[a-z]/g, (letter) => letter.charAt(1).toUpperCase()),
  )
}

// A word on its own. Not a part of a path, a file name or a quotation, which are somebody else's.
const WORD = /(?<![\w./"'-])[a-z]+(?:_[a-z]+)+(?![\w./"'-])/g

/** @param {string} message the core's, whose names are those of the other languages */
function spelled(message) {
  return message.replace(WORD, (word) => spellings.get(word) ?? word)
}

/**
 * @param {string} text facts as JSON
 * @param {{ error: unknown }} [thrown] what a stream of the call threw: the cause, if that is what went wrong
 */
function fromFacts(text, thrown) {
  const facts = JSON.parse(text)
  const cause = thrown && facts.code === 'source_unreadable' ? thrown.error : facts.cause
  return new DropoffError({ ...facts, message: spelled(facts.message), cause })
}

/**
 * Gives an error the stack of the call it is about; its own begins in the timer or callback that ended it.
 * @param {Error} error
 * @param {{ stack?: unknown }} origin where `Error.captureStackTrace` left it
 */
function from(error, origin) {
  const frames = typeof origin.stack === 'string' ? origin.stack.split('\n').slice(1) : []
  if (frames.length > 0) error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n')
  return error
}

/** @param {string} message names the argument and says what it may be, never its value */
function invalid(message) {
  return fromFacts(native.badArgument(message).error)
}

/** @param {unknown} thrown by the compiled half, which should not */
function defect(thrown) {
  return fromFacts(native.defect(words(thrown)).error)
}

/**
 * Makes a native call; its error is thrown.
 * @template T
 * @param {() => T | import('../native.js').Failed} begin
 * @returns {T}
 */
function called(begin) {
  let result
  try {
    result = begin()
  } catch (thrown) {
    throw thrown instanceof DropoffError ? thrown : defect(thrown)
  }
  if (
    typeof result === 'object' &&
    result !== null &&
    'error' in result &&
    typeof result.error === 'string'
  ) {
    throw fromFacts(result.error)
  }
  return /** @type {T} */ (result)
}

/** @param {unknown} thrown anything at all */
function words(thrown) {
  try {
    return String(thrown)
  } catch {
    return 'an object without words'
  }
}

/** The type of a value in words, since the value itself may be a secret. @param {unknown} value */
function describe(value) {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return withArticle(typeof value)
  let name
  try {
    name = value.constructor?.name
  } catch {
    // A getter or proxy that refuses.
  }
  return typeof name === 'string' && /^\w{1,60}$/.test(name) ? withArticle(name) : 'an object'
}

/** @param {string} noun */
function withArticle(noun) {
  return (/^[aeiou]/i.test(noun) ? 'an ' : 'a ') + noun
}

module.exports = { DropoffError, alsoSpell, called, describe, from, fromFacts, invalid, spelled, words }
