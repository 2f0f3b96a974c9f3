// `dropoff mcp` as a client starts it, over a sandbox of the test file's own.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const SANDBOX = process.env.DROPOFF_SANDBOX ?? join(ROOT, 'target/debug/dropoff-sandbox')
export const PROGRAM = join(ROOT, 'target/debug/dropoff')
export const PART = 5 << 20

export async function start() {
  const child = spawn(SANDBOX, ['serve', '--exit-with-stdin'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(createInterface(child.stdout), 'line')
  const where = JSON.parse(line)
  const folder = mkdtempSync(join(tmpdir(), 'dropoff-mcp-'))
  writeFileSync(join(folder, 'report.pdf'), '%PDF')
  writeFileSync(join(folder, 'large.bin'), Buffer.alloc(PART + 1))
  return new Served(child, where, folder)
}

class Served {
  #child
  #where

  constructor(child, where, folder) {
    this.#child = child
    this.#where = where
    this.folder = folder
  }

  get secrets() {
    return [this.#where.agentdrop_api_key, this.#where.h_api_key]
  }

  /** What a client's settings have. */
  settings({ ask = 'never', roots = [this.folder], env = {}, more = [] } = {}) {
    const args = ['mcp', '--from', 'sender-agent', '--allow-to', 'b', '--ask', ask, '--backoff-base', '1ms']
    for (const root of roots) args.push('--allow-root', root)
    args.push(
      '--multipart-threshold',
      String(PART),
      '--part-size',
      String(PART),
      '--max-attempts',
      '2',
      ...more,
    )
    const keys = {
      HOME: this.folder,
      AGENTDROP_API_KEY: this.#where.agentdrop_api_key,
      AGENTDROP_BASE_URL: this.#where.api_url,
      HAI_API_KEY: this.#where.h_api_key,
      HAI_API_BASE_URL: this.#where.api_url,
      DROPOFF_TRUSTED_STORAGE: this.#where.storage_url,
    }
    return { command: PROGRAM, args, env: { ...keys, ...env } }
  }

  async #control(method, path, body) {
    const reply = await fetch(this.#where.control_url + path, { method, body: body && JSON.stringify(body) })
    const text = await reply.text()
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`)
    return text
  }

  reset() {
    return this.#control('POST', '/reset')
  }
  change(settings) {
    return this.#control('POST', '/settings', settings)
  }
  fault(...orders) {
    return this.#control('POST', '/faults', orders)
  }
  /** Forgets orders for an operation, and lets go what they hold. */
  letGo(operation) {
    return this.#control('DELETE', `/faults/${operation}`)
  }
  async requests(operation) {
    const log = JSON.parse(await this.#control('GET', '/requests'))
    return log.filter(({ op }) => operation === undefined || op === operation)
  }
  /** Waits for a request of an operation. */
  async seen(operation) {
    while ((await this.requests(operation)).length === 0) await sleep(10)
  }

  async stop() {
    this.#child.stdin.end()
    await once(this.#child, 'exit')
    rmSync(this.folder, { recursive: true })
  }
}
