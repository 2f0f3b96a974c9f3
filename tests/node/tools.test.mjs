// Tools for agents: the cases that all languages share, and what only Node has.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join, toNamespacedPath } from 'node:path'
import { test } from 'node:test'
import { DropoffError, Encryption, HCompany, KeyPair, Storage } from '../../bindings-node/index.mjs'
import { errorSchema, makeTools } from '../../bindings-node/tools.mjs'
import { expect } from './expect.mjs'
import { rejection, soon, thrown, until } from './helpers.mjs'
import { STALL, sandboxForTests, temporaryFolder, vectors } from './sandbox.mjs'

const sandbox = await sandboxForTests()
const temporary = temporaryFolder()
const pair = KeyPair.fromPrivateKey('AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=')
const recipientPair = KeyPair.fromPrivateKey('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A=')
const sha256 = (content) => createHash('sha256').update(content).digest('hex')

/** A folder with these files and symlinks. */
function laid({ files = {}, links = {} }) {
  const folder = mkdtempSync(join(temporary, 'case-'))
  mkdirSync(join(folder, 'outbox'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name))
  return folder
}

/** A value of a case, in which a folder is named `$folder`. */
const named = (value, folder) =>
  JSON.parse(JSON.stringify(value).replaceAll('$folder', () => JSON.stringify(folder).slice(1, -1)))

/** Every fact is expected, and none is missing: what a model sees is the same in all languages. */
function compare(path, wanted, got) {
  if (typeof wanted !== 'object' || wanted === null || 'contains' in wanted || 'present' in wanted)
    return expect(path, wanted, got)
  if ('maybe' in wanted) return
  if (Array.isArray(wanted)) {
    assert(Array.isArray(got) && got.length === wanted.length, `${path}: ${JSON.stringify(got)}`)
    return wanted.forEach((item, at) => compare(`${path}[${at}]`, item, got[at]))
  }
  const needed = Object.keys(wanted).filter((name) => !wanted[name]?.maybe)
  for (const name of needed) assert(name in got, `${path}.${name} is missing in ${JSON.stringify(got)}`)
  for (const name of Object.keys(got)) {
    assert(name in wanted, `${path}.${name} is too much: ${JSON.stringify(got[name])}`)
    compare(`${path}.${name}`, wanted[name], got[name])
  }
}

/** Whether a value is as a schema says, as far as the description uses JSON Schema. */
function conforms(schema, value, path = '') {
  const kinds = { array: Array.isArray, integer: Number.isSafeInteger }
  assert(kinds[schema.type]?.(value) ?? typeof value === schema.type, `${path}: ${JSON.stringify(value)}`)
  if (schema.enum) assert(schema.enum.includes(value), path)
  if (schema.items) value.forEach((item, at) => conforms(schema.items, item, `${path}[${at}]`))
  for (const name of schema.required ?? []) assert(name in value, `${path}.${name}`)
  if (schema.properties)
    for (const [name, item] of Object.entries(value))
      conforms(schema.properties[name], item, `${path}.${name}`)
}

const byName = (tools) => Object.fromEntries(tools.map((tool) => [tool.name, tool]))

async function toolsOf({ api_key: apiKey, options = {}, make = {} }, folder) {
  const ticket = await sandbox
    .agentdrop()
    .presign([['report.pdf', Buffer.from('%PDF')]], { sender: 'sender-agent', recipient: 'b' })
  const [{ upload_url: url, headers }] = ticket.reveal().upload_urls
  await sandbox.forgetRequests()
  const settings = options.max_attempts ? { maxAttempts: options.max_attempts } : {}
  const keyed = apiKey ? { apiKey, ...settings } : settings
  return byName(
    makeTools({
      roots: [join(folder, 'outbox')],
      agentdrop: sandbox.agentdrop(keyed),
      sender: 'sender-agent',
      recipients: ['recipient-agent', 'another-agent'],
      encrypt: make.encrypt ? new Encryption(pair) : null,
      hcompany: sandbox.hcompany(keyed),
      pack: make.pack === undefined ? undefined : { level: make.pack },
      keyPair: recipientPair,
      storage: sandbox.storage(settings),
      targets: { report: { url, headers: headers ?? {} } },
    }),
  )
}

