// @ts-check
'use strict'

// A model's arguments, which the core compares with the schema that the model was given.

const native = require('../../native.js')
const { called } = require('../errors.js')
const { refusal } = require('./description.js')

/**
 * The arguments without those that are null.
 * @param {string} tool @param {string} schema as JSON text @param {any} given
 * @returns {Record<string, any>}
 */
function checked(tool, schema, given) {
  const text = typeof given === 'string' ? given : written(tool, given ?? {})
  return JSON.parse(called(() => native.toolArguments(tool, schema, text)))
}

/** @param {string} tool @param {any} given */
function written(tool, given) {
  try {
    return JSON.stringify(given) ?? '[]'
  } catch {
    // No JSON holds them.
    throw refusal('arguments', { tool })
  }
}

module.exports = { checked }
