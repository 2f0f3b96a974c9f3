// Options of clients and arguments of calls: what is taken, what is refused, and in which words.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import {
  AgentDrop,
  HCompany,
  KeyPair,
  Storage,
  openSealed,
  startOpenSealed,
} from '../../bindings-node/index.mjs'
import { failure, thrown } from './helpers.mjs'
import { native } from './native.mjs'
import { PROFILE, ROOT, TERMS, sandboxForTests, startSandbox, temporaryFolder } from './sandbox.mjs'
import { zipped } from './sources.mjs'

const sandbox = await sandboxForTests()
const folder = temporaryFolder()
const certificate = join(folder, 'ca.pem')
const rows = native.optionTable()
const one = [['a', Buffer.from('1')]]
const clients = [
  Storage,
  class extends HCompany {
    constructor(o) {
      super({ apiKey: 'k', ...o })
    }
  },
  class extends AgentDrop {
    constructor(o) {
      super({ apiKey: 'k', ...o })
    }
  },
]

/** A good value for every row, by its type; the two paths differ. */
function good({ name, kind }) {
  if (name === 'caFile') return certificate
  if (['bandwidthLimit', 'memoryBudget', 'partSize'].includes(name)) return 2 ** 23
  return {
    Duration: 1000,
    Number: 3,
    Text: 'http://127.0.0.1:1',
    Path: folder,
    Texts: ['https://h:1'],
    AutoOrBool: true,
  }[kind]
}

test('every row of the table is taken, and refuses another type and a bad value', async () => {
  const tls = await startSandbox('--tls')
  writeFileSync(certificate, readFileSync(tls.where.ca_file))
  await tls.stop()
  for (const row of rows) {
    for (const Client of clients) {
      new Client({ [row.name]: good(row) })
      new Client({ [row.name]: null })
      new Client({ [row.name]: undefined })
      thrown(
        () => new Client({ [row.name]: Symbol('x') }),
        'invalid_input',
        row.name,
        row.range,
        'not a symbol',
      )
      thrown(
        () => new Client({ [row.name]: { a: 1 } }),
        'invalid_input',
        row.name,
        row.range,
        'not an Object',
      )
      thrown(() => new Client({ [row.name]: -1 }), 'invalid_input', row.name, row.range)
    }
  }
})

test('every row of the table is declared, with its default', () => {
  const declared = readFileSync(join(ROOT, 'bindings-node/index.d.ts'), 'utf8')
  const [, body] = declared.match(/export interface Options \{\n(.*?)\n\}/s)
  const members = [...body.matchAll(/\/\*\*(.*?)\*\/\s+(\w+)\?:/gs)].map(([, text, name]) => [
    name,
    text.replace(/\s+\*\s+/g, ' '),
  ])
  assert.deepEqual(
    members.map(([name]) => name),
    rows.map((row) => row.name),
  )
  const number = (text) =>
    text.endsWith(' s') ? `${(parseFloat(text) * 1000).toLocaleString('en').replace(',', ' ')} ms` : text
  for (const [at, [name, text]] of members.entries()) {
    assert.match(text, /default/i, name)
    if (['Duration', 'Number'].includes(rows[at].kind))
      assert(text.includes(number(rows[at].default)), `${name}: ${text}`)
  }
})