for (const case_ of vectors('tools.json')) {
  test(case_.name, async () => {
    const folder = laid(case_)
    await sandbox.agents({ agent_id: 'recipient-agent', public_key: recipientPair.publicKey })
    const tools = await toolsOf(case_, folder)
    const tool = tools[case_.tool]
    let arguments_ = named(case_.arguments ?? {}, folder)
    if (case_.before) {
      const gave = await tools[case_.before.tool].run(named(case_.before.arguments, folder))
      for (const [name, fact] of Object.entries(case_.before.gives)) arguments_[name] = gave[fact]
    }
    if (case_.faults) await sandbox.fault(...case_.faults)
    const got = await tool.run(arguments_)
    const md5 = createHash('md5').update('%PDF').digest('hex')
    const wanted = JSON.parse(JSON.stringify(named(case_.expect, folder)).replaceAll('{md5}', md5))
    // Elsewhere a path has one form, and this leaves it as it is.
    for (const { error } of [wanted, got]) if (error?.path) error.path = toNamespacedPath(error.path)
    compare(case_.name, wanted, got)
    conforms('error' in got ? errorSchema : tool.outputSchema, got)
    for (const [operation, count] of Object.entries(case_.requests ?? {}))
      assert.equal((await sandbox.requests(operation)).length, count, operation)
    assert(!JSON.stringify(got).includes('X-Amz'))
  })
}

// -- which files a model may name

const paths = vectors('tool_paths.json')

function toolsFor(folder, more = {}) {
  process.env.HOME = process.env.USERPROFILE = join(folder, 'home')
  const roots = paths.roots.map((root) => join(folder, root))
  const terms = { sender: 'sender-agent', recipients: ['recipient-agent'] }
  return byName(makeTools({ roots, agentdrop: sandbox.agentdrop(), ...terms, ...more }))
}

for (const { name, path, why } of paths.refused) {
  test(`a file does not get out: ${name}`, async () => {
    const folder = laid(paths)
    const more = { storage: sandbox.storage(), targets: { report: 'https://storage.example/report' } }
    const tools = toolsFor(folder, { keyPair: recipientPair, hcompany: sandbox.hcompany(), ...more })
    const given = path.replace('$folder', folder)
    const sent = await tools.send_files.run({ paths: ['report.pdf', given], recipient: 'recipient-agent' })
    assert.equal(sent.error?.kind, 'invalid_input')
    assert(sent.error.message.includes(why), sent.error.message)
    for (const wrong of [
      { path: given, to: 'new' },
      { path: 'report.pdf', to: given },
    ])
      assert((await tools.open_sealed.run(wrong)).error.message.includes(why))
    for (const [tool, terms] of [
      ['put_file', { target: 'report' }],
      ['inspect_profile', {}],
      ['upload_profile', { name: 'x' }],
    ])
      assert((await tools[tool].run({ path: given, ...terms })).error.message.includes(why), tool)
    assert.deepEqual(await sandbox.requests(), [])
  })
}

test('a file that is allowed is sent', async () => {
  const folder = laid(paths)
  const { send_files: send } = toolsFor(folder)
  for (const [path, file] of Object.entries(paths.allowed)) {
    await sandbox.reset()
    const sent = await send.run({ paths: [path.replace('$folder', folder)], recipient: 'recipient-agent' })
    assert.equal(sent.status, 'active', JSON.stringify(sent))
    assert.deepEqual(await sandbox.digests(), new Set([sha256(readFileSync(join(folder, file)))]))
  }
})

test('symlinks in a circle lead nowhere', async () => {
  const folder = laid({ links: { 'outbox/a': 'b', 'outbox/b': 'a' } })
  const { send_files: send } = toolsFor(folder)
  const { error } = await send.run({ paths: ['a'], recipient: 'recipient-agent' })
  assert.match(error.message, /is not in a folder|there is no file|too many/i)
})

// -- what only this language has

const everything = () => ({
  agentdrop: sandbox.agentdrop(),
  sender: 'a',
  recipients: new Set(['b', 'c']),
  hcompany: sandbox.hcompany(),
  keyPair: pair,
  storage: sandbox.storage(),
  targets: { report: 'https://storage.example/report?X-Amz-Signature=0' },
})

