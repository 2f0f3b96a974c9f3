// @ts-check
'use strict'

// The system that this process runs on, and the platform that fits it.

const { closeSync, openSync, readSync } = require('node:fs')
const { PLATFORMS } = require('./platforms.js')

/**
 * @typedef {object} System
 * @property {string} platform
 * @property {string} arch
 * @property {'glibc' | 'musl' | undefined} libc undefined: not Linux, or nobody can tell
 * @property {boolean} restricted whether Node's permission model is on
 */

/** @returns {System} */
function thisSystem() {
  const { platform, arch } = process
  const libc = platform === 'linux' ? libcOf(process.execPath) : undefined
  return { platform, arch, libc, restricted: 'permission' in process }
}

/** The name of the platform that fits; glibc's where nobody can tell. @param {System} system */
function platformOf({ platform, arch, libc }) {
  const fitting = Object.entries(PLATFORMS).filter(([, { os, cpu }]) => os === platform && cpu === arch)
  return fitting.find(([, row]) => row.libc === undefined || row.libc === (libc ?? 'glibc'))?.[0]
}

/** @param {System} system */
const wordsOf = ({ platform, arch, libc }) => `${platform} ${arch}${libc ? ` with ${libc}` : ''}`

/**
 * The C library of a program, by the loader it names (elf(5), PT_INTERP). Node's report tells it too, but
 * takes milliseconds of each start.
 * @param {string} program
 */
function libcOf(program) {
  let descriptor
  try {
    descriptor = openSync(program, 'r')
    const header = read(descriptor, 0, 64)
    const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)]
    const table = read(descriptor, Number(header.readBigUInt64LE(32)), size * count)
    for (let at = 0; at < table.length; at += size) {
      if (table.readUInt32LE(at) !== 3) continue
      const [start, length] = [table.readBigUInt64LE(at + 8), table.readBigUInt64LE(at + 32)]
      const loader = read(descriptor, Number(start), Number(length)).toString('latin1')
      if (/\/ld-musl-/.test(loader)) return 'musl'
      if (/\/ld-linux-/.test(loader)) return 'glibc'
    }
  } catch {
    // Node's report tells.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
  const version = glibcVersion()
  return version === undefined ? undefined : version === null ? 'musl' : 'glibc'
}

/** @param {number} descriptor @param {number} position @param {number} length */
function read(descriptor, position, length) {
  const bytes = Buffer.alloc(length)
  return bytes.subarray(0, readSync(descriptor, bytes, 0, length, position))
}

/** The version of glibc, by Node's report; null: another C library; undefined: nobody can tell. */
function glibcVersion() {
  const report = /** @type {any} */ (process.report)
  const before = report?.excludeNetwork
  try {
    // Otherwise it looks up the names of all peers.
    report.excludeNetwork = true
    return /** @type {string | null} */ (report.getReport().header.glibcVersionRuntime ?? null)
  } catch {
    return undefined
  } finally {
    if (report) report.excludeNetwork = before
  }
}

module.exports = { glibcVersion, libcOf, platformOf, thisSystem, wordsOf }
