// @ts-check
'use strict'

// The compiled half. In a clone `npm run build` puts it beside this file, and native.d.ts too; npm installs
// it as the package for this system. No other place is looked at.

const { createRequire } = require('node:module')
const { existsSync } = require('node:fs')
const { dirname, join } = require('node:path')
const { loadError, refuseCut, refuseOther } = require('./lib/load_error.js')
const { PLATFORMS, fileOf, packageOf } = require('./lib/platforms.js')
const { platformOf, thisSystem } = require('./lib/system.js')
const { version } = require('./package.json')

// Without a folder in an ES module that a bundler made.
const folder = typeof __dirname === 'string' ? __dirname : process.cwd()
const system = thisSystem()
const name = platformOf(system)
const beside = name && join(folder, fileOf(name))
const isBeside = beside !== undefined && existsSync(beside)
const file = isBeside ? beside : name && installed(name)

try {
  if (file) refuseCut(file)
  // Written out, and where a failure is caught: so bundlers find what there is, and pass by the rest.
  switch (name) {
    case 'linux-x64-gnu':
      module.exports = isBeside ? require('./dropoff.linux-x64-gnu.node') : require('@dropoff/linux-x64-gnu')
      break
    case 'linux-x64-musl':
      module.exports = isBeside
        ? require('./dropoff.linux-x64-musl.node')
        : require('@dropoff/linux-x64-musl')
      break
    case 'linux-arm64-gnu':
      module.exports = isBeside
        ? require('./dropoff.linux-arm64-gnu.node')
        : require('@dropoff/linux-arm64-gnu')
      break
    case 'linux-arm64-musl':
      module.exports = isBeside
        ? require('./dropoff.linux-arm64-musl.node')
        : require('@dropoff/linux-arm64-musl')
      break
    case 'darwin-x64':
      module.exports = isBeside ? require('./dropoff.darwin-x64.node') : require('@dropoff/darwin-x64')
      break
    case 'darwin-arm64':
      module.exports = isBeside ? require('./dropoff.darwin-arm64.node') : require('@dropoff/darwin-arm64')
      break
    case 'win32-x64-msvc':
      module.exports = isBeside
        ? require('./dropoff.win32-x64-msvc.node')
        : require('@dropoff/win32-x64-msvc')
      break
    default:
      throw new Error(`no compiled module for ${system.platform} ${system.arch}`)
  }
  refuseOther(module.exports, version)
} catch (error) {
  throw loadError(error, { system, name, file, folder, others: Object.keys(PLATFORMS).filter(installed) })
}

/** Where the package of a platform has its file, if it is installed. @param {string} platform */
function installed(platform) {
  try {
    const found = createRequire(join(folder, 'native.js')).resolve(`${packageOf(platform)}/package.json`)
    return join(dirname(found), fileOf(platform))
  } catch {
    return undefined
  }
}
