#!/usr/bin/env node
'use strict'

// Runs the program of this platform's package, and ends as it does.

const { spawn } = require('node:child_process')
const { constants } = require('node:os')

/** The packages that may have it, the likelier first: npm may have installed those of both C libraries. */
function packages(platform, arch) {
  if (platform === 'win32') return [`win32-${arch}-msvc`]
  if (platform !== 'linux') return [`${platform}-${arch}`]
  const isGlibc = process.report?.getReport().header.glibcVersionRuntime !== undefined
  return (isGlibc ? ['gnu', 'musl'] : ['musl', 'gnu']).map((libc) => `linux-${arch}-${libc}`)
}

/** The program's path, and a sentence where there is none. */
function program() {
  const { platform, arch } = process
  const file = platform === 'win32' ? 'dropoff.exe' : 'dropoff'
  for (const name of packages(platform, arch)) {
    try {
      return require.resolve(`@dropoff/cli-${name}/${file}`)
    } catch {
      // The next one, or the error below.
    }
  }
  console.error(
    `dropoff-cli has no program for ${platform} ${arch}, or npm left it out (--omit=optional, or a lock file of ` +
      `another system); install it again without that, or see https://dropoff.github.io/dropoff/guides/cli/`,
  )
  process.exit(3)
}

const child = spawn(program(), process.argv.slice(2), { stdio: 'inherit' })
child.on('error', (error) => {
  console.error(`dropoff could not be started: ${error.message}`)
  process.exit(3)
})
// Ctrl-C reaches the program by the terminal; who would get it from here too would end at once.
process.on('SIGINT', () => {})
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('close', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal]
})
