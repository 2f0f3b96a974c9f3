// @ts-check
'use strict'

// Hands an agent's files to presigned object storage. The documentation is in index.d.ts.

const native = require('./native.js')

exports.AgentDrop = require('./lib/agentdrop.js').AgentDrop
exports.DropoffError = require('./lib/errors.js').DropoffError
exports.Encryption = require('./lib/sealing.js').Encryption
exports.File = require('./lib/file.js').File
exports.HCompany = require('./lib/hcompany.js').HCompany
exports.Job = require('./lib/job.js').Job
exports.KeyPair = require('./lib/sealing.js').KeyPair
exports.ProfileTicket = require('./lib/results.js').ProfileTicket
exports.Storage = require('./lib/storage.js').Storage
exports.TransferTicket = require('./lib/results.js').TransferTicket
exports.inspectProfile = require('./lib/profiles.js').inspectProfile
exports.onLog = require('./lib/logs.js').onLog
exports.openSealed = require('./lib/sealing.js').openSealed
exports.startInspectProfile = require('./lib/profiles.js').startInspectProfile
exports.startOpenSealed = require('./lib/sealing.js').startOpenSealed
exports.version = native.version()
