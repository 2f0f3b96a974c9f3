// @ts-check
'use strict'

// Settings of clients that are given none, while tests of a program have a sandbox. The environment alone
// will not do: in a worker thread and under Jest `process.env` is a copy, which the compiled half does not
// see.

/** Not a variable here: a runner that loads modules anew, or bundles them, has this one twice. */
const DEFAULTS = Symbol.for('dropoff.defaults')
const there = /** @type {Record<symbol, Record<string, Record<string, unknown>> | undefined>} */ (globalThis)

/** Gives those there were before. @param {Record<string, Record<string, unknown>> | undefined} byClient */
function setDefaults(byClient) {
  const before = there[DEFAULTS]
  there[DEFAULTS] = byClient
  return before
}

/** What was given, and the defaults of the client for the rest. @param {string} client @param {any} given */
function withDefaults(client, given) {
  const own = there[DEFAULTS]?.[client]
  return own === undefined ? given : filled(own, given)
}

/** What was given, and these for what is left out. @param {Record<string, unknown>} own @param {any} given */
function filled(own, given) {
  // The client says what is wrong with it.
  if (typeof (given ?? {}) !== 'object' || Array.isArray(given)) return given
  const settings = { ...own, ...given }
  for (const name of Object.keys(own)) settings[name] ??= own[name]
  return settings
}

module.exports = { filled, setDefaults, withDefaults }
