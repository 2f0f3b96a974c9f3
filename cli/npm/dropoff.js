#!/usr/bin/env node
'use strict'

// Runs the program of this platform's package, and ends as it does.

const { spawn } = require('node:child_process')
const { accessSync, closeSync, constants: modes, openSync, readSync } = require('node:fs')
const { constants } = require('node:os')
const { isatty } = require('node:tty')

/** The packages that may have it, the likelier first: npm may have installed those of both C libraries. */
function packages(platform, arch) {
  if (platform === 'win32') return [`win32-${arch}-msvc`]
  if (platform !== 'linux') return [`${platform}-${arch}`]
  return (isOfMusl(process.execPath) ? ['musl', 'gnu'] : ['gnu', 'musl']).map(
    (libc) => `linux-${arch}-${libc}`,
  )
}

/**
 * Whether a program names musl's loader (elf(5), PT_INTERP), which stands near its beginning. Node's report
 * tells it too, but takes milliseconds of each start.
 */
function isOfMusl(file) {
  let descriptor
  try {
    descriptor = openSync(file, 'r')
    const head = Buffer.alloc(4096)
    readSync(descriptor, head, 0, head.length, 0)
    return head.includes('/ld-musl-')
  } catch {
    return false
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

const GUIDE = 'https://dropoff.github.io/dropoff/guides/cli/'

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
      `another system); install it again without that, or see ${GUIDE}`,
  )
  process.exit(3)
}

/** Becomes the program, where Node can: then there is nobody in between whom a signal could go to. */
function become(file, args) {
  if (process.platform === 'win32' || typeof process.execve !== 'function') return
  try {
    // What cannot be run would abort Node.
    accessSync(file, modes.X_OK)
  } catch {
    return
  }
  process.execve(file, [file, ...args])
}

/** Runs it, and passes on what it does not get by itself. */
function run(file, args) {
  const child = spawn(file, args, { stdio: 'inherit' })
  child.on('error', (error) => {
    console.error(
      `${file} cannot be started (${error.code}), so it is damaged or may not run here; install dropoff-cli again, ` +
        `or see ${GUIDE}`,
    )
    process.exit(3)
  })
  // Who tells a whole group tells the program too, which counts both as one if they come at once. A terminal
  // always does, so its Ctrl-C is not passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !isatty(0)) child.kill(signal)
    })
  }
  child.on('close', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}

const file = program()
const args = process.argv.slice(2)
become(file, args)
run(file, args)