test('a name that is not known is refused, and the known ones are listed', () => {
  const listed = (error) => error.message.split('the options are ')[1].split(', ')
  const names = rows.map((row) => row.name)
  assert.deepEqual(
    listed(thrown(() => new Storage({ maxAtempts: 3 }), 'invalid_input', '"maxAtempts"')),
    names,
  )
  assert.deepEqual(listed(thrown(() => new AgentDrop({ x: 3 }), 'invalid_input')), [
    'apiKey',
    'baseUrl',
    ...names,
  ])
  assert.deepEqual(listed(thrown(() => new HCompany({ x: 3 }), 'invalid_input')), [
    'apiKey',
    'region',
    'baseUrl',
    ...names,
  ])
  for (const row of rows) {
    thrown(
      () => new Storage({ [row.coreName]: 1, ...(row.coreName === row.name ? { x: 1 } : {}) }),
      'invalid_input',
    )
  }
  thrown(() => new Storage({ max_attempts: 3 }), 'invalid_input', 'perhaps maxAttempts is meant')
  thrown(() => new HCompany({ api_key: 'k' }), 'invalid_input', 'perhaps apiKey is meant')
  thrown(() => new HCompany({ apikey: 'k' }), 'invalid_input', 'perhaps apiKey is meant')
  thrown(() => new Storage({ apiKey: 'k' }), 'invalid_input', 'apiKey')
})

const BAD = [
  [{ stallTimeout: NaN }, '0.001 s to 1 h', 'milliseconds'],
  [{ stallTimeout: Infinity }, '0.001 s to 1 h'],
  [{ stallTimeout: -1 }, '0.001 s to 1 h'],
  [{ stallTimeout: 0 }, '0.001 s to 1 h'],
  [{ stallTimeout: 0.5 }, '0.001 s to 1 h'],
  [{ stallTimeout: 3_600_001 }, '0.001 s to 1 h'],
  [{ stallTimeout: Number.MAX_VALUE }, '0.001 s to 1 h'],
  [{ stallTimeout: '30' }, 'a number of milliseconds', 'not a string'],
  [{ stallTimeout: 30n }, 'not a bigint'],
  [{ stallTimeout: true }, 'not a boolean'],
  [{ maxAttempts: 0 }, '1 to 100'],
  [{ maxAttempts: 101 }, '1 to 100'],
  [{ maxAttempts: 1.5 }, '1 to 100'],
  [{ maxAttempts: 2 ** 60 }, '1 to 100'],
  [{ maxAttempts: '3' }, 'not a string'],
  [{ maxAttempts: new Number(3) }, 'not a Number'],
  [{ concurrency: 65 }, '1 to 64'],
  [{ memoryBudget: 2 ** 23 - 1 }, '8388608 to 1099511627776 bytes'],
  [{ memoryBudget: 2 ** 40 + 1 }, '8388608 to 1099511627776 bytes'],
  [{ partSize: 5 * 2 ** 20 - 1 }, '5242880 to 5368709120 bytes'],
  [{ partSize: 5 * 2 ** 30 + 1 }, '5242880 to 5368709120 bytes'],
  [{ partSize: '8388608' }, 'not a string'],
  [{ multipartThreshold: 0 }, '1 to 5368709120 bytes'],
  [{ multipartThreshold: 1.5 }, '1 to 5368709120 bytes'],
  [{ integrityCheck: 1 }, '"auto"'],
  [{ integrityCheck: 'sometimes' }, '"auto"'],
  [{ spoolDir: '/nowhere' }, 'a folder'],
  [{ spoolDir: Buffer.from('/tmp') }, 'a folder', 'not a Buffer'],
  [{ spoolDir: new URL('https://h') }, 'a folder', 'not an URL'],
  [{ caFile: '/nowhere' }, 'a PEM file'],
  [{ caFile: '/dev/null' }, 'holds no certificate'],
  [{ proxy: 'ftp://h' }, 'an http:// URL'],
  [{ userAgent: 'ü' }, 'printable'],
  [{ trustedStorage: 'https://h' }, 'a list of origins', 'not a string'],
  [{ trustedStorage: [3] }, 'a list of origins'],
  [{ trustedStorage: ['ftp://h'] }, 'origins'],
]
for (const [options, ...words] of BAD) {
  test(`refused: ${inspect(options)}`, () => {
    for (const Client of clients)
      thrown(() => new Client(options), 'invalid_input', Object.keys(options)[0], ...words)
  })
}

