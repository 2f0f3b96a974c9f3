// @ts-check
'use strict'

// Tools for agents. The documentation is in tools.d.ts.

exports.errorSchema = require('./lib/tools/description.js').errorSchema
exports.makeTools = require('./lib/tools/make.js').makeTools
