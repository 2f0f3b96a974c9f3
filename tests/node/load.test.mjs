// What a large upload costs the program it runs in: the event loop stays free, and memory stays bounded
// whatever the size. The client is a process of its own.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { closeSync, ftruncateSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startSandbox, temporaryFolder } from './sandbox.mjs'

const GIB = 2 ** 30
const MIB = 2 ** 20
/** How much of the processor the loop's thread may use between two turns of a timer, at the 99th percentile,
 * in milliseconds. Not how late the timer is: on a machine that has other work it is late whatever the loop
 * does. */
const TURN = 20

const sandbox = await startSandbox('--storage', 'discard')
after(() => sandbox.stop())
const path = join(temporaryFolder(), 'large.bin')
const file = openSync(path, 'w')
ftruncateSync(file, GIB)
closeSync(file)

const { api_url: baseUrl, storage_url: storage, agentdrop_api_key: apiKey } = sandbox.where
const settings = JSON.stringify({ apiKey, baseUrl, trustedStorage: [storage] })
const client = fileURLToPath(new URL('load_client.mjs', import.meta.url))
const run = promisify(execFile)

async function measure(t, what, length, asStream) {
  const { stdout } = await run(process.execPath, [client, settings, path, `${length}`, `${asStream}`], {
    timeout: 240_000,
  })
  t.diagnostic(`${what}: ${stdout}`)
  const seen = JSON.parse(stdout)
  assert.equal(seen.bytes, length)
  assert(seen.turn <= TURN, `the event loop was busy for ${seen.turn} ms`)
  return seen
}

test('one GiB from a path', async (t) => {
  const seen = await measure(t, '1 GiB from a path', GIB, false)
  assert(seen.busy < 0.1, `this thread was busy for ${seen.busy} of the time`)
  assert(seen.peak <= 16 * MIB, `${seen.peak} bytes over idle`)
  assert(seen.calls >= 2)
})

test('256 MiB from a stream', async (t) => {
  const seen = await measure(t, '256 MiB from a stream', GIB / 4, true)
  // Most of it are chunks that Node has not collected yet.
  assert(seen.peak <= 96 * MIB, `${seen.peak} bytes over idle`)
})
