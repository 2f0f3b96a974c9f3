// The limit of bytes a second, and that it changes while uploads are under way.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { thrown, until } from './helpers.mjs'
import { TERMS, sandboxForTests } from './sandbox.mjs'

const sandbox = await sandboxForTests()
const FILES = [['a.bin', Buffer.alloc(3_000_000)]]

test('a limit is lifted for an upload under way', async () => {
  // At the first rate it would take an hour.
  const d = sandbox.agentdrop({ bandwidthLimit: 1024 })
  const job = d.startSend(FILES, TERMS)
  await until(() => job.progress().bytesDone > 0)
  assert(job.progress().bytesDone < 100_000)
  d.setBandwidthLimit(null)
  assert.equal((await job.wait()).status, 'active')
})

test('another value is refused, by every client', () => {
  for (const client of [sandbox.agentdrop(), sandbox.hcompany(), sandbox.storage()]) {
    for (const value of [0, 1023, 2 ** 41, -1, 1024.5, NaN, true, '1M']) {
      const range = 'bandwidthLimit must be 1024 to 1099511627776'
      thrown(() => client.setBandwidthLimit(value), 'invalid_input', range)
    }
  }
})
