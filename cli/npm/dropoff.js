#!/usr/bin/env node
'use strict'

// Runs the program of this platform's package, and ends as it does.

const { spawn } = require('node:child_process')
const { constants } = require('node:os')

/** The program's path, and a sentence where there is none. */
function program() {
  const { platform, arch } = process
  const names =
    platform === 'linux' ? [`${platform}-${arch}-gnu`, `${platform}-${arch}-musl`] : [`${platform}-${arch}`]
  // npm installs the package that fits; where it cannot tell the C library, both, and glibc says which it is.
  const isGlibc = platform !== 'linux' || process.report?.getReport().header.glibcVersionRuntime !== undefined
  for (const name of isGlibc ? names : names.reverse()) {
    try {
      return require.resolve(`@dropoff/cli-${name}/dropoff`)
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
