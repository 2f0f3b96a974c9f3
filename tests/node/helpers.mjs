// Small things many tests need.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { DropoffError } from '../../bindings-node/index.mjs'
import { TERMS } from './sandbox.mjs'

export const sha256 = (content) => createHash('sha256').update(content).digest('hex')

/** A path where nothing is, as this system writes it. */
export const NOWHERE = resolve('/nowhere')

export const isWindows = process.platform === 'win32'

/** What a promise rejects with. */
export async function rejection(promise) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  )
  if (!('error' in outcome)) assert.fail(`it must fail, and gave ${inspect(outcome.value)}`)
  return outcome.error
}

/** What a call fails with, thrown or rejected: a DropoffError of this code whose message has these words. */
export async function failure(call, code, ...words) {
  const error = await rejection((async () => await call())())
  assert(error instanceof DropoffError, inspect(error))
  assert.equal(error.code, code, inspect(error))
  for (const word of words) assert(error.message.includes(word), `${word} is not in: ${error.message}`)
  assert(!error.message.includes('\n'))
  return error
}

/** What a synchronous call throws. */
export function thrown(call, code, ...words) {
  try {
    call()
  } catch (error) {
    assert(error instanceof DropoffError, inspect(error))
    assert.equal(error.code, code, inspect(error))
    for (const word of words) assert(error.message.includes(word), `${word} is not in: ${error.message}`)
    return error
  }
  assert.fail('it must throw')
}

/** Milliseconds after which something hangs. No verdict on how long anything takes: a machine may stop for
 * many. */
export const HANGS = 120_000

export async function until(condition) {
  const end = Date.now() + HANGS
  while (!(await condition())) {
    assert(Date.now() < end, 'it did not come to pass')
    await sleep(10)
  }
}

/** What is stopped ends, and does not hang: nothing that is waited for here would end by itself. */
export async function soon(promise) {
  const started = performance.now()
  const value = await promise
  const took = performance.now() - started
  assert(took < HANGS, `took ${took.toFixed(0)} ms`)
  return value
}

/**
 * A Node of its own with clients `d` and `h` of the sandbox; gives `{ code, signal, out, err }`. It is killed
 * once what `killed` gives is there.
 */
export async function child(sandbox, body, { killed, flags = [], environment = {}, descriptors } = {}) {
  const { api_url: baseUrl, storage_url: storage, h_api_key: hKey, agentdrop_api_key: key } = sandbox.where
  const settings = { baseUrl, trustedStorage: [storage], backoffBase: 1 }
  const prelude = `
    import * as dropoff from ${JSON.stringify(new URL('../../bindings-node/index.mjs', import.meta.url).href)}
    import { setTimeout as sleep } from 'node:timers/promises'
    const settings = ${JSON.stringify(settings)}
    const terms = ${JSON.stringify(TERMS)}
    const apiKey = ${JSON.stringify(key)}
    const d = new dropoff.AgentDrop({ apiKey, ...settings })
    const h = new dropoff.HCompany({ apiKey: ${JSON.stringify(hKey)}, ...settings })
  `
  const node = [process.execPath, ...flags, '--input-type=module', '-e', prelude + body]
  const limited = ['sh', '-c', `ulimit -n ${descriptors} && exec "$0" "$@"`]
  const [program, ...args] = descriptors === undefined ? node : [...limited, ...node]
  const process_ = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    timeout: 2 * HANGS,
    killSignal: 'SIGKILL',
  })
  const texts = { out: '', err: '' }
  process_.stdout.on('data', (data) => (texts.out += data))
  process_.stderr.on('data', (data) => (texts.err += data))
  killed?.().then(() => process_.kill('SIGKILL'))
  const [code, signal] = await new Promise((resolve) => process_.on('close', (...ended) => resolve(ended)))
  return { code, signal, out: texts.out.trim(), err: texts.err.trim() }
}
