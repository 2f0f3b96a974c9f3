// A machine that has no room: for threads, or for descriptors.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { child } from './helpers.mjs'
import { sandboxForTests } from './sandbox.mjs'

const sandbox = await sandboxForTests()
const only = { skip: process.platform !== 'linux' && 'the limits are Linux’s' }

/** What a program of ours prints as JSON; it must end by itself. */
async function told(body, options) {
  const ended = await child(sandbox, body, options)
  assert.deepEqual([ended.code, ended.signal, ended.err], [0, null, ''], inspect(ended))
  return JSON.parse(ended.out)
}

const SAYS = `
const says = async (call) => {
  try {
    await call()
    return null
  } catch ({ code, side, retryable, outcome, errno, message }) {
    return { code, side, retryable, outcome, errno, message }
  }
}
`

function folderWithShim(t) {
  const folder = mkdtempSync(join(tmpdir(), 'dropoff-room-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const shim = join(folder, 'refuse_threads.so')
  const source = fileURLToPath(new URL('../c/refuse_threads.c', import.meta.url))
  execFileSync('cc', ['-shared', '-fPIC', source, '-o', shim, '-ldl', '-lpthread'])
  return { folder, shim }
}

for (const room of [0, 1, 2, 3, 16]) {
  test(`a call runs on the threads there are: ${room}`, only, async (t) => {
    await sandbox.reset()
    const { folder, shim } = folderWithShim(t)
    const [path, limit] = [join(folder, 'large'), join(folder, 'room')]
    writeFileSync(path, Buffer.alloc(3_000_000))
    const said = await told(
      `
      import { writeFileSync } from 'node:fs'
      import { Readable } from 'node:stream'
      ${SAYS}
      // Node starts the threads of its own pool when it needs them first.
      await import('node:fs/promises').then(({ readFile }) => Promise.all([1, 2, 3, 4].map(() => readFile(${JSON.stringify(path)}))))
      writeFileSync(${JSON.stringify(limit)}, '${room}')
      console.log(JSON.stringify({
        memory: await says(() => d.send([['a', Buffer.from('of memory')]], terms)),
        path: await says(() => d.send([['a', ${JSON.stringify(path)}]], terms)),
        stream: await says(() => d.send([['a', Readable.from([Buffer.from('of a stream')])]], terms)),
        job: await says(() => d.startSend([['a', Buffer.from('1')]], { ...terms, onProgress() {} }).wait()),
      }))
      process.exit()
      `,
      { environment: { LD_PRELOAD: shim, REFUSE_THREADS: limit } },
    )
    const refused = Object.keys(said).filter((name) => said[name] !== null)
    // A stream is read on a thread of its own.
    assert.deepEqual(refused, room === 0 ? Object.keys(said) : room === 1 ? ['stream'] : [], inspect(said))
    for (const name of refused) {
      const { message, ...facts } = said[name]
      assert.deepEqual(facts, {
        code: 'unavailable',
        side: 'caller',
        retryable: false,
        outcome: 'not_completed',
        errno: 11,
      })
      assert.match(message, /no thread could be started .*ulimit -u/)
    }
    assert.equal((await sandbox.objects()).length, 4 - refused.length)
  })
}

test('more sends at once than descriptors all arrive', only, async () => {
  await sandbox.reset()
  const program = `
    const sends = Array.from({ length: 300 }, (_, n) => d.send([['a', Buffer.from(String(n))]], terms))
    const ended = await Promise.allSettled(sends)
    console.log(JSON.stringify(ended.filter((e) => e.status === 'rejected').map((e) => e.reason.message)))
  `
  assert.deepEqual(await told(program, { descriptors: 128 }), [])
})
