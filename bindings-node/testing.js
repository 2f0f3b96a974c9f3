// @ts-check
'use strict'

// The sandbox, for tests. The documentation is in testing.d.ts.

exports.Sandbox = require('./lib/testing/sandbox.js').Sandbox
exports.sandboxForTests = require('./lib/testing/hooks.js').sandboxForTests
exports.startSandbox = require('./lib/testing/hooks.js').startSandbox
