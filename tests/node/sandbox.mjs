// A sandbox for a test file, emptied before each test, and clients of it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, beforeEach } from 'node:test'
import { fileURLToPath } from 'node:url'
import { AgentDrop, HCompany, Storage } from '../../bindings-node/index.mjs'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const PROGRAM = process.env.DROPOFF_SANDBOX ?? join(ROOT, 'target/debug/dropoff-sandbox')
export const TERMS = { sender: 'sender-agent', recipient: 'recipient-agent' }
export const PROFILE = { name: 'p', browserName: 'chromium', browserVersion: '131' }
/** Storage that takes 100 000 bytes of each file and then no more. */
export const STALL = { on: 'put', times: -1, do: { stall_after: 100_000 } }
/** Storage that does nothing with one file until the faults are cleared. */
export const HELD = { on: 'put', do: { hold: true } }
/** STALL, of each part. */
export const STALL_PARTS = { ...STALL, on: 'put_part' }
export const BIG = Buffer.alloc(20_000_000)

/** @param {string} name of a file below tests/vectors */
export function vectors(name) {
  return JSON.parse(readFileSync(join(ROOT, 'tests/vectors', name), 'utf8'))
}

class Sandbox {
  #process
  #where

  constructor(process, where) {
    this.#process = process
    this.#where = where
  }

  get where() {
    return this.#where
  }

  // -- clients

  options(more = {}) {
    const { storage_url, untrusted_storage_url } = this.#where
    return { trustedStorage: [storage_url, untrusted_storage_url].filter(Boolean), backoffBase: 1, ...more }
  }
  hcompany(more = {}) {
    return new HCompany({
      apiKey: this.#where.h_api_key,
      baseUrl: this.#where.api_url,
      ...this.options(more),
    })
  }
  agentdrop(more = {}) {
    return new AgentDrop({
      apiKey: this.#where.agentdrop_api_key,
      baseUrl: this.#where.api_url,
      ...this.options(more),
    })
  }
  storage(more = {}) {
    return new Storage(this.options(more))
  }

  // -- control

  async #control(method, path, body) {
    const reply = await fetch(this.#where.control_url + path, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    })
    if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`)
    return await reply.json()
  }
  reset() {
    return this.#control('POST', '/reset', {})
  }
  settings(changes) {
    return this.#control('POST', '/settings', changes)
  }
  fault(...orders) {
    return this.#control('POST', '/faults', orders)
  }
  /** Forgets all orders, or those for an operation, and lets go the requests that they hold. */
  clearFaults(operation) {
    return this.#control('DELETE', operation === undefined ? '/faults' : `/faults/${operation}`)
  }
  agents(agents) {
    return this.#control('POST', '/agents', agents)
  }
  async requests(operation) {
    const log = await this.#control('GET', '/requests')
    return log.filter((entry) => operation === undefined || entry.op === operation)
  }
  forgetRequests() {
    return this.#control('DELETE', '/requests')
  }
  objects() {
    return this.#control('GET', '/objects')
  }
  /** The bytes of the one object that storage holds. */
  async content() {
    const [{ key }] = await this.objects()
    const reply = await fetch(`${this.#where.control_url}/objects/${encodeURIComponent(key)}/content`)
    return Buffer.from(await reply.arrayBuffer())
  }
  /** The SHA-256 of everything storage holds. */
  async digests() {
    return new Set((await this.objects()).map((object) => object.sha256))
  }

  async stop() {
    const over = once(this.#process, 'exit')
    this.#process.stdin.end()
    await over
  }
}

export async function startSandbox(...options) {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing; run: cargo build -p dropoff-sandbox`)
  const child = spawn(PROGRAM, ['serve', '--exit-with-stdin', ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return new Sandbox(child, JSON.parse(line))
}

/** A sandbox for the whole file, and nothing of the developer's own keys, addresses, proxies or home. */
export async function sandboxForTests(...options) {
  const home = mkdtempSync(join(tmpdir(), 'dropoff-home-'))
  for (const name of [
    'HAI_API_KEY',
    'HAI_API_BASE_URL',
    'AGENTDROP_API_KEY',
    'AGENTDROP_BASE_URL',
    'DROPOFF_TRUSTED_STORAGE',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'ALL_PROXY',
    'NO_PROXY',
  ]) {
    delete process.env[name]
    delete process.env[name.toLowerCase()]
  }
  process.env.HOME = home
  process.env.USERPROFILE = home
  const sandbox = await startSandbox(...options)
  beforeEach(() => sandbox.reset())
  after(async () => {
    await sandbox.stop()
    rmSync(home, { recursive: true, force: true })
  })
  return sandbox
}

/** An empty folder that is gone after the tests of the file. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'dropoff-test-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
