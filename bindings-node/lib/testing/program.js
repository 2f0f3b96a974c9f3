// @ts-check
'use strict'

// The sandbox's program: where it is, and how it is started and ended.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { accessSync, constants } = require('node:fs')
const { delimiter, join } = require('node:path')
const { createInterface } = require('node:readline')

const VARIABLE = 'DROPOFF_SANDBOX'
const NAME = 'dropoff-sandbox'
/** It starts within milliseconds; a machine may stand still for many of them. */
const START_LIMIT = 60_000
const STOP_LIMIT = 10_000

/**
 * The path given, else the environment's, else the program on the PATH.
 * @param {string | null | undefined} given
 */
function found(given) {
  if (given) return given
  const named = process.env[VARIABLE]
  if (named) return named
  const program = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, NAME))
    .find(isProgram)
  if (program !== undefined) return program
  throw new Error(
    `there is no program ${NAME}: install it (from a clone: cargo install --locked --path sandbox), ` +
      `or name its path in the environment variable ${VARIABLE}`,
  )
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** It runs until it is stopped, and ends with this process, however that ends. */
class Program {
  /** @type {import('node:child_process').ChildProcess} */
  #process
  /** @type {Promise<unknown>} */
  #ended

  /** @param {string} path @param {readonly string[]} options */
  constructor(path, options) {
    this.#process = spawn(path, ['serve', '--exit-with-stdin', ...options], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(`could not be started: ${error.message}`))
      this.#process.once('close', (status) => resolve(`ended with ${status}`))
    })
    // Whoever forgets it is not kept waiting.
    this.#process.unref()
    for (const pipe of [this.#process.stdin, this.#process.stdout]) /** @type {any} */ (pipe).unref()
    // It may be gone already.
    this.#process.stdin?.on('error', () => {})
  }

  /** What it says when it is ready. @returns {Promise<any>} */
  async ready() {
    const lines = createInterface({ input: /** @type {any} */ (this.#process.stdout) })
    const late = new AbortController()
    // Both keep the process alive for as long as it is waited for.
    const timer = setTimeout(() => late.abort(), START_LIMIT)
    try {
      const line = once(lines, 'line', { signal: late.signal }).then(([line]) => ({ line }))
      const ended = this.#ended.then((how) => ({ how }))
      const first = await Promise.race([line, ended])
      if ('line' in first) return JSON.parse(first.line)
      throw new Error(`the sandbox ${first.how}; its standard error says why`)
    } catch (error) {
      this.#process.kill('SIGKILL')
      throw late.signal.aborted ? new Error(`the sandbox is not ready within ${START_LIMIT / 1000} s`) : error
    } finally {
      late.abort()
      clearTimeout(timer)
      lines.close()
    }
  }

  async stop() {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_LIMIT)
    this.#process.stdin?.end()
    await this.#ended
    clearTimeout(timer)
  }
}

module.exports = { Program, found }
