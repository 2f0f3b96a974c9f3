// Next.js with the settings that docs/guides/bundlers.md names: a handler of an application sends a file, by
// `next start`, and from the folder that `output: 'standalone'` makes, moved to where nothing else is.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startSandbox } from 'dropoff/testing'
import { install } from './install.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const NEXT = join(HERE, 'node_modules/next/dist/bin/next')
/** Below this folder, where Next.js finds itself and React. */
const APP = join(HERE, 'next-out')
const quiet = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
/** @type {import('dropoff/testing').Sandbox} */
let sandbox

before(async () => {
  sandbox = await startSandbox()
  rmSync(APP, { recursive: true, force: true })
  cpSync(join(HERE, 'next'), APP, { recursive: true })
  install(APP)
})
after(async () => {
  await sandbox.stop()
  rmSync(APP, { recursive: true, force: true })
})

/** @param {Record<string, string>} [more] */
function build(more) {
  const done = spawnSync(process.execPath, [NEXT, 'build'], {
    cwd: APP,
    env: { ...quiet, ...more },
    encoding: 'utf8',
  })
  assert.equal(done.status, 0, `${done.stdout}\n${done.stderr}`)
}

/**
 * Starts a server, which prints where it is, and has it send a file.
 * @param {string[]} command @param {string} cwd
 */
async function sends(command, cwd) {
  const env = { ...quiet, ...sandbox.environment(), HOSTNAME: '127.0.0.1', PORT: '0' }
  const server = spawn(process.execPath, command, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(server, 'exit')
  try {
    const answer = await fetch(`${await address(server)}/send`, { method: 'POST', body: 'rows' })
    assert.deepEqual([answer.status, await answer.text()], [200, '{"status":"active"}'])
  } finally {
    server.kill()
    await ended
  }
}

/** @param {import('node:child_process').ChildProcess} server */
async function address(server) {
  for await (const line of createInterface({ input: server.stdout })) {
    const [url] = line.match(/http:\/\/127\.0\.0\.1:\d+/) ?? []
    if (url) return url
  }
  throw new Error('the server ended before it said where it is')
}

test('Next.js, by next start', async () => {
  build()
  await sends([NEXT, 'start', '--hostname', '127.0.0.1', '--port', '0'], APP)
})

test("Next.js, by the folder of output: 'standalone', elsewhere", async () => {
  build({ OUTPUT: 'standalone' })
  const moved = mkdtempSync(join(tmpdir(), 'dropoff-next-'))
  try {
    cpSync(join(APP, '.next/standalone'), moved, { recursive: true, verbatimSymlinks: true })
    await sends([join(moved, 'next-out/server.js')], moved)
  } finally {
    rmSync(moved, { recursive: true, force: true })
  }
})
