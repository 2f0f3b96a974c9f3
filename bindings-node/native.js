// @ts-check
'use strict'

// The compiled half: one file, and no other place is looked at. `npm run build` makes it, and native.d.ts beside it.

const { join } = require('node:path')
const { loadError, refuseCut } = require('./lib/load_error.js')

// Without a folder in an ES module that a bundler made.
const file = join(typeof __dirname === 'string' ? __dirname : '', 'dropoff.linux-x64-gnu.node')
try {
  refuseCut(file)
  // Written out, since that is how bundlers find it.
  module.exports = require('./dropoff.linux-x64-gnu.node')
} catch (error) {
  throw loadError(error, file)
}