test('what is no object of options', () => {
  for (const given of ['key', 3, true, [], () => {}, Symbol('x')]) {
    for (const Client of [Storage, HCompany, AgentDrop])
      thrown(() => new Client(given), 'invalid_input', Client.name)
  }
  new Storage()
  new Storage(null)
  new Storage(Object.create({ maxAttempts: 3 }))
})

test('URLs are taken where a path or an origin is due', () => {
  new Storage({
    spoolDir: pathToFileURL(folder),
    proxy: new URL('http://p:1'),
    trustedStorage: [new URL('https://h:9')],
  })
  const h = new HCompany({ apiKey: 'k', baseUrl: new URL('https://h.example/x') })
  assert.equal(inspect(h), 'HCompany(https://h.example/x/)')
})

test('the key is looked for in the environment', () => {
  for (const [Client, variable] of [
    [HCompany, 'HAI_API_KEY'],
    [AgentDrop, 'AGENTDROP_API_KEY'],
  ]) {
    thrown(() => new Client(), 'authentication', variable)
    thrown(() => new Client({ apiKey: undefined }), 'authentication', variable)
    process.env[variable] = 'a-key'
    new Client()
    delete process.env[variable]
  }
  mkdirSync(join(process.env.HOME, '.config/hai'), { recursive: true })
  writeFileSync(join(process.env.HOME, '.config/hai/.env'), 'HAI_API_KEY=hk-from-file\n')
  new HCompany()
  writeFileSync(join(process.env.HOME, '.config/hai/.env'), '')
})

test('settings of another type', () => {
  for (const apiKey of [3, Buffer.from('k'), ['k'], true])
    thrown(() => new HCompany({ apiKey }), 'invalid_input', 'apiKey')
  thrown(() => new HCompany({ apiKey: 'k', region: 'mars' }), 'invalid_input', 'region', 'eu')
  thrown(
    () => new HCompany({ apiKey: 'k', region: 3 }),
    'invalid_input',
    'region must be a string, not a number',
  )
  thrown(
    () => new HCompany({ apiKey: 'k', baseUrl: 'http://h.example' }),
    'invalid_input',
    'baseUrl must be https',
  )
  thrown(() => new HCompany({ apiKey: 'k\ud800' }), 'invalid_input', 'apiKey', 'UTF-8')
})

// -- arguments of calls. Whatever is wrong rejects, and nothing is sent.

const d = sandbox.agentdrop()
const h = sandbox.hcompany()
const s = sandbox.storage()
const archive = zipped(10)

