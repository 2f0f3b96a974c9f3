// @ts-check
'use strict'

// How a browser's folder is packed, and looking at one without packing it.

const native = require('../native.js')
const { path: pathKind, refuseUnknown, signal, table, text, texts } = require('./arguments.js')
const { describe, invalid } = require('./errors.js')
const { start } = require('./job.js')

/** The compiled half knows the levels and the rest. */
const PACK = table({
  level: text,
  profile: text,
  include: texts,
  exclude: texts,
  ifRunning: text,
  prefix: text,
})

/** @type {import('./arguments.js').Kind} */
const pack = (value, name) => {
  // A Map has none of the names, and would be the defaults.
  if (typeof value !== 'object' || value === null || Symbol.iterator in value)
    throw invalid(`${name} must be an object such as { level: "minimal" }, not ${describe(value)}`)
  refuseUnknown(value, Object.keys(PACK), `${name} has no setting named`, 'its settings are')
  const given = Object.entries(PACK).filter(([setting]) => value[setting] != null)
  return Object.fromEntries(
    given.map(([setting, kind]) => [setting, kind(value[setting], `${name}.${setting}`)]),
  )
}

const INSPECT = table({ pack, signal })

/** @param {any} path @param {any} [given] */
function startInspectProfile(path, given) {
  return start('inspectProfile', INSPECT, given, {
    convert: () => pathKind(path, 'path'),
    begin: (path, { pack }) => native.startInspectProfile(path, pack),
  })
}

/** @param {any} path @param {any} [given] */
async function inspectProfile(path, given) {
  return await startInspectProfile(path, given).wait()
}

module.exports = { inspectProfile, pack, startInspectProfile }
