// @ts-check
'use strict'

// The systems that there is a compiled half for, by napi's names of them: the file is dropoff.NAME.node, in a
// package @dropoff/NAME of its own. A scope, since nobody else can publish in it. A new row wants two lines
// in native.js and a build in the release workflow.

/**
 * @typedef {object} Platform
 * @property {string} os as in `process.platform`
 * @property {string} cpu as in `process.arch`
 * @property {'glibc' | 'musl'} [libc]
 * @property {string} words
 */

/** @type {Record<string, Platform>} */
const PLATFORMS = {
  'linux-x64-gnu': { os: 'linux', cpu: 'x64', libc: 'glibc', words: 'Linux x86-64 with glibc' },
  'linux-x64-musl': { os: 'linux', cpu: 'x64', libc: 'musl', words: 'Linux x86-64 with musl' },
  'linux-arm64-gnu': { os: 'linux', cpu: 'arm64', libc: 'glibc', words: 'Linux arm64 with glibc' },
  'linux-arm64-musl': { os: 'linux', cpu: 'arm64', libc: 'musl', words: 'Linux arm64 with musl' },
  'darwin-x64': { os: 'darwin', cpu: 'x64', words: 'macOS x86-64' },
  'darwin-arm64': { os: 'darwin', cpu: 'arm64', words: 'macOS arm64' },
  'win32-x64-msvc': { os: 'win32', cpu: 'x64', words: 'Windows x86-64' },
}

/** @param {string} name */
const packageOf = (name) => `@dropoff/${name}`
/** @param {string} name */
const fileOf = (name) => `dropoff.${name}.node`

module.exports = { PLATFORMS, fileOf, packageOf }
