// @ts-check
'use strict'

// Why the compiled half cannot be loaded, in words that end with what to do. All other errors are made by
// that half; this one is a plain Error, with one of Node's own codes.

const { closeSync, existsSync, fstatSync, openSync, readSync } = require('node:fs')
const { join } = require('node:path')
const { PLATFORMS, fileOf, packageOf } = require('./platforms.js')
const { glibcVersion, wordsOf } = require('./system.js')
const { version } = require('../package.json')

const AGAIN = 'install dropoff again'
const EXTERNAL = 'tell your bundler that dropoff is external'
const REPLACED = 'something else stands in its place'

/**
 * @typedef {object} Wanted
 * @property {import('./system.js').System} system
 * @property {string | undefined} name of the platform that fits, if there is one
 * @property {string | undefined} file the compiled half, if its package is there or it lies beside native.js
 * @property {string} folder that of native.js, or of a bundle
 * @property {string[]} others the platforms whose packages are installed
 */

/** @param {any} cause what `require` threw @param {Wanted} wanted */
function loadError(cause, wanted) {
  const disabled = cause?.code === 'ERR_DLOPEN_DISABLED'
  const why = disabled ? turnedOff(wanted.system) : reason(cause, wanted)
  const error = new Error(`dropoff's compiled module cannot be loaded: ${why}`, { cause })
  return Object.assign(error, { code: disabled ? cause.code : 'ERR_DLOPEN_FAILED' })
}

/** @param {import('./system.js').System} system */
function turnedOff({ restricted }) {
  return restricted
    ? `Node's permission model keeps compiled modules out; start node with --allow-addons too`
    : 'such modules are turned off in this process; start node, or the worker, without --no-addons'
}

/** @param {any} cause @param {Wanted} wanted */
function reason(cause, wanted) {
  const { system, name, file } = wanted
  if (name === undefined) return unsupported(system)
  const absent = cause?.code === 'MODULE_NOT_FOUND'
  if (absent && file === undefined) return notInstalled({ ...wanted, name })
  if (absent) return `${file} is missing; ${AGAIN}`
  const words = String(cause?.message ?? cause)
  return ofSystem(words) ?? ofFile(words, file ?? packageOf(name), name, system)
}

/** @param {import('./system.js').System} system */
function unsupported(system) {
  const names = Object.values(PLATFORMS).map(({ words }) => words)
  const last = names.pop()
  return `it is for ${names.join(', ')} and ${last}, and this is ${wordsOf(system)}; use such a machine or container`
}

/** @param {Wanted & { name: string }} wanted */
function notInstalled({ name, folder, others }) {
  const wanted = packageOf(name)
  if (existsSync(join(folder, 'Cargo.toml')))
    return `${join(folder, fileOf(name))} is missing; run "npm run build:release" in that folder`
  if (!existsSync(join(folder, 'native.js')))
    return `${wanted} is not to be found from ${folder}; ${EXTERNAL}, and install it there`
  const here = PLATFORMS[name]?.words
  if (others.length > 0)
    return (
      `this is ${here}, and node_modules was made for another system, with ${others.map(packageOf).join(' and ')}; ` +
      'run "npm install" on this system, without a node_modules that was copied'
    )
  return (
    `${wanted}, its package for ${here}, is not installed; run "npm install --include=optional", ` +
    `or "npm install ${wanted}@${version}" if a lock file leaves it out`
  )
}

/**
 * What would hold for every file of ours. The words are those of glibc's elf/dl-version.c and elf/dl-load.c,
 * of musl's ldso/dynlink.c, and of Windows' system errors 126 and 127, which do not name the library.
 * @param {string} words
 */
function ofSystem(words) {
  const [, wanted] = /version [`'](GLIBC_[\d.]+)' not found/.exec(words) ?? []
  if (wanted) {
    const glibc = glibcVersion()
    return (
      `it needs ${wanted}, and this system has ${glibc ? `glibc ${glibc}` : 'an older glibc'}; ` +
      'use a newer system, or build the package on this one'
    )
  }
  const [, library] =
    /^(lib[^/:]+): cannot open shared object file/.exec(words) ??
    /^Error loading shared library (lib[^/:]+): No such file/.exec(words) ??
    []
  if (library) return `this system has no ${library}, which it needs; install that`
  // A package's file has Microsoft's C library inside (tests/dist/pack.sh), and asks for Windows' own alone.
  if (/specified (module|procedure) could not be found/.test(words))
    return (
      'this system lacks a library, or a function of one, that Windows 10 and later have; ' +
      'use such a Windows with all its parts'
    )
}

/**
 * @param {string} words @param {string} file @param {string} name
 * @param {import('./system.js').System} system
 */
function ofFile(words, file, name, system) {
  if (/: Permission denied|^Access is denied/.test(words))
    return `this user may not read ${file}; change its permissions`
  if (/failed to map segment/.test(words))
    return `the system lets no code run from ${file}; put it on a file system without noexec, or change the policy`
  // macOS' dyld, and Windows' system errors 1260 and 4551.
  if (
    /code signature|disallowed by system policy|blocked by group policy|Application Control policy/.test(
      words,
    )
  )
    return `a policy of this system lets no code run from ${file}; ask whoever administers it to allow that file`
  const systems = `it is for ${PLATFORMS[name]?.words}, and this is ${wordsOf(system)}`
  // For another machine's file glibc has the last of these words, though it is there; musl has the first two.
  if (
    /Exec format error|ld-linux-|file too short|ELF|cannot read file data|No such file/.test(words) ||
    /incompatible architecture|mach-o|not a valid Win32 application/.test(words)
  )
    return `${file} is damaged or for another machine (${systems}); ${AGAIN}`
  if (words === REPLACED) return `${words}; ${EXTERNAL}`
  if (/ is of version /.test(words)) return `${words}; ${AGAIN}`
  return `${words.split('\n')[0]} (${systems}); see the cause of this error, and ${AGAIN}`
}

/**
 * Half of one release and half of another; or the path that a bundler gives instead of the half.
 * @param {any} half @param {string} script the version of its JavaScript
 */
function refuseOther(half, script) {
  if (typeof half.version !== 'function') throw new Error(REPLACED)
  const compiled = half.version()
  if (compiled !== script) throw new Error(`it is of version ${compiled}, and its JavaScript of ${script}`)
}

/** The end of a file that was cut is found by a SIGBUS when it is loaded. @param {string} file */
function refuseCut(file) {
  const header = Buffer.alloc(64)
  let descriptor
  try {
    descriptor = openSync(file, 'r')
    readSync(descriptor, header)
    // The table of sections comes last: see elf(5), e_shoff, e_shentsize and e_shnum.
    const end = Number(header.readBigUInt64LE(40)) + header.readUInt16LE(58) * header.readUInt16LE(60)
    if (header.readUInt32BE(0) !== 0x7f454c46 || fstatSync(descriptor).size >= end) return
  } catch {
    // `require` tells.
    return
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
  throw new Error(`${file}: file too short`)
}

module.exports = { loadError, refuseCut, refuseOther }