test('schemas say what the program allows', () => {
  const tools = byName(makeTools({ roots: temporary, ...everything() }))
  assert.deepEqual(tools.send_files.inputSchema.properties.recipient.enum, ['b', 'c'])
  assert.deepEqual(tools.put_file.inputSchema.properties.target.enum, ['report'])
  assert.equal(tools.send_files.annotations.readOnlyHint, false)
  const [free] = makeTools({ roots: temporary, ...everything(), recipients: () => true })
  assert(!('enum' in free.inputSchema.properties.recipient))
  assert(!JSON.stringify(Object.values(tools)).includes('X-Amz'))
  assert.equal(Object.keys(tools).length, 7)
})

test('what a tool needs is asked for', () => {
  const none = { agentdrop: null, hcompany: null, keyPair: null, storage: null }
  for (const [wrong, words] of [
    [none, 'there are no tools without agentdrop'],
    [{ roots: [] }, 'roots is empty'],
    [{ roots: '' }, 'roots is empty; name a folder, or "." for the one that the program runs in'],
    [{ roots: ['.', ''] }, 'roots[1] is empty; name a folder'],
    [{ roots: null }, 'roots is missing'],
    [{ roots: 5 }, 'roots must be'],
    [{ recipients: null }, 'needs sender and recipients'],
    [{ sender: null }, 'needs sender and recipients'],
    [{ sender: 5 }, 'sender must be a string, not a number'],
    [{ sender: '' }, 'sender is empty; every transfer needs one'],
    [{ mode: '' }, 'mode is empty; every transfer needs one'],
    [{ recipients: 'b' }, 'recipients must be a list of strings or a function, not a string'],
    [{ ...none, recipients: 5 }, 'recipients must be a list of strings or a function, not a number'],
    [{ recipients: { b: false } }, 'recipients must be a list of strings or a function, not an Object'],
    [{ recipients: [] }, 'recipients is empty; name whom files may be sent to'],
    [{ recipients: new Set() }, 'recipients is empty'],
    [{ recipients: new Map([['b', false]]) }, 'recipients[0] must be a string, not an array'],
    [{ recipients: ['b', ''] }, 'recipients[1] is empty; give an id'],
    [{ agentdrop: sandbox.hcompany() }, 'agentdrop must be of the class AgentDrop, not a HCompany'],
    [{ targets: null }, 'storage needs targets'],
    [{ targets: 'https://x' }, 'targets must be an object or a function, not a string'],
    [{ targets: {} }, 'targets is empty; give the presigned URLs by name'],
    [{ targets: new Map() }, 'targets must be an object or a function, not a Map'],
    [{ targets: new Map([['a', 'https://x']]) }, 'targets must be an object or a function, not a Map'],
    [{ targets: new URLSearchParams('a=https://x') }, 'not an URLSearchParams'],
    [{ targets: ['https://x'] }, 'targets must be an object or a function, not an array'],
    [{ targets: { r: { upload_url: 'https://x' } } }, 'targets.r has no setting named "upload_url"'],
    [{ targets: { r: {} } }, 'targets.r.url must be a string or a URL, not undefined'],
    [{ targets: { r: ['https://x', {}] } }, 'targets.r must be a URL or an object such as { url, headers }'],
    [{ targets: { r: 5 } }, 'targets.r must be a URL or an object such as { url, headers }, not a number'],
    [{ targets: { r: { url: 'https://x', headers: 5 } } }, 'targets.r.headers must be an object of strings'],
    [{ targets: { a: 'https://x', r: null } }, 'targets.r must be a URL or an object'],
    [{ pack: 'minimal' }, 'pack must be'],
    [{ Sender: 'a' }, 'perhaps sender is meant'],
  ])
    thrown(() => makeTools({ roots: '.', ...everything(), ...wrong }), 'invalid_input', words)
})

test('a limit of time is refused as a call refuses it', () => {
  const message = (call) => {
    try {
      call()
    } catch (error) {
      return error.message
    }
  }
  const files = [['x', Buffer.from('')]]
  for (const timeout of [0, 1e-9, -1, 10_000_000_001, NaN, Infinity, '5', true]) {
    const made = message(() => makeTools({ roots: '.', ...everything(), timeout }))
    assert(made?.startsWith('timeout must be'), `${timeout}: ${made}`)
    const terms = { sender: 'a', recipient: 'b', timeout }
    assert.equal(
      made,
      message(() => sandbox.agentdrop().startSend(files, terms)),
    )
  }
  for (const timeout of [0.5, 10_000_000_000, null])
    assert.equal(makeTools({ roots: '.', ...everything(), timeout }).length, 7)
})

