// @ts-check
'use strict'

// Logs: taken out of the compiled half every now and then and when a call is over, and given to the program's
// callback. `NODE_DEBUG=dropoff` prints them on stderr, as it does for Node's own modules.

const { debuglog } = require('node:util')
const native = require('../native.js')
const { text } = require('./arguments.js')
const { called, describe, invalid, spelled, words } = require('./errors.js')

/** How often it is looked for records while the program does something else. */
const DELIVERY_INTERVAL = 100

const debug = debuglog('dropoff')
/** @type {((record: any) => unknown) | undefined} */
let callback
/** Whether this callback's first failure was told. */
let told = false
/** Taken out and not given to the callback yet. @type {import('../native.js').LogLine[]} */
let taken = []
/** @type {NodeJS.Timeout | undefined} */
let timer

/** @param {any} given @param {any} [level] */
function onLog(given, level) {
  if (typeof given !== 'function' && given !== null) {
    throw invalid(
      `callback must be a function of one argument, the record, or null to end it, not ${describe(given)}`,
    )
  }
  const least = text(level ?? 'info', 'level')
  called(() => native.listenToLogs(given !== null, least))
  callback = given ?? undefined
  told = false
  taken = []
  look()
}

/** Looks for records as long as somebody wants them. Neither timer nor listener keeps the program alive. */
function look() {
  const wanted = callback !== undefined || debug.enabled
  if (wanted && timer === undefined) {
    timer = setInterval(deliver, DELIVERY_INTERVAL).unref()
    process.on('exit', deliver)
  } else if (!wanted) {
    clearInterval(timer)
    timer = undefined
    process.off('exit', deliver)
  }
}

/** Tells everything that was logged up to now. Never throws: a call that is over must be heard of. */
function deliver() {
  if (timer === undefined) return
  try {
    if (debug.enabled) {
      for (const { level, message } of native.takePrintedLogs()) debug('%s %s', level, spelled(message))
    }
    if (callback !== undefined) taken.push(...native.takeLogs())
  } catch (thrown) {
    complain(thrown)
  }
  // The callback may end this, or the program, which comes back here.
  for (let record; callback !== undefined && (record = taken.shift());) tell(callback, record)
}

/** @param {(record: any) => unknown} to @param {import('../native.js').LogLine} record */
function tell(to, { level, message }) {
  try {
    const given = to(Object.freeze({ level, message: spelled(message) }))
    // An unhandled rejection would end the program.
    if (typeof (/** @type {any} */ (given)?.then) === 'function') Promise.resolve(given).catch(complain)
  } catch (thrown) {
    complain(thrown)
  }
}

/** A call must not fail for its log, and the program should hear of it. @param {unknown} thrown */
function complain(thrown) {
  if (told) return
  told = true
  process.emitWarning(
    `telling the log failed (${words(thrown)}); calls go on, correct the callback of onLog`,
    {
      type: 'DropoffWarning',
      code: 'DROPOFF_LOG',
      ...(thrown instanceof Error && thrown.stack ? { detail: thrown.stack } : {}),
    },
  )
}

if (debug.enabled) {
  called(() => native.printLogs())
  look()
}

module.exports = { deliver, onLog }
