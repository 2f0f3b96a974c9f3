// A program that has clients and has not used them pays for no thread and no file descriptor of ours. Node
// has threads of its own, so what counts is what is added.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

// `require`, since `import` reads files on threads that Node starts for it.
const PROGRAM = `
  const { readdirSync, readlinkSync } = require('node:fs')
  const held = () => {
    // By number, what each is. The one that reads the folder is gone when it is looked at. glibc's malloc
    // reads overcommit_memory for a moment when any thread gives memory back (malloc-sysdep.h).
    const descriptors = {}
    for (const number of readdirSync('/proc/self/fd')) {
      try {
        const path = readlinkSync('/proc/self/fd/' + number)
        if (path !== '/proc/sys/vm/overcommit_memory') descriptors[number] = path
      } catch {}
    }
    return { threads: readdirSync('/proc/self/task').length, descriptors }
  }
  const before = held()
  const { HCompany, AgentDrop, Storage } = require(process.argv[1])
  const nowhere = 'http://127.0.0.1:1'
  const options = { trustedStorage: [nowhere], concurrency: 8, maxAttempts: 1, integrityCheck: true }
  const service = { apiKey: 'k', baseUrl: nowhere }
  const clients = [
    new HCompany({ ...service, ...options }),
    new AgentDrop({ ...service, ...options }),
    new Storage(options),
  ]
  const made = held()
  clients[2].put(nowhere + '/k', Buffer.from('1')).catch((error) => {
    console.log(JSON.stringify({ code: error.code, before, made, used: held() }))
  })
`

test('clients have no thread and no descriptor before their first use', async () => {
  const ours = fileURLToPath(new URL('../../bindings-node/index.js', import.meta.url))
  const { stdout } = await run(process.execPath, ['-e', PROGRAM, ours], { timeout: 240_000 })
  const { code, before, made, used } = JSON.parse(stdout)
  assert.equal(code, 'network')
  assert.deepEqual(made, before)
  // Both are seen where there are some.
  assert(used.threads > made.threads)
  assert(Object.keys(used.descriptors).length > Object.keys(made.descriptors).length)
})
