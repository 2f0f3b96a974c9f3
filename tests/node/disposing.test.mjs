// `await using`: what it does to a job, as TypeScript compiles it.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileFunction } from 'node:vm'
import { failure, rejection, until } from './helpers.mjs'
import { BIG, ROOT, STALL, STALL_PARTS, TERMS, sandboxForTests } from './sandbox.mjs'

const sandbox = await sandboxForTests()
const folder = join(ROOT, 'bindings-node')
const require = createRequire(join(folder, 'index.js'))
const ts = require('typescript')

/** Runs the body of an async function that is TypeScript. */
function typescript(body, names) {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.None }
  const { outputText } = ts.transpileModule(`async function main() {${body}}`, { compilerOptions })
  assert(!outputText.includes('await using'), 'it must have been compiled')
  return new Function(...Object.keys(names), `${outputText}; return main()`)(...Object.values(names))
}

const files = [['a', BIG]]
const putting = async () => (await sandbox.requests('put')).length > 0

test('a call that runs at the end of the block is over then', async () => {
  await sandbox.fault({ ...STALL })
  const job = await typescript(
    `await using job = d.startSend(files, terms)
    await until(putting)
    return job`,
    { d: sandbox.agentdrop(), files, terms: TERMS, until, putting },
  )
  assert.equal(job.done, true)
  const error = await failure(() => job.wait(), 'cancelled')
  assert.equal(error.outcome, 'not_completed')
})

test('an error of the block is the error, and the call is over', async () => {
  await sandbox.fault({ ...STALL })
  const jobs = []
  const error = await rejection(
    typescript(
      `await using job = d.startSend(files, terms)
      jobs.push(job)
      await until(putting)
      throw new RangeError('of the block')`,
      { d: sandbox.agentdrop(), files, terms: TERMS, until, putting, jobs },
    ),
  )
  assert.deepEqual([error.constructor, error.message], [RangeError, 'of the block'])
  assert.equal(jobs[0].done, true)
  await failure(() => jobs[0].wait(), 'cancelled')
})

test('what would be left behind is removed before the block ends', async () => {
  await sandbox.fault({ ...STALL_PARTS })
  const parts = async () => (await sandbox.requests('put_part')).length > 0
  await typescript(
    `await using job = d.startSend(files, { ...terms, multipart: true })
    await until(parts)`,
    { d: sandbox.agentdrop(), files, terms: TERMS, until, parts },
  )
  assert.equal((await sandbox.requests('abort_multipart')).length, 1)
})

test('a call that is over keeps its result or its error', async () => {
  const d = sandbox.agentdrop()
  const sent = await typescript(
    `await using job = d.startSend([['a', 'x'.repeat(9) && Buffer.from('1')]], terms)
    const first = await job.wait()
    await job[Symbol.asyncDispose]()
    return [first, await job.wait()]`,
    { d, terms: TERMS },
  )
  assert.equal(sent[0].status, 'active')
  assert.equal(sent[0], sent[1])
  // One that failed does not fail the block; one that is waited for does, with its own error.
  const job = d.startGetTransfer('tr_none')
  await failure(() => job.wait(), 'not_found')
  assert.equal(await job[Symbol.asyncDispose](), undefined)
  const failed = `await using job = d.startGetTransfer('tr_none'); return await job.wait()`
  await failure(() => typescript(failed, { d }), 'not_found')
})

test("a stream of the call is destroyed, and a callback that throws stands in nobody's way", async () => {
  await sandbox.fault({ ...STALL })
  const job = sandbox.agentdrop().startSend(files, {
    ...TERMS,
    onProgress: () => {
      throw new Error('of the callback')
    },
  })
  await job[Symbol.asyncDispose]()
  assert.equal(job.done, true)
  assert.match((await rejection(job.wait())).message, /of the callback|cancelled/)
})

test('where the engine has no such symbol, it is the one that compilers use', () => {
  // As in a vm context of a Node whose V8 has none.
  const bare = Object.assign((name) => Symbol(name), { for: Symbol.for })
  const module = { exports: {} }
  const text = readFileSync(join(folder, 'lib/job.js'), 'utf8')
  const make = compileFunction(text, ['require', 'module', 'Symbol'])
  make(createRequire(join(folder, 'lib/job.js')), module, bare)
  const symbols = Object.getOwnPropertySymbols(module.exports.Job.prototype)
  assert(symbols.includes(Symbol.for('Symbol.asyncDispose')))
})
