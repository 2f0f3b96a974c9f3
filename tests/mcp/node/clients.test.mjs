// The official SDKs of TypeScript, of both generations: what they list, call, are told and asked, and cancel.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, beforeEach, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Client as ModernClient } from '@modelcontextprotocol/client'
import { StdioClientTransport as ModernTransport } from '@modelcontextprotocol/client/stdio'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema, ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { PART, start } from './served.mjs'

const served = await start()
after(() => served.stop())
beforeEach(() => served.reset())

const about = { name: 'test', version: '1.0.0' }
const send = (...paths) => ({ name: 'send_files', arguments: { paths, recipient: 'b' } })

/** @typedef {{ elicit?: Function, roots?: Function }} Handlers */
const clients = {
  'the SDK of 2025': async (settings, { elicit, roots }, capabilities) => {
    const client = new Client(about, { capabilities })
    if (elicit) client.setRequestHandler(ElicitRequestSchema, elicit)
    if (roots) client.setRequestHandler(ListRootsRequestSchema, roots)
    await client.connect(new StdioClientTransport({ ...settings, stderr: 'ignore' }))
    return { client, call: (params, options) => client.callTool(params, undefined, options) }
  },
  'the SDK of 2026': async (settings, { elicit, roots }, capabilities) => {
    const client = new ModernClient(about, { capabilities, versionNegotiation: { mode: 'auto' } })
    if (elicit) client.setRequestHandler('elicitation/create', elicit)
    if (roots) client.setRequestHandler('roots/list', roots)
    await client.connect(new ModernTransport({ ...settings, stderr: 'ignore' }))
    return { client, call: (params, options) => client.callTool(params, options) }
  },
}

