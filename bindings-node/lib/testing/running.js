// @ts-check
'use strict'

// Programs that run for sandboxes: one for a sandbox of its own, or one for all hooks that ask for the same.

const { Program, found } = require('./program.js')

/** @typedef {{ program?: string, options?: string[] }} Start */
/** @typedef {{ ready: any, release: () => Promise<void> }} Running */

/** One of its own. @param {Start} given @returns {Promise<Running>} */
async function running({ program, options = [] }) {
  const started = new Program(found(program), options)
  return { ready: await started.ready(), release: () => started.stop() }
}

/** @type {Map<string, { users: number, started: Promise<Running>, restore?: () => void }>} */
const shared = new Map()

/**
 * One for whoever asks for the same while it runs; the last release ends it. Mocha, and node:test without
 * isolation, run the hooks of all files before the first test: each file then looks at the sandbox that
 * clients are led to.
 *
 * @param {Start} given
 * @param {(ready: any) => () => void} point leads clients to it, and gives what leads them back
 * @returns {Promise<Running>}
 */
async function sharedRunning(given, point) {
  const key = JSON.stringify([found(given.program), given.options ?? []])
  const entry = shared.get(key) ?? { users: 0, started: running(given) }
  shared.set(key, entry)
  entry.users += 1
  let isReleased = false
  const release = async () => {
    if (isReleased) return
    isReleased = true
    entry.users -= 1
    if (entry.users > 0) return
    shared.delete(key)
    entry.restore?.()
    await (await entry.started).release()
  }
  try {
    const { ready } = await entry.started
    entry.restore ??= point(ready)
    return { ready, release }
  } catch (error) {
    shared.delete(key)
    throw error
  }
}

module.exports = { running, sharedRunning }
