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
  exports.tool = () => require('dropoff/tools').makeTools({
    roots: __dirname, agentdrop: new (require('dropoff').AgentDrop)(), sender: 'a', recipients: ['b'],
  })[0].run({ paths: ['program.cjs'], recipient: 'b' })
  const program = 'require("./program.cjs").send().then(({ status }) => console.log(status))'
  exports.sendElsewhere = () => require('node:util').promisify(require('node:child_process').execFile)(
    process.execPath, ['-e', program], { cwd: __dirname })`
const tests = `
  test('a tool sends one', async () => {
    expect((await tool()).status).toBe('active')
  })
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
    import { send, sendElsewhere, tool } from './program.cjs'
    const sandbox = sandboxForTests({ beforeAll, afterAll, beforeEach })${tests}`,
  bun: `
    import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
    import { sandboxForTests } from 'dropoff/testing'
    import { send, sendElsewhere, tool } from './program.cjs'
    const sandbox = sandboxForTests({ beforeAll, afterAll, beforeEach })${tests}`,
  node: `
    import assert from 'node:assert/strict'
    import { after, before, beforeEach, test } from 'node:test'
    import { sandboxForTests } from 'dropoff/testing'
    import { send, sendElsewhere, tool } from './program.cjs'
    const expect = (value) => ({
      toBe: (wanted) => assert.equal(value, wanted), toEqual: (wanted) => assert.deepEqual(value, wanted) })
    const sandbox = sandboxForTests({ before, after, beforeEach })${tests}`,
  jest: `
    const { sandboxForTests } = require('dropoff/testing')
    const { send, sendElsewhere, tool } = require('./program.cjs')
    const sandbox = sandboxForTests()${tests}`,
}

/** What a runner says of the tests, which stand in two files of a folder of their own. */
async function ran(name, extension, test, command, runtime = process.execPath) {
  const project = join(folder, name)
  mkdirSync(project)
  writeFileSync(join(project, 'package.json'), '{"private": true}')
  writeFileSync(join(project, 'program.cjs'), program)
  for (const file of ['mine', 'another']) writeFileSync(join(project, `${file}.test.${extension}`), test)
  const env = {
    ...process.env,
    DROPOFF_SANDBOX: PROGRAM,
    NO_COLOR: '1',
    CI: '1',
    NODE_TEST_CONTEXT: undefined,
  }
  return await new Promise((resolve) =>
    execFile(runtime, command, { cwd: project, env, timeout: 300_000 }, (error, out, err) =>
      resolve({ code: error ? (error.code ?? 1) : 0, said: out + err }),
    ),
  )
}

const bin = join(here, 'node_modules', '.bin')
const script = (path, ...options) => [join(here, 'node_modules', path), ...options]

for (const [name, options] of [
  ['forks', ['--pool', 'forks']],
  ['threads', ['--pool', 'threads']],
  ['forks of several files', ['--pool', 'forks', '--no-isolate', '--maxWorkers', '1']],
  ['threads of several files', ['--pool', 'threads', '--no-isolate', '--maxWorkers', '1']],
  ['virtual machines in forks', ['--pool', 'vmForks']],
  ['virtual machines in threads', ['--pool', 'vmThreads']],
]) {
  test(`vitest, in ${name}`, async () => {
    const command = script('vitest/vitest.mjs', 'run', '--root', '.', ...options)
    const { code, said } = await ran(`vitest ${name}`, 'mjs', written.vitest, command)
    assert.equal(code, 0, said)
    assert.match(said, /Tests +8 passed/)
  })
}

for (const [name, options] of [
  ['workers', ['--maxWorkers', '2']],
  ['its own process', ['--runInBand']],
  ["a browser's environment", ['--runInBand', '--env', 'jsdom']],
  ['its own process, with modules that are loaded anew', ['--runInBand', '--resetModules']],
]) {
  test(`jest, in ${name}`, async () => {
    const command = script('jest/bin/jest.js', '--rootDir', '.', ...options)
    const { code, said } = await ran(`jest ${name}`, 'js', written.jest, command)
    assert.equal(code, 0, said)
    assert.match(said, /Tests: +8 passed/)
  })
}

for (const isolation of ['process', 'none']) {
  test(`node:test, with the isolation ${isolation}`, async () => {
    const command = ['--test', `--test-isolation=${isolation}`]
    const { code, said } = await ran(`node ${isolation}`, 'mjs', written.node, command)
    assert.equal(code, 0, said)
    assert.match(said, /pass 8\n/)
  })
}

test('bun test', async () => {
  const { code, said } = await ran('bun', 'mjs', written.bun, ['test'], join(bin, 'bun'))
  assert.equal(code, 0, said)
  assert.match(said, / 8 pass/)
})

test('deno test, by the hooks of node:test', async () => {
  const command = ['test', '--no-check', '--allow-all', '--node-modules-dir=manual']
  const { code, said } = await ran('deno', 'mjs', written.node, command, join(bin, 'deno'))
  assert.equal(code, 0, said)
  assert.match(said, /8 passed/)
})
