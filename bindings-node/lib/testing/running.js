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

/** @type {Map<string, { users: number, started: Promise<Running> }>} */
const shared = new Map()

/**
 * One for whoever asks for the same while it runs; the last release ends it. Mocha, and node:test without
 * isolation, run the hooks of all files before the first test: each file then looks at the sandbox that
 * clients are led to.
 *
 * @param {Start} given
 * @param {{ lead: (ready: any) => void, leave: (ready: any) => void }} ways how clients are led to it
 * @returns {Promise<Running>}
 */
async function sharedRunning(given, { lead, leave }) {
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
    if (shared.get(key) === entry) shared.delete(key)
    const { ready, release: stop } = await entry.started
    try {
      leave(ready)
    } finally {
      await stop()
    }
  }
  try {
    const { ready } = await entry.started
    lead(ready)
    return { ready, release }
  } catch (error) {
    // It is started anew by the next, also while others still use this one.
    if (shared.get(key) === entry) shared.delete(key)
    // What else fails is a consequence.
    await release().catch(() => {})
    throw error
  }
}

module.exports = { running, sharedRunning }
