// @ts-check
'use strict'

// A running sandbox: where it is, clients of it, and its control endpoint.

const { AgentDrop } = require('../agentdrop.js')
const { filled } = require('../defaults.js')
const { check, path, table, texts } = require('../arguments.js')
const { invalid } = require('../errors.js')
const { HCompany } = require('../hcompany.js')
const { Storage } = require('../storage.js')
const { ask } = require('./control.js')
const { running, sharedRunning } = require('./running.js')

/** What `await using` looks for; where the engine has none, what compilers put there. */
const ASYNC_DISPOSE = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')
const MAKE = Symbol('made by startSandbox or sandboxForTests')

const START = table({ program: path, options: texts })

// For the hooks and not for users.
/** @typedef {{ lead: (ready: any) => void, leave: (ready: any) => void }} Ways */
/** @typedef {(ways: Ways) => Promise<void>} Share */
/** @typedef {{ sandbox: Sandbox, start: () => Promise<void>, share: Share, ready: () => any }} Unstarted */
/** @type {(method: string, options: any) => Unstarted} */
let unstarted

/**
 * The variables that point clients without arguments at it.
 * @param {any} ready @returns {Record<string, string>}
 */
function environmentOf(ready) {
  return {
    HAI_API_KEY: ready.h_api_key,
    HAI_API_BASE_URL: ready.api_url,
    AGENTDROP_API_KEY: ready.agentdrop_api_key,
    AGENTDROP_BASE_URL: ready.api_url,
    DROPOFF_TRUSTED_STORAGE: ready.storage_url,
    ...(ready.ca_file && { SSL_CERT_FILE: ready.ca_file }),
  }
}

class Sandbox {
  /** @type {any} */
  #options
  /** @type {(() => Promise<void>) | undefined} */
  #release
  /** @type {any} */
  #ready
  #stopped = false

  static {
    unstarted = (method, options) => {
      const sandbox = new Sandbox(MAKE, check(method, START, options))
      return {
        sandbox,
        start: async () => sandbox.#begin(await running(sandbox.#options)),
        share: async (ways) => sandbox.#begin(await sharedRunning(sandbox.#options, ways)),
        ready: () => sandbox.#where,
      }
    }
  }

  /** @param {symbol} make @param {any} options */
  constructor(make, options) {
    if (make !== MAKE) throw invalid('a Sandbox is made by startSandbox() or sandboxForTests()')
    this.#options = options
  }

  /** @param {import('./running.js').Running} running */
  #begin({ ready, release }) {
    this.#ready = ready
    this.#release = release
    this.#stopped = false
  }

  get #where() {
    if (this.#ready !== undefined) return this.#ready
    throw new Error(
      this.#stopped
        ? 'the sandbox is stopped, and what it had is gone; use it before that, or start another'
        : 'the sandbox is not started yet; it is before the first test, so use it within tests',
    )
  }

  get apiUrl() {
    return this.#where.api_url
  }

  get storageUrl() {
    return this.#where.storage_url
  }

  get controlUrl() {
    return this.#where.control_url
  }

  get hApiKey() {
    return this.#where.h_api_key
  }

  get agentdropApiKey() {
    return this.#where.agentdrop_api_key
  }

  get caFile() {
    return this.#where.ca_file
  }

  // -- clients

  environment() {
    return environmentOf(this.#where)
  }

  /** @param {any} [options] */
  agentdrop(options) {
    return new AgentDrop(this.#settings({ apiKey: this.agentdropApiKey, baseUrl: this.apiUrl }, options))
  }

  /** @param {any} [options] */
  hcompany(options) {
    return new HCompany(this.#settings({ apiKey: this.hApiKey, baseUrl: this.apiUrl }, options))
  }

  /** @param {any} [options] */
  storage(options) {
    return new Storage(this.#settings({}, options))
  }

  /**
   * What is not given leads nowhere else than here.
   * @param {Record<string, unknown>} service @param {any} options
   */
  #settings(service, options) {
    const own = { ...service, trustedStorage: [this.storageUrl], backoffBase: 1, caFile: this.caFile }
    return filled(own, options)
  }

  // -- what is to happen

  /** @param {any[]} orders */
  async faults(...orders) {
    await this.#ask('POST', '/faults', orders)
  }

  /** @param {string[]} operations */
  async clearFaults(...operations) {
    const paths =
      operations.length === 0 ? ['/faults'] : operations.map((operation) => `/faults/${operation}`)
    for (const path of paths) await this.#ask('DELETE', path)
  }

  /** @param {number} percent @param {number} [seed] */
  async hostile(percent, seed = 0) {
    await this.#ask('POST', '/hostile', { percent, seed })
  }

  /** @param {any} changes */
  async settings(changes) {
    await this.#ask('POST', '/settings', changes)
  }

  /** @param {any[]} agents */
  async agents(...agents) {
    await this.#ask('POST', '/agents', agents)
  }

  async reset() {
    await this.#ask('POST', '/reset')
  }

  // -- what has happened

  /** @param {string} [operation] */
  async requests(operation) {
    const log = await this.#list('/requests')
    return log.filter((/** @type {any} */ entry) => operation === undefined || entry.op === operation)
  }

  async forgetRequests() {
    await this.#ask('DELETE', '/requests')
  }

  async objects() {
    return await this.#list('/objects')
  }

  /** @param {string} key */
  async content(key) {
    return await this.#ask('GET', `/objects/${encodeURIComponent(key)}/content`)
  }

  async transfers() {
    return await this.#list('/transfers')
  }

  async profiles() {
    return await this.#list('/profiles')
  }

  async stop() {
    this.#ready = undefined
    this.#stopped = true
    await this.#release?.()
  }

  async [ASYNC_DISPOSE]() {
    await this.stop()
  }

  /** @param {string} path @returns {Promise<any>} */
  async #list(path) {
    return JSON.parse(String(await this.#ask('GET', path)))
  }

  /** @param {string} method @param {string} path @param {unknown} [body] */
  async #ask(method, path, body) {
    return await ask(this.controlUrl + path, method, body)
  }
}

module.exports = { Sandbox, environmentOf, unstarted }