const WRONG = {
  'no arguments': [() => d.send(one), 'sender is missing; send needs it'],
  'null for arguments': [() => d.send(one, null), 'sender is missing'],
  'a string for arguments': [() => d.send(one, 'x'), 'an object', 'not a string'],
  'a list for arguments': [() => d.send(one, []), 'an object', 'not an array'],
  'one of two': [() => d.send(one, { sender: 'a' }), 'recipient is missing'],
  'null for one': [() => d.send(one, { ...TERMS, sender: null }), 'sender is missing'],
  'a typo': [
    () => d.send(one, { ...TERMS, onprogress() {} }),
    '"onprogress" (perhaps onProgress is meant)',
    'autoDelete',
  ],
  'snake case': [
    () => d.send(one, { ...TERMS, auto_delete: true }),
    '"auto_delete" (perhaps autoDelete is meant)',
  ],
  'a key pair for an encryption': [
    () => d.send(one, { ...TERMS, encrypt: KeyPair.generate() }),
    'encrypt must be an Encryption',
    'not a KeyPair',
  ],
  'a string for parts': [
    () => d.send(one, { ...TERMS, multipart: 'yes' }),
    'multipart must be true or false',
  ],
  'a Buffer for a path': [
    () => d.send(one, { ...TERMS, journal: Buffer.from('/tmp/j') }),
    'journal must be a path (string or file: URL), not a Buffer',
  ],
  'a journal of a step': [() => d.presign(one, { ...TERMS, journal: 'x' }), 'presign', '"journal"'],
  'a plan by an argument': [() => d.send(one, { ...TERMS, dryRun: true }), 'send', '"dryRun"'],
  'a name that is long': [() => d.send(one, { ...TERMS, ['x'.repeat(1000)]: 1 }), `"${'x'.repeat(50)}"`],
  'a number for text': [() => d.send(one, { ...TERMS, sender: 3 }), 'sender must be a string, not a number'],
  'half a character': [() => d.send(one, { ...TERMS, message: 'a\udfff' }), 'message', 'UTF-8'],
  'a string for a flag': [
    () => d.send(one, { ...TERMS, autoDelete: 'yes' }),
    'autoDelete must be true or false',
  ],
  'a callback that is none': [
    () => d.send(one, { ...TERMS, onProgress: 3 }),
    'onProgress must be a function',
  ],
  'a signal that is none': [
    () => d.send(one, { ...TERMS, signal: new AbortController() }),
    'signal must be an AbortSignal, not an AbortController',
  ],
  'a timeout of another type': [
    () => d.send(one, { ...TERMS, timeout: '1' }),
    'timeout must be a number of milliseconds',
  ],
  'a count of another type': [
    () => d.send(one, { ...TERMS, maxDownloads: '3' }),
    'maxDownloads must be a whole number',
  ],
  'an array of metadata': [() => d.send(one, { ...TERMS, metadata: [1] }), 'metadata', 'an array is none'],
  'an unknown argument of a step': [
    () => h.initiateUpload({ timeout: 1 }),
    'initiateUpload',
    '"timeout"',
    'signal',
  ],
  'no ticket': [() => d.upload({}, one), 'ticket must be a TransferTicket'],
  'a ticket of the other service': [async () => d.upload(await h.initiateUpload(), one), 'TransferTicket'],
  'null for a ticket': [() => h.upload(null, archive), 'ticket must be a ProfileTicket'],
  'an id of another type': [() => d.confirm(3), 'transferId must be a string, not a number'],
  'an id that is none': [() => h.getProfile('x'), 'profileId must be a UUID'],
  'no name': [() => h.uploadProfile(archive, {}), 'name is missing'],
  'no browser': [() => h.uploadProfile(archive, { name: 'n' }), 'browserName is missing'],
  'no version': [
    () => h.uploadProfile(archive, { name: 'n', browserName: 'b' }),
    'browserVersion is missing',
  ],
  'labels of numbers': [
    () => h.uploadProfile(archive, { ...PROFILE, labels: { a: 1 } }),
    'labels',
    'found a number',
  ],
  'labels as text': [() => h.uploadProfile(archive, { ...PROFILE, labels: 'a' }), 'labels', 'found a string'],
  'triples for pairs': [
    () => s.postForm('https://h', [['a', 'b', 'c']], archive),
    'fields',
    'found an array',
  ],
  'text for pairs': [() => s.postForm('https://h', ['ab'], archive), 'fields', 'found a string'],
  'nothing for pairs': [() => s.postForm('https://h', undefined, archive), 'fields', 'found undefined'],
  'no URL': [() => s.put(undefined, archive), 'url must be a string or a URL, not undefined'],
  'a URL of another type': [() => s.put(Buffer.from('x'), archive), 'url must be', 'not a Buffer'],
  'an upload that is none': [
    () => h.completeUpload('x', { ...PROFILE, uploaded: 3 }),
    'uploaded must be what upload() gave',
  ],
  'an upload that lacks a field': [
    () => h.completeUpload('x', { ...PROFILE, uploaded: { bytes: 3 } }),
    'uploaded.verified',
  ],
}
for (const [name, [call, ...words]] of Object.entries(WRONG)) {
  test(`refused: ${name}`, async () => {
    await failure(call, 'invalid_input', ...words)
    const sent = await sandbox.requests()
    assert.deepEqual(
      sent.map((entry) => entry.op).filter((op) => op !== 'initiate_upload'),
      [],
    )
  })
}