for (const [name, connected] of Object.entries(clients)) {
  /** @param {string} what @param {Function} body @param {object} [settings] @param {Handlers} [handlers] */
  const described = (what, body, settings = {}, handlers = {}) =>
    test(`${name}: ${what}`, async () => {
      const can = { ...(handlers.elicit && { elicitation: {} }), ...(handlers.roots && { roots: {} }) }
      const { client, call } = await connected(served.settings(settings), handlers, can)
      try {
        await body(call, client)
      } finally {
        await client.close()
      }
    })

  described('tools are listed with hints and schemas', async (_, client) => {
    const { tools } = await client.listTools()
    const names = ['send_files', 'get_transfer', 'upload_profile', 'inspect_profile', 'get_profile']
    assert.deepEqual(
      tools.map((tool) => tool.name),
      names,
    )
    const [sending, looking] = tools
    assert.equal(sending.annotations.readOnlyHint, false)
    assert.equal(sending.annotations.idempotentHint, false)
    assert.equal(looking.annotations.readOnlyHint, true)
    assert.deepEqual(sending.inputSchema.properties.recipient.enum, ['b'])
    assert(sending.outputSchema.properties.error && sending.outputSchema.properties.files)
  })

  described('a file is sent, and looked at', async (call, client) => {
    // So that the client compares results with the schemas.
    await client.listTools()
    const sent = await call(send('report.pdf'))
    assert.equal(sent.structuredContent.status, 'active')
    assert.deepEqual(JSON.parse(sent.content[0].text), sent.structuredContent)
    const looked = await call({
      name: 'get_transfer',
      arguments: { transfer_id: sent.structuredContent.id },
    })
    assert.equal(looked.structuredContent.fields.file_count, 1)
    for (const secret of [...served.secrets, 'http://', 'X-Amz'])
      assert(!JSON.stringify([sent, looked]).includes(secret))
  })

  const lost = { on: 'confirm', times: -1, do: { lose_reply: true } }
  const silent = { on: 'get_transfer', times: -1, do: { reply: { status: 500 } } }
  const failures = {
    'a 503': [
      [{ on: 'presign', do: { reply: { status: 503 } } }],
      {},
      { kind: 'unavailable', retryable: true, outcome: 'not_completed' },
    ],
    'a wrong key': [
      [],
      { AGENTDROP_API_KEY: 'agd_wrong' },
      { kind: 'authentication', retryable: false, outcome: 'not_completed' },
    ],
    'an unknown outcome': [
      [lost, silent],
      {},
      { kind: 'unknown_outcome', retryable: false, outcome: 'unknown' },
    ],
  }
  for (const [failure, [faults, env, wanted]] of Object.entries(failures))
    described(
      `the model sees ${failure}`,
      async (call, client) => {
        await client.listTools()
        if (faults.length > 0) await served.fault(...faults)
        const result = await call(send('report.pdf'))
        assert.equal(result.isError, true)
        const { error } = result.structuredContent
        for (const [fact, value] of Object.entries(wanted)) assert.equal(error[fact], value)
        const [line] = result.content
        assert(line.text.includes(error.next) && line.text.includes(`kind ${wanted.kind}`), line.text)
        assert.equal((await served.requests('presign')).length, 1)
      },
      { env },
    )

  described('a file elsewhere is refused', async (call) => {
    const result = await call(send('../../etc/passwd'))
    assert.match(result.content[0].text, /is not in a folder that this program allows/)
    assert.deepEqual(await served.requests(), [])
  })

  described(
    'progress grows to the end',
    async (call) => {
      // Of the two parts the second is sent once the first is answered. An SDK may pass over what is told
      // with the result.
      await served.fault(...['put_part', 'confirm'].map((on) => ({ on, do: { hold: true } })))
      const told = []
      const onprogress = ({ progress, total }) => {
        told.push([progress, total])
        if (progress > 0) void served.letGo(progress <= PART ? 'put_part' : 'confirm')
      }
      await call(send('large.bin'), { onprogress })
      const numbers = told.map(([progress]) => progress)
      assert(numbers.at(-2) > 0 && numbers.at(-2) <= PART, String(told))
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((a, b) => a - b),
      )
      assert.deepEqual(told.at(-1), [PART + 1, PART + 1])
    },
    { more: ['--concurrency', '1'] },
  )

  described('a call that is cancelled leaves nothing', async (call, client) => {
    await served.fault({ on: 'put_part', times: -1, do: { hold: true } })
    const stop = new AbortController()
    const calling = assert.rejects(call(send('large.bin'), { signal: stop.signal }))
    await served.seen('put_part')
    stop.abort()
    await calling
    await served.seen('abort_multipart')
    assert((await client.listTools()).tools.length > 0, 'it serves on')
  })

  const asked = []
  const answers = ['accept', 'decline']
  described(
    'the user is asked before a first send',
    async (call) => {
      assert.equal((await call(send('report.pdf'))).structuredContent.status, 'active')
      assert.equal((await call(send('report.pdf'))).structuredContent.error.kind, 'permission')
      assert.equal(asked.length, 2)
      assert.match(asked[0], /^Send to the agent b\?\n.*report\.pdf \(4 bytes\)$/)
      assert.equal((await served.requests('presign')).length, 1)
    },
    { ask: 'always' },
    {
      elicit: ({ params }) => {
        asked.push(params.message)
        const action = answers.shift()
        return action === 'accept' ? { action, content: {} } : { action }
      },
    },
  )

  described(
    "the client's roots are the folders where none is given",
    async (call) => {
      assert.equal((await call(send('report.pdf'))).structuredContent.status, 'active')
      assert.equal((await call(send('/etc/passwd'))).isError, true)
    },
    { roots: [] },
    { roots: () => ({ roots: [{ uri: pathToFileURL(served.folder).href }] }) },
  )
}

// Without the SDKs, which end it by signals if it stays.
test('a server whose client is closed ends', async () => {
  const { command, args, env } = served.settings()
  const server = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'ignore'] })
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: about }
  server.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params })}\n`)
  await once(server.stdout, 'data')
  server.stdin.end()
  assert.deepEqual(await once(server, 'exit'), [0, null])
})