test('what a framework does to a schema changes nothing', async () => {
  const folder = laid({ files: { 'outbox/report.pdf': '%PDF' } })
  const made = () => makeTools({ roots: join(folder, 'outbox'), ...everything() })[0]
  const send = made()
  const before = JSON.stringify(send)
  const { next } = errorSchema.properties.error.properties
  delete send.inputSchema.properties.recipient.enum
  send.inputSchema.properties.sender = { type: 'string' }
  for (const name of Object.keys(send.outputSchema.properties)) delete send.outputSchema.properties[name]
  send.annotations.readOnlyHint = true
  delete errorSchema.properties.error.properties.next
  try {
    const { error } = await send.run({ paths: ['report.pdf'], recipient: 'stranger' })
    assert.equal(error.message, 'recipient must be one of b, c')
    assert(error.next)
    assert.match((await send.run({ sender: 'x', recipient: 'b' })).error.message, /has no argument sender/)
    assert.equal((await send.run({ paths: ['report.pdf'], recipient: 'b' })).status, 'active')
    assert.equal(JSON.stringify(made()), before)
  } finally {
    errorSchema.properties.error.properties.next = next
  }
})

test('a slip of the program is not told as one of the model', async () => {
  const folder = laid({ files: { 'outbox/report.pdf': '%PDF' } })
  const [send] = makeTools({ roots: join(folder, 'outbox'), ...everything() })
  const told = []
  const listener = ({ message }) => told.push(message)
  process.on('warning', listener)
  for (const wrong of [{ toolCallId: '1' }, { onProgress: 5 }, 'x']) {
    const { error } = await send.run({ paths: ['report.pdf'], recipient: 'b' }, wrong)
    assert.deepEqual([error.kind, error.outcome], ['internal', 'not_completed'])
    assert.match(error.message, /^a function of this program failed \(TypeError\);/)
  }
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listener)
  assert.match(told[0], /run has no argument named "toolCallId"; its arguments are signal, onProgress/)
  assert.equal(told.length, 3)
  assert.deepEqual(await sandbox.requests(), [])
})

test('whatever a function of the program throws, a call never rejects', async () => {
  const folder = laid({ files: { 'outbox/report.pdf': '%PDF' } })
  const refusing = () => {
    throw new Error('a trap of the program')
  }
  const traps = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, refusing]))
  const warnings = []
  const listener = (warning) => warnings.push(warning.code)
  process.on('warning', listener)
  const things = [
    Object.create(null),
    Symbol('secret'),
    undefined,
    null,
    new Proxy({}, traps),
    Object.defineProperty(new Error('x'), 'stack', { get: refusing }),
    Object.defineProperty(new Error('x'), 'name', { get: refusing }),
    Object.assign(new Error('x'), { stack: Object.create(null) }),
    new DropoffError({}),
  ]
  for (const thing of things) {
    const recipients = () => {
      throw thing
    }
    const terms = { roots: join(folder, 'outbox'), agentdrop: sandbox.agentdrop(), sender: 'a' }
    const { error } = await makeTools({ ...terms, recipients })[0].run({
      paths: ['report.pdf'],
      recipient: 'b',
    })
    assert.match(error.message, /^a function of this program failed/)
    assert.deepEqual([error.kind, error.outcome], ['internal', 'not_completed'])
  }
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listener)
  assert.deepEqual(
    warnings,
    things.map(() => 'DROPOFF_TOOL'),
  )
})

