// The sandbox in the runners that users have: ten lines against a program that knows nothing of it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PROGRAM } from '../../node/sandbox.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
// Beside the packages that the programs import.
const folder = mkdtempSync(join(here, 'runners-'))
after(() => rmSync(folder, { recursive: true }))

const program = `
  exports.send = () => new (require('dropoff').AgentDrop)().send(
    [['report.pdf', Buffer.from('%PDF')]], { sender: 'a', recipient: 'b' })
  const program = 'require("./program.cjs").send().then(({ status }) => console.log(status))'
  exports.sendElsewhere = () => require('node:util').promisify(require('node:child_process').execFile)(
    process.execPath, ['-e', program], { cwd: __dirname })`
const tests = `
  test('a file is sent', async () => {
    await sandbox.faults({ on: 'put', do: { delay_ms: 1 } })
    expect((await send()).status).toBe('active')
    const [stored] = await sandbox.objects()
    expect(String(await sandbox.content(stored.key))).toBe('%PDF')
  })
  test('a program that a test starts sends one', async () => {
    expect((await sendElsewhere()).stdout).toBe('active\\n')
    expect((await sandbox.transfers()).length).toBe(1)
  })
  test('the next test begins with nothing', async () => {
    expect(await sandbox.objects()).toEqual([])
  })`
const written = {
  vitest: `
    import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
    import { sandboxForTests } from 'dropoff/testing'
    import { send, sendElsewhere } from './program.cjs'
    const sandbox = sandboxForTests({ beforeAll, afterAll, beforeEach })${tests}`,
  jest: `
    const { sandboxForTests } = require('dropoff/testing')
    const { send, sendElsewhere } = require('./program.cjs')
    const sandbox = sandboxForTests()${tests}`,
}

/** What a runner says of the tests in a folder of its own. */
async function ran(name, file, test, command) {
  const project = join(folder, name)
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{"private": true}')
  writeFileSync(join(project, 'program.cjs'), program)
  writeFileSync(join(project, file), test)
  const env = {
    ...process.env,
    DROPOFF_SANDBOX: PROGRAM,
    NO_COLOR: '1',
    CI: '1',
    NODE_TEST_CONTEXT: undefined,
  }
  const [script, ...options] = command
  const line = [join(here, 'node_modules', script), ...options]
  return await new Promise((resolve) =>
    execFile(process.execPath, line, { cwd: project, env, timeout: 300_000 }, (error, out, err) =>
      resolve({ code: error ? (error.code ?? 1) : 0, said: out + err }),
    ),
  )
}

for (const pool of ['forks', 'threads']) {
  test(`vitest, in its pool of ${pool}`, async () => {
    const command = ['vitest/vitest.mjs', 'run', '--pool', pool, '--root', '.']
    const { code, said } = await ran(`vitest-${pool}`, 'mine.test.mjs', written.vitest, command)
    assert.equal(code, 0, said)
    assert.match(said, /Tests +3 passed/)
  })
}

test('jest', async () => {
  const { code, said } = await ran('jest', 'mine.test.js', written.jest, [
    'jest/bin/jest.js',
    '--rootDir',
    '.',
  ])
  assert.equal(code, 0, said)
  assert.match(said, /Tests: +3 passed/)
})
