/**
 * Both services on loopback, for tests: strict as their documents, over storage that checks signatures, and
 * with faults on order.
 *
 * ```js
 * import { after, before, beforeEach, test } from 'node:test' // of vitest or jest: beforeAll, afterAll
 * import { sandboxForTests } from 'dropoff/testing'
 *
 * const sandbox = sandboxForTests({ before, after, beforeEach })
 *
 * test('it is sent again', async () => {
 *   await sandbox.faults({ on: 'put', do: { reply: { status: 503 } } })
 *   await theProgram() // says new AgentDrop()
 *   assert.equal((await sandbox.requests('put')).length, 2)
 * })
 * ```
 *
 * @packageDocumentation
 */

import type { AgentDrop, AgentDropOptions, HCompany, HCompanyOptions, Options, Storage } from './index.js'

/** How a sandbox is started. */
export type SandboxOptions = {
  /** Path of `dropoff` or `dropoff-sandbox`. Default: the environment variable `DROPOFF_SANDBOX`, then the
   * `PATH`. */
  program?: string | URL | null | undefined
  /** Of its command line, such as `['--tls']`. */
  options?: readonly string[] | null | undefined
}

/** A fault on order, such as `{ on: 'put', times: 2, do: { reply: { status: 503 } } }`. The sandbox's manual
 * lists them. */
export type FaultOrder = {
  /** An operation, such as `presign`, `put` or `confirm`, or `any`. */
  on: string
  /** How many are let through first. Default 0. */
  skip?: number
  /** How often it happens; -1: for ever. Default 1. */
  times?: number
  /** What happens. */
  do: Readonly<Record<string, unknown>>
}

/** A request that came. */
export type SandboxRequest = {
  /** Which operation it was, such as `put`. */
  readonly op: string
  readonly [fact: string]: unknown
}

/** What storage holds. */
export type SandboxObject = {
  readonly key: string
  readonly size: number
  readonly sha256: string
  readonly md5: string
  readonly etag: string
  readonly content_type: string | null
}

/** Hooks of a test runner, by either of their names. */
export type TestHooks = {
  beforeEach: (hook: () => Promise<void>) => unknown
} & (
  | { before: (hook: () => Promise<void>) => unknown; after: (hook: () => Promise<void>) => unknown }
  | { beforeAll: (hook: () => Promise<void>) => unknown; afterAll: (hook: () => Promise<void>) => unknown }
)

/** A sandbox. It ends with {@link stop}, or with the process. */
export class Sandbox {
  private constructor()
  /** The base URL of both services. */
  readonly apiUrl: string
  /** The origin of object storage. */
  readonly storageUrl: string
  /** Where {@link faults} and the others ask. No client needs to know it. */
  readonly controlUrl: string
  /** The key that H Company's imitation takes. */
  readonly hApiKey: string
  /** The key that AgentDrop's imitation takes. */
  readonly agentdropApiKey: string
  /** The authority of storage's certificate, with the option `--tls`. */
  readonly caFile: string | null
  /**
   * The variables that point clients without arguments at it, also in other programs. With the option
   * `--tls` `SSL_CERT_FILE` is one of them, so such a program trusts no other authority than the sandbox's.
   */
  environment(): Record<string, string>

  /** A client of its AgentDrop. Retries wait a millisecond; `options` that are given go before that. */
  agentdrop(options?: AgentDropOptions): AgentDrop
  /** A client of its H Company, as {@link agentdrop}. */
  hcompany(options?: HCompanyOptions): HCompany
  /** A client of storage, for the targets of its tickets. */
  storage(options?: Options): Storage

  /** Orders faults. @throws {Error} There is no such order. */
  faults(...orders: FaultOrder[]): Promise<void>
  /** Forgets all orders, or those for these operations, and lets go the requests that they hold. */
  clearFaults(...operations: string[]): Promise<void>
  /** From now on so many requests of a hundred meet a fault drawn at random. A seed draws the same ones each
   * time. */
  hostile(percent: number, seed?: number): Promise<void>
  /** Changes settings, such as `{ upload_expires_in: 1 }`. @throws {Error} There is no such setting. */
  settings(changes: Readonly<Record<string, unknown>>): Promise<void>
  /** Makes agents known, such as `{ agent_id: 'b', public_key: pair.publicKey }`. */
  agents(...agents: Readonly<Record<string, unknown>>[]): Promise<void>
  /** Forgets everything, as if just started. */
  reset(): Promise<void>

  /** What came, to the services and to storage, in order; of one operation if it is named. */
  requests(operation?: string): Promise<SandboxRequest[]>
  /** Begins the log anew. */
  forgetRequests(): Promise<void>
  /** What storage holds. */
  objects(): Promise<SandboxObject[]>
  /** The bytes of an object. @throws {Error} There is none. */
  content(key: string): Promise<Uint8Array>
  /** The transfers, pending ones too. */
  transfers(): Promise<Readonly<Record<string, unknown>>[]>
  /** The profiles that were registered. */
  profiles(): Promise<Readonly<Record<string, unknown>>[]>

  /** Ends it. What was stored is gone. */
  stop(): Promise<void>
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Starts a sandbox. It does not keep the process alive, and ends with it.
 *
 * @throws {Error} There is no such program, or it is no sandbox, or it did not start.
 */
export function startSandbox(options?: SandboxOptions | null): Promise<Sandbox>

/**
 * A sandbox for the tests of a file: started before the first, emptied before each, ended after the last.
 * While it runs, clients that are made without arguments lead to it, and so do those of programs that a test
 * starts. A client that was made before, as while a module is loaded, leads where it did. Hooks of one
 * process that ask for the same share one; where they ask for different ones, clients lead to that of the
 * file whose test runs.
 *
 * @param hooks Those of the runner. Default: the global ones, which jest and mocha have.
 */
export function sandboxForTests(hooks?: TestHooks | null, options?: SandboxOptions | null): Sandbox
