// @ts-check
'use strict'

// Why the compiled half cannot be loaded, in words that end with what to do. All other errors are made by that half; this
// one is a plain Error, with one of Node's own codes.

const { closeSync, fstatSync, openSync, readSync } = require('node:fs')

const RUNS_ON = 'Linux x86-64 with glibc'
const INSTALL = 'install the package again'

/**
 * @typedef {object} System
 * @property {string} platform
 * @property {string} arch
 * @property {string | null | undefined} glibc its version; null: another C library; undefined: nobody can tell
 * @property {boolean} restricted whether Node's permission model is on
 */

/**
 * @param {any} cause what `require` threw
 * @param {string} file the compiled half
 * @param {System} [system]
 */
function loadError(cause, file, system = thisSystem()) {
  const disabled = cause?.code === 'ERR_DLOPEN_DISABLED'
  const words = String(cause?.message ?? cause)
  const why = disabled
    ? turnedOff(system)
    : (ofSystem(words, system) ??
      (cause?.code === 'MODULE_NOT_FOUND' ? notFound(file) : ofFile(words, file, system)))
  const error = new Error(`dropoff's compiled module cannot be loaded: ${why}`, { cause })
  return Object.assign(error, { code: disabled ? cause.code : 'ERR_DLOPEN_FAILED' })
}

/** @param {System} system */
function turnedOff({ restricted }) {
  return restricted
    ? `Node's permission model keeps compiled modules out; start node with --allow-addons too`
    : 'such modules are turned off in this process; start node, or the worker, without --no-addons'
}

/**
 * What would hold for every file of ours. The words are those of glibc's elf/dl-version.c and elf/dl-load.c.
 * @param {string} words @param {System} system
 */
function ofSystem(words, { platform, arch, glibc }) {
  if (platform !== 'linux' || arch !== 'x64')
    return `it is for ${RUNS_ON}, and this is ${platform} ${arch}; use such a machine or container`
  if (glibc === null)
    return (
      `it is for ${RUNS_ON}, and this system has another C library, as Alpine has musl; ` +
      'use an image with glibc, such as node:24-slim'
    )
  const [, version] = /version [`'](GLIBC_[\d.]+)' not found/.exec(words) ?? []
  if (version)
    return (
      `it needs ${version}, and this system has ${glibc ? `glibc ${glibc}` : 'an older glibc'}; ` +
      'use a newer system, or build the package on this one'
    )
  const [, library] = /^(lib[^/:]+): cannot open shared object file/.exec(words) ?? []
  return library && `this system has no ${library}, which it needs; install that`
}

/** @param {string} file */
function notFound(file) {
  return (
    `${file} is missing; ${INSTALL}, run "npm run build:release" if this is a clone, ` +
    'or tell your bundler that dropoff is external'
  )
}

/** @param {string} words @param {string} file @param {System} system */
function ofFile(words, file, { platform, arch, glibc }) {
  if (/: Permission denied/.test(words)) return `this user may not read ${file}; change its permissions`
  if (/failed to map segment/.test(words))
    return `the system lets no code run from ${file}; put it on a file system without noexec, or change the policy`
  const systems = `it is for ${RUNS_ON}, and this is ${platform} ${arch}${glibc ? ` with glibc ${glibc}` : ''}`
  // For another machine's file glibc has the last of these words, though it is there.
  if (/file too short|ELF|cannot read file data|No such file/.test(words))
    return `${file} is damaged or for another machine (${systems}); ${INSTALL}`
  return `${words.split('\n')[0]} (${systems}); see the cause of this error, and ${INSTALL}`
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

/** @returns {System} */
function thisSystem() {
  const { platform, arch } = process
  return { platform, arch, glibc: glibc(), restricted: 'permission' in process }
}

/** Node's report names the version of glibc if that is the C library. */
function glibc() {
  const report = /** @type {any} */ (process.report)
  const before = report?.excludeNetwork
  try {
    // Otherwise it looks up the names of all peers.
    report.excludeNetwork = true
    return report.getReport().header.glibcVersionRuntime ?? null
  } catch {
    return undefined
  } finally {
    if (report) report.excludeNetwork = before
  }
}

module.exports = { loadError, refuseCut }
