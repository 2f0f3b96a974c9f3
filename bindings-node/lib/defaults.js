// @ts-check
'use strict'

// Settings of clients that are given none, while tests of a program have a sandbox. The environment alone
// will not do: in a worker thread and under Jest `process.env` is a copy, which the compiled half does not
// see.

/** @type {Record<string, Record<string, unknown>>} */
let defaults = {}

/** @param {Record<string, Record<string, unknown>>} byClient */
function setDefaults(byClient) {
  defaults = byClient
}

/** What was given, and the defaults of the client for the rest. @param {string} client @param {any} given */
function withDefaults(client, given) {
  const own = defaults[client]
  if (own === undefined || typeof (given ?? {}) !== 'object' || Array.isArray(given)) return given
  const filled = { ...own, ...given }
  for (const name of Object.keys(own)) filled[name] ??= own[name]
  return filled
}

module.exports = { setDefaults, withDefaults }
