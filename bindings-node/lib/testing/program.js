// @ts-check
'use strict'

// The sandbox's program: where it is, and how it is started and ended.

const { spawn } = require('node:child_process')
const { accessSync, constants } = require('node:fs')
const { delimiter, join, parse } = require('node:path')

const VARIABLE = 'DROPOFF_SANDBOX'
const NAME = 'dropoff-sandbox'
// The sandbox alone; and the command, which has it as a subcommand.
const NAMES = { [NAME]: 'serve', dropoff: 'sandbox' }
/** What a program's name ends with. npm's `dropoff` beside it is a script, which only a shell starts. */
const SUFFIX = process.platform === 'win32' ? '.exe' : ''
/** It starts within milliseconds; a machine may stand still for many of them. */
const START_LIMIT = 60_000
const STOP_LIMIT = 10_000
/** Characters. A sandbox says it is ready within a few hundred. */
const LINE_LIMIT = 65_536
const FACTS = ['api_url', 'storage_url', 'control_url', 'h_api_key', 'agentdrop_api_key']
const NAMED = `name the right one in the environment variable ${VARIABLE}`

/**
 * The path given, else the environment's, else the program on the PATH.
 * @param {string | null | undefined} given
 */
function found(given) {
  if (given) return given
  const named = process.env[VARIABLE]
  if (named) return named
  const folders = (process.env.PATH ?? '').split(delimiter)
  const program = Object.keys(NAMES)
    .flatMap((name) => folders.map((folder) => join(folder, name + SUFFIX)))
    .find(isProgram)
  if (program !== undefined) return program
  throw new Error(
    'there is no program dropoff or dropoff-sandbox: install dropoff-cli, or name its path in the environment ' +
      `variable ${VARIABLE}`,
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
  /** @type {Promise<Error>} */
  #ended

  /** @type {string} */
  #path

  /** @param {string} path @param {readonly string[]} options */
  constructor(path, options) {
    this.#path = path
    const subcommand = parse(String(path)).name === 'dropoff' ? NAMES.dropoff : NAMES[NAME]
    try {
      this.#process = spawn(path, [subcommand, '--exit-with-stdin', ...options], {
        stdio: ['pipe', 'pipe', 'inherit'],
        // Ctrl-C at a terminal is for the program there, and not for this one.
        detached: true,
        windowsHide: true,
      })
    } catch (error) {
      throw unstartable(path, error)
    }
    this.#ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(unstartable(path, error)))
      this.#process.once('close', (status, signal) => resolve(this.#endedWith(status ?? signal)))
    })
    // Whoever forgets it is not kept waiting. Bun's pipes keep nobody waiting, and have no such method.
    this.#process.unref()
    for (const pipe of [this.#process.stdin, this.#process.stdout]) /** @type {any} */ (pipe).unref?.()
    // It may be gone already.
    this.#process.stdin?.on('error', () => {})
  }

  /** @param {unknown} how */
  #endedWith(how) {
    return new Error(
      `${this.#path} is not ready, it ended with ${how}; its standard error says why, or it is no sandbox: ${NAMED}`,
    )
  }

  /** What it says when it is ready. @returns {Promise<any>} */
  async ready() {
    /** @type {NodeJS.Timeout | undefined} */
    let timer
    // Keeps the process alive for as long as it is waited for.
    const late = new Promise((resolve) => {
      const why = `${this.#path} is not ready, it did not say so within ${START_LIMIT / 1000} s; ${NAMED}`
      timer = setTimeout(() => resolve(new Error(why)), START_LIMIT)
    })
    try {
      /** @type {any} */
      const first = await Promise.race([this.#firstLine(), this.#ended, late])
      if (first instanceof Error) throw first
      return services(this.#path, first)
    } catch (error) {
      this.#process.kill('SIGKILL')
      throw error
    } finally {
      clearTimeout(timer)
      this.#process.stdout?.removeAllListeners('data')
      // The sandbox says no more. Whoever does is not waited for.
      this.#process.stdout?.resume()
    }
  }

  /** Its first line, or as much of it as there may be. @returns {Promise<string>} */
  #firstLine() {
    return new Promise((resolve) => {
      let text = ''
      this.#process.stdout?.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
        if (text.includes('\n') || text.length > LINE_LIMIT) resolve(text.split('\n')[0] ?? '')
      })
    })
  }

  async stop() {
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_LIMIT)
    this.#process.stdin?.end()
    await this.#ended
    clearTimeout(timer)
  }
}

/** @param {string} path @param {any} error */
function unstartable(path, error) {
  const why =
    error?.code === 'ENOENT' ? `there is no program ${path}` : `${path} cannot be started (${error?.code})`
  return new Error(`${why}; ${NAMED}`)
}

/** Where it listens, and its keys. @param {string} path @param {string} line */
function services(path, line) {
  try {
    const told = JSON.parse(line)
    if (FACTS.every((name) => typeof told[name] === 'string')) return told
  } catch {
    // No JSON, or null.
  }
  throw new Error(
    `${path} is no sandbox, or one of another version: it does not say where it listens; ${NAMED}`,
  )
}

module.exports = { Program, found }
