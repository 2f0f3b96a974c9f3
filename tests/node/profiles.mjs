// Browsers' folders with all that is odd in them.

import { spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pattern, random } from './bytes.mjs'

/** A process that looks like a browser. */
export function browser() {
  const folder = mkdtempSync(join(tmpdir(), 'dropoff-browser-'))
  const program = join(folder, 'chrome')
  // macOS runs no copy of a program of its own.
  const [copied, args] =
    process.platform === 'darwin'
      ? [process.execPath, ['-e', 'setTimeout(() => {}, 60_000)']]
      : ['/bin/sleep', ['60']]
  copyFileSync(copied, program)
  const child = spawn(program, args, { stdio: 'ignore' })
  child.unref()
  return {
    lock: `${hostname()}-${child.pid}`,
    stop: () => {
      child.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A socket nobody listens on. Node removes its own when it is closed, so another link to it is made. */
function socket(path) {
  const folder = mkdtempSync(join(tmpdir(), 'dropoff-socket-'))
  const server = createServer().listen(join(folder, 's'))
  linkSync(join(folder, 's'), path)
  server.close()
  rmSync(folder, { recursive: true, force: true })
}

function command(...given) {
  const { status, stderr } = spawnSync(given[0], given.slice(1), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${given.join(' ')}: ${stderr}`)
}

/**
 * Makes a folder as a scenario's `{"profile": …}` says. Gives a function that ends the browser that a lock in
 * it names, if one does. A second making of the same folder leaves links and sockets that are there.
 */
export function makeProfile(names, root) {
  let running
  const live = (target) =>
    target.replace('$live', () => {
      running ??= browser()
      return running.lock
    })
  mkdirSync(root, { recursive: true })
  for (const [name, what] of Object.entries(names)) {
    const path = join(root, name)
    mkdirSync(dirname(path), { recursive: true })
    const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined
    if (what === null) mkdirSync(path, { recursive: true })
    else if (what.raw_name !== undefined) {
      mkdirSync(path, { recursive: true })
      writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from(what.raw_name, 'hex')]), '')
    } else if (what.symlink !== undefined) isThere || symlinkSync(live(what.symlink), path)
    else if (what.socket) isThere || socket(path)
    else if (what.fifo) isThere || command('mkfifo', path)
    else writeFileSync(path, content(what))
  }
  return () => running?.stop()
}

function content(what) {
  if (typeof what === 'number') return pattern(what)
  if (what.text !== undefined) return what.text
  if (what.hex !== undefined) return Buffer.from(what.hex, 'hex')
  if (what.random !== undefined) return random(what.random)
  if (what.zeros !== undefined) return Buffer.alloc(what.zeros)
  throw new Error(`unknown file ${JSON.stringify(what)}`)
}