test('a function decides on recipients and gives targets', async () => {
  const folder = laid({ files: { 'outbox/report.pdf': '%PDF' } })
  const asked = []
  const [send] = makeTools({
    roots: join(folder, 'outbox'),
    agentdrop: sandbox.agentdrop(),
    sender: 'a',
    recipients: async (name) => name === 'b',
  })
  const phases = []
  const onProgress = ({ phase }) => phases.push(phase)
  assert.equal((await send.run({ paths: ['report.pdf'], recipient: 'b' }, { onProgress })).status, 'active')
  assert.equal(phases.at(-1), 'done')
  const { error } = await send.run({ paths: ['report.pdf'], recipient: 'c' })
  assert.match(error.message, /^this program does not send to c;/)
  const targets = async (name) => void asked.push(name)
  const [put] = makeTools({ roots: join(folder, 'outbox'), storage: new Storage(), targets })
  const none = await put.run({ path: 'report.pdf', target: 'x' })
  assert.match(none.error.message, /^this program has no target x;/)
  const gone = { constructor: 'https://storage.example/' }
  const [putElsewhere] = makeTools({ roots: join(folder, 'outbox'), storage: new Storage(), targets: gone })
  delete gone.constructor
  const told = await putElsewhere.run({ path: 'report.pdf', target: 'constructor' })
  assert.match(told.error.message, /^this program has no target constructor;/)
  assert.deepEqual(asked, ['x'])
})

test('a target that is refused is told without its signature', async () => {
  const folder = laid({ files: { 'outbox/report.pdf': '%PDF' } })
  const targets = { report: 'https://10.0.0.1/bucket/report?X-Amz-Signature=0' }
  const [put] = makeTools({ roots: join(folder, 'outbox'), storage: new Storage(), targets })
  const told = await put.run({ path: 'report.pdf', target: 'report' })
  assert.equal(told.error.kind, 'unsafe_target')
  assert.match(told.error.message, /10\.0\.0\.1\/bucket\/report /)
  assert(!JSON.stringify(told).includes('X-Amz'))
})

test('a function of the program that throws', async () => {
  const folder = laid({ files: { 'outbox/report.pdf': '%PDF' } })
  const failing = () => {
    throw new RangeError('a secret of the program')
  }
  const warnings = []
  const listener = (warning) => warnings.push(warning.code)
  process.on('warning', listener)
  const terms = { roots: join(folder, 'outbox'), agentdrop: sandbox.agentdrop(), sender: 'a' }
  const given = { paths: ['report.pdf'], recipient: 'b' }
  const before = await makeTools({ ...terms, recipients: failing })[0].run(given)
  await sandbox.fault({ on: 'presign', do: { hold: true } })
  const during = await makeTools({ ...terms, recipients: ['b'] })[0].run(given, { onProgress: failing })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listener)
  assert.deepEqual([before.error.outcome, during.error.outcome], ['not_completed', 'not_completed'])
  for (const { error } of [before, during]) {
    assert.match(error.message, /^a function of this program failed \(RangeError\);/)
    assert(!JSON.stringify(error).includes('secret'))
  }
  assert.deepEqual(warnings, ['DROPOFF_TOOL', 'DROPOFF_TOOL'])
})

test('an error of ours that a callback throws is the program’s', async () => {
  const folder = laid({ files: { 'outbox/report.pdf': '%PDF' } })
  const client = sandbox.agentdrop({ maxAttempts: 1 })
  const terms = { roots: join(folder, 'outbox'), agentdrop: client, sender: 'a', recipients: ['b'] }
  const [send] = makeTools(terms)
  const given = { paths: ['report.pdf'], recipient: 'b' }
  const warnings = []
  const listener = ({ message }) => warnings.push(message)
  process.on('warning', listener)
  await sandbox.fault({ on: 'get_transfer', times: -1, do: { reply: { status: 503 } } })
  const refused = await rejection(client.getTransfer('tr_other'))
  assert.deepEqual([refused.outcome, refused.retryable], ['not_completed', true])
  const throwing = (progress) => {
    if (progress.phase === 'done') throw refused
  }
  const lost = [{ on: 'confirm', times: -1, do: { lose_reply: true } }]
  // One error for all of them: no call is told by what became of the one before.
  for (const [onProgress, faults, outcome, next] of [
    [throwing, [], 'completed', /^It happened all the same\./],
    [async (progress) => throwing(progress), lost, 'unknown', /^It may have happened\./],
    [throwing, [], 'completed', /^It happened all the same\./],
  ]) {
    await sandbox.forgetRequests()
    await sandbox.fault(...faults)
    const { error } = await send.run(given, { onProgress })
    assert((await sandbox.requests('confirm')).length > 0)
    await sandbox.clearFaults('confirm')
    assert.deepEqual([error.kind, error.outcome, error.retryable], ['internal', outcome, false])
    assert.match(error.message, /^a function of this program failed \(DropoffError\);/)
    assert.match(error.next, next)
    assert(!/tr_other|503/.test(JSON.stringify(error)))
  }
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listener)
  assert.equal(warnings.length, 3)
  for (const warning of warnings) assert(warning.includes(refused.stack), warning)
  await sandbox.fault({ on: 'presign', do: { reply: { status: 503 } } })
  const { error } = await send.run(given, { onProgress: () => {} })
  assert.deepEqual([error.kind, error.outcome, error.operation], ['unavailable', 'not_completed', 'presign'])
  assert.match(error.next, /^Nothing happened\. The same call may be made again/)
})

