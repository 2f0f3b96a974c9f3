// One journal for two calls, and an unknown outcome as JavaScript spells it.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failure, isWindows, rejection, until } from './helpers.mjs'
import { TERMS, sandboxForTests, temporaryFolder } from './sandbox.mjs'

const sandbox = await sandboxForTests()
const folder = temporaryFolder()
const d = sandbox.agentdrop()
const file = join(folder, 'a.bin')
writeFileSync(file, 'abc')

/** How many of this process's descriptors are of a file, where the system tells. */
function open(path) {
  if (isWindows) return 0
  const isOfIt = (fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false
    }
  }
  return readdirSync('/proc/self/fd').filter(isOfIt).length
}

test('two calls with one journal send once', async () => {
  const journal = join(folder, 'journal')
  await sandbox.fault({ on: 'confirm', do: { hold: true } })
  const first = d.send([file], { ...TERMS, journal })
  await until(async () => (await sandbox.requests('confirm')).length > 0)
  let over = false
  const second = rejection(d.send([file], { ...TERMS, journal })).finally(() => (over = true))
  // They overlap once the second has the journal open while the first has it. Where the system does not tell,
  // the second waits until it gives up.
  await until(() => over || open(journal) > 1)
  await sandbox.clearFaults()
  const sent = await first
  const error = await second
  assert.deepEqual([error.code, error.outcome, error.retryable], ['conflict', 'not_completed', false])
  assert(error.message.includes('in use') || error.message.includes(sent.id), error.message)
  assert.equal((await sandbox.requests('presign')).length, 1)
  assert(!existsSync(journal))
})

test('what to ask after an unknown outcome is spelled as here', async () => {
  await sandbox.fault({ on: 'confirm', do: { hold: true } })
  const controller = new AbortController()
  const sent = d.send([file], { ...TERMS, signal: controller.signal })
  await until(async () => (await sandbox.requests('confirm')).length > 0)
  controller.abort()
  const { dropoff } = await rejection(sent)
  assert.equal(dropoff.outcome, 'unknown')
  assert(dropoff.message.includes(`ask getTransfer("${dropoff.transferId}")`), dropoff.message)
})

test('a folder has its errno', async () => {
  const error = await failure(() => d.send([folder], TERMS), 'source_unreadable', 'zip it first')
  // EISDIR, and ERROR_DIRECTORY_NOT_SUPPORTED.
  assert.equal(error.errno, isWindows ? 336 : 21)
})