for (const timeout of [0, -1, NaN, Infinity, 1e300, 10_000_000_001]) {
  test(`refused: a timeout of ${timeout}`, async () => {
    await failure(() => d.send(one, { ...TERMS, timeout }), 'invalid_input', 'timeout')
    assert.deepEqual(await sandbox.requests(), [])
  })
}

for (const maxDownloads of [-1, 1.5, NaN, 2 ** 60]) {
  test(`refused: ${maxDownloads} downloads`, () =>
    failure(
      () => d.send(one, { ...TERMS, maxDownloads }),
      'invalid_input',
      'maxDownloads must be a whole number',
    ))
}

test('misuse never throws out of an async method, and always out of its twin', async () => {
  for (const [client, method] of [
    [d, 'send'],
    [d, 'presign'],
    [d, 'upload'],
    [h, 'uploadProfile'],
    [s, 'put'],
    [s, 'postForm'],
    [s, 'putParts'],
    [{ openSealed, startOpenSealed }, 'openSealed'],
  ]) {
    const promise = client[method](Symbol('x'), Symbol('y'), 3)
    assert(promise instanceof Promise, method)
    await failure(() => promise, 'invalid_input')
    const twin = `start${method[0].toUpperCase()}${method.slice(1)}`
    thrown(() => client[twin](Symbol('x'), Symbol('y'), 3), 'invalid_input')
  }
})

test('metadata is whatever JSON holds without loss', async () => {
  const metadata = { ü: [1, null, { x: 1.5 }], when: new Date(0), gone: undefined }
  const sent = await d.send(one, { ...TERMS, metadata })
  const { fields } = await d.getTransfer(sent.id)
  const kept = { ü: [1, null, { x: 1.5 }], when: '1970-01-01T00:00:00.000Z' }
  assert.deepEqual(fields.metadata ?? kept, kept)
  const cyclic = {}
  cyclic.again = cyclic
  let deep = {}
  for (let i = 0; i < 300; i++) deep = { deep }
  for (const wrong of [
    { a: NaN },
    { a() {} },
    { a: Symbol('x') },
    { a: 1n },
    { a: '\ud800' },
    cyclic,
    deep,
    'x',
    3,
    new Date(),
  ]) {
    await failure(() => d.send(one, { ...TERMS, metadata: wrong }), 'invalid_input', 'metadata')
  }
})

test('pairs keep their order, in every shape', async () => {
  const given = (await h.initiateUpload()).reveal()
  const fields = Object.entries(given.upload_fields)
  const shapes = [fields, Object.fromEntries(fields), new Map(fields), fields.values()]
  for (const shape of shapes) {
    const stored = await s.postForm(given.upload_url, shape, Buffer.from('1'), { fileName: 'x.zip' })
    assert.equal(stored.bytes, 1)
  }
  const logged = (await sandbox.requests('post_form')).map((entry) => entry.fields)
  assert.equal(logged.length, shapes.length)
  for (const seen of logged) {
    assert.deepEqual(
      seen.slice(0, fields.length).map(([name]) => name),
      fields.map(([name]) => name),
    )
  }
  const [target] = (await d.presign(one, TERMS)).reveal().upload_urls
  const put = await s.put(new URL(target.upload_url), Buffer.from('1'), {
    headers: new Headers(target.headers),
  })
  assert(put.verified)
})

test('results are frozen plain objects', async () => {
  const sent = await d.send(one, TERMS)
  assert(Object.isFrozen(sent) && Object.isFrozen(sent.files) && Object.isFrozen(sent.files[0]))
  assert.throws(() => (sent.status = 'x'), TypeError)
  assert.deepEqual(JSON.parse(JSON.stringify(sent)), sent)
  const ticket = await h.initiateUpload()
  const uploaded = await h.upload(ticket, archive)
  // What was kept as JSON between two steps is as good.
  const kept = JSON.parse(JSON.stringify(uploaded))
  assert((await h.completeUpload(ticket.profileId, { ...PROFILE, uploaded: kept })).verified)
})