test('an error of ours that another function throws is the program’s', async () => {
  const folder = laid({ files: { 'outbox/report.pdf': '%PDF' } })
  const client = sandbox.agentdrop({ maxAttempts: 1 })
  await sandbox.fault({ on: 'get_transfer', times: -1, do: { reply: { status: 503 } } })
  const refused = await rejection(client.getTransfer('tr_other'))
  await sandbox.forgetRequests()
  const throwing = () => {
    throw Object.assign(refused, { outcome: 'completed', transferId: 'tr_other' })
  }
  for (const asked of [throwing, async () => throwing()]) {
    const terms = { roots: join(folder, 'outbox'), ...everything(), recipients: asked, targets: asked }
    const tools = byName(makeTools(terms))
    for (const [name, given] of [
      ['send_files', { paths: ['report.pdf'], recipient: 'b' }],
      ['put_file', { path: 'report.pdf', target: 'x' }],
    ]) {
      const { error } = await tools[name].run(given)
      assert.deepEqual([error.kind, error.outcome], ['internal', 'not_completed'])
      assert.match(error.message, /^a function of this program failed \(DropoffError\);/)
      assert(!JSON.stringify(error).includes('tr_other'))
    }
  }
  assert.deepEqual(await sandbox.requests(), [])
})

test('a signal stops each call, and each tells what became of it', async () => {
  const folder = laid({ files: { 'outbox/large': '' } })
  truncateSync(join(folder, 'outbox/large'), 20_000_000)
  await sandbox.fault(STALL)
  const [send] = makeTools({
    roots: join(folder, 'outbox'),
    agentdrop: sandbox.agentdrop(),
    sender: 'a',
    recipients: ['b'],
  })
  const stop = new AbortController()
  const given = { paths: ['large'], recipient: 'b' }
  const runs = [send.run(given, { signal: stop.signal }), send.run(given, { signal: stop.signal })]
  await until(async () => (await sandbox.requests('put')).length === 2)
  stop.abort()
  const told = await soon(Promise.all(runs))
  assert.deepEqual(
    told.map(({ error }) => [error.kind, error.outcome]),
    [
      ['cancelled', 'not_completed'],
      ['cancelled', 'not_completed'],
    ],
  )
  assert.notEqual(told[0].error.transfer_id, told[1].error.transfer_id)
  const late = await send.run(given, { signal: stop.signal })
  assert.deepEqual([late.error.retryable, late.error.next], [told[0].error.retryable, told[0].error.next])
  assert.deepEqual([late.error.kind, late.error.outcome], ['cancelled', 'not_completed'])
})

test('a signal stops a call whose function of the program does not answer', async () => {
  const folder = laid({ files: { 'outbox/report.pdf': '%PDF' } })
  let asked
  const silent = () => new Promise(() => asked())
  const tools = byName(
    makeTools({ roots: join(folder, 'outbox'), ...everything(), recipients: silent, targets: silent }),
  )
  for (const [tool, given] of [
    ['send_files', { paths: ['report.pdf'], recipient: 'b' }],
    ['put_file', { path: 'report.pdf', target: 'report' }],
  ]) {
    const stop = new AbortController()
    const isAsked = new Promise((resolve) => (asked = resolve))
    let error
    void tools[tool].run(given, { signal: stop.signal }).then((told) => (error = told.error))
    await isAsked
    stop.abort()
    await until(() => error)
    assert.deepEqual([error.kind, error.outcome], ['cancelled', 'not_completed'])
  }
  assert.deepEqual(await sandbox.requests(), [])
})

test('a handler may be taken off its tool', async () => {
  const [{ run }] = makeTools({ roots: temporary, hcompany: new HCompany({ apiKey: 'x' }) })
  assert.equal((await run('{}')).error.message, 'path is missing; upload_profile needs it')
})
