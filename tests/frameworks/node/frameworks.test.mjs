// Node's frameworks: the adapters of docs/guides/agents.md, and what a model must see of four calls.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { generateText, stepCountIs } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import { makeTools } from 'dropoff/tools'
import { ROOT, sandboxForTests } from '../../node/sandbox.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const sandbox = await sandboxForTests()
const outbox = mkdtempSync(join(tmpdir(), 'dropoff-outbox-'))
// Beside the packages that the adapters import.
const made = mkdtempSync(join(here, 'node_modules', 'made-'))
after(() => [outbox, made].forEach((folder) => rmSync(folder, { recursive: true })))
writeFileSync(join(outbox, 'report.pdf'), '%PDF')

const given = { paths: ['report.pdf'], recipient: 'analysis-agent' }
const lost = { on: 'confirm', times: -1, do: { lose_reply: true } }
const silent = { on: 'get_transfer', times: -1, do: { reply: { status: 500 } } }
const situations = [
  { name: 'a success', wanted: { status: 'active' } },
  {
    name: 'a 503',
    faults: [{ on: 'presign', do: { reply: { status: 503 } } }],
    wanted: { kind: 'unavailable', retryable: true, outcome: 'not_completed' },
  },
  {
    name: 'a wrong key',
    apiKey: 'agd_wrong',
    wanted: { kind: 'authentication', retryable: false, outcome: 'not_completed' },
  },
  {
    name: 'an unknown outcome',
    faults: [lost, silent],
    wanted: { kind: 'unknown_outcome', retryable: false, outcome: 'unknown' },
  },
]

/** The lines below a heading of the guide, as a module that takes the tools and gives what they make. */
function lines(heading) {
  const section = readFileSync(join(ROOT, 'docs/guides/agents.md'), 'utf8')
    .split(`\n### ${heading}\n`)[1]
    .split(/\n##/)[0]
  const [, block] = section.match(/^```js\n(.*?)^```/ms)
  const imports = block.match(/^import .*$/gm).join('\n')
  const [, name] = block.match(/^const (\w+)/m)
  const body = block.replace(/^import .*$/gm, '')
  const parameter = "/** @param {import('dropoff/tools').Tool[]} tools */"
  return `${imports}\n${parameter}\nexport function adapted(tools) {${body}return ${name}\n}\n`
}

/** What a model must be told of each tool; not from the tools, which a framework may change. */
const due = JSON.parse(readFileSync(join(ROOT, 'core/src/tools/description.json'), 'utf8'))
  .tools.filter(({ client }) => client === 'agentdrop')
  .map(({ name, title, description, input: inputSchema, output: outputSchema, annotations }) => {
    if (name === 'send_files') inputSchema.properties.recipient.enum = [given.recipient]
    return { name, title, description, inputSchema, outputSchema, annotations }
  })

async function adapterOf(heading) {
  const file = join(made, `${heading.replace(/\W/g, '')}.mjs`)
  writeFileSync(file, lines(heading))
  return (await import(file)).adapted
}

const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } }
const call = { type: 'tool-call', toolCallId: '1', toolName: 'send_files', input: JSON.stringify(given) }
const calling = { content: [call], finishReason: { unified: 'tool-calls' }, usage, warnings: [] }
const answer = { type: 'text', text: 'done' }
const finished = { content: [answer], finishReason: { unified: 'stop' }, usage, warnings: [] }

/** The text that a model sees after a call. */
const seen = {
  async 'AI SDK'(tools) {
    const told = []
    const model = new MockLanguageModelV4({
      doGenerate: async ({ prompt, tools: offered }) => {
        assert.deepEqual(
          offered.map((tool) => [tool.name, tool.description, tool.inputSchema]),
          due.map((tool) => [tool.name, tool.description, tool.inputSchema]),
        )
        const results = prompt.flatMap(({ role, content }) => (role === 'tool' ? content : []))
        told.push(...results.map(({ output }) => JSON.stringify(output.value)))
        return results.length > 0 ? finished : calling
      },
    })
    const options = { model, prompt: 'send it', stopWhen: stepCountIs(3) }
    assert.equal((await generateText({ ...options, tools: (await adapterOf('AI SDK'))(tools) })).text, 'done')
    return told[0]
  },
  async 'LangChain.js'(tools) {
    const [send] = (await adapterOf('LangChain.js'))(tools)
    assert.deepEqual([send.name, send.schema], [due[0].name, due[0].inputSchema])
    return (await send.invoke({ type: 'tool_call', id: '1', name: 'send_files', args: given })).content
  },
  async 'MCP, in Node'(tools) {
    const [ours, theirs] = InMemoryTransport.createLinkedPair()
    const client = new Client({ name: 'test', version: '1.0.0' })
    await (await adapterOf('MCP, in Node'))(tools).connect(ours)
    await client.connect(theirs)
    try {
      const listed = (await client.listTools()).tools
      assert.deepEqual(listed, due)
      const result = await client.callTool({ name: 'send_files', arguments: given })
      assert.equal(result.isError ?? false, result.structuredContent === undefined)
      return result.content[0].text
    } finally {
      await client.close()
    }
  },
}

for (const [framework, see] of Object.entries(seen)) {
  for (const { name, faults = [], apiKey, wanted } of situations) {
    test(`${framework}: the model sees ${name}`, async () => {
      const agentdrop = sandbox.agentdrop({ maxAttempts: 2, ...(apiKey && { apiKey }) })
      const tools = makeTools({ roots: outbox, agentdrop, sender: 'a', recipients: [given.recipient] })
      if (faults.length > 0) await sandbox.fault(...faults)
      const told = JSON.parse(await see(tools))
      const facts = 'status' in wanted ? told : told.error
      for (const [fact, value] of Object.entries(wanted))
        assert.equal(facts[fact], value, JSON.stringify(told))
      assert('status' in wanted || facts.next.endsWith('.'))
      assert.equal((await sandbox.requests('presign')).length, 1, 'the framework repeated what it must not')
    })
  }
}

test('the adapters type-check', () => {
  const files = Object.keys(seen).map((heading) => {
    const file = join(made, `${heading.replace(/\W/g, '')}.mjs`)
    writeFileSync(file, lines(heading))
    return file
  })
  const tsc = join(ROOT, 'bindings-node/node_modules/typescript/bin/tsc')
  const types = ['--typeRoots', join(ROOT, 'bindings-node/node_modules/@types'), '--types', 'node']
  const flags = ['--noEmit', '--allowJs', '--checkJs', '--strict', '--skipLibCheck', '--module', 'nodenext']
  const command = [tsc, ...flags, '--target', 'es2022', ...types, ...files]
  const done = spawnSync(process.execPath, command, { encoding: 'utf8' })
  assert.equal(done.status, 0, done.stdout)
})
