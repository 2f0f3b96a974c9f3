// Key pairs, sealing and opening: what is of this language and not of the scenarios.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { format, inspect } from 'node:util'
import v8 from 'node:v8'
import { MessageChannel, Worker } from 'node:worker_threads'
import {
  DropoffError,
  Encryption,
  File,
  KeyPair,
  openSealed,
  startOpenSealed,
} from '../../bindings-node/index.mjs'
import { NOWHERE, failure, isWindows, rejection, sha256, soon, thrown, until } from './helpers.mjs'
import { native } from './native.mjs'
import { TERMS, sandboxForTests, temporaryFolder } from './sandbox.mjs'
import { pattern } from './sources.mjs'

const sandbox = await sandboxForTests()
const folder = temporaryFolder()
const d = sandbox.agentdrop()
const one = [['a', Buffer.from('1')]]
const sender = KeyPair.generate()
const recipient = KeyPair.generate()

// -- key pairs

// The bytes 1 to 32, and a key that was wrapped for another pair with them, as the official SDK does it.
const PRIVATE = 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA='
const PUBLIC = 'B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw='
const WRAPPED = '0NHS09TV1tfY2drbzNV+rOPgo6zBf/XLMDWcADyZ+2AGOStqBRZuopDmsL0yhwoHFxzRnhphB7i1Z0vF'

test('a pair from its private key, and new ones', () => {
  const pair = KeyPair.fromPrivateKey(PRIVATE)
  assert.deepEqual([pair.publicKey, pair.revealPrivateKey()], [PUBLIC, PRIVATE])
  assert.notEqual(KeyPair.generate().publicKey, KeyPair.generate().publicKey)
  const fresh = KeyPair.generate()
  assert.equal(Buffer.from(fresh.revealPrivateKey(), 'base64').length, 32)
  assert.equal(KeyPair.fromPrivateKey(fresh.revealPrivateKey()).publicKey, fresh.publicKey)
})

test('a pair from the official SDK’s folder, in every form of its path', () => {
  const home = join(process.env.HOME, '.agentdrop')
  mkdirSync(home)
  const file = join(home, 'config.json')
  writeFileSync(file, JSON.stringify({ agent_id: 'a', private_key: PRIVATE }))
  for (const path of [home, file, pathToFileURL(home), pathToFileURL(file), '~/.agentdrop'])
    assert.equal(KeyPair.fromAgentdropConfig(path).publicKey, PUBLIC)
  for (const text of [
    '',
    '{}',
    '[]',
    `{"private_key": "${PRIVATE.slice(2)}"}`,
    `{"private_key": ["${PRIVATE}"]}`,
  ]) {
    writeFileSync(file, text)
    const error = thrown(() => KeyPair.fromAgentdropConfig(home), 'encryption', file)
    assert(!inspect(error).includes(PRIVATE.slice(2)), inspect(error))
  }
  const missing = thrown(() => KeyPair.fromAgentdropConfig(NOWHERE), 'source_unreadable', NOWHERE)
  assert.deepEqual([missing.errno, missing.path], [2, NOWHERE])
  for (const path of [undefined, null, 3, Buffer.from(home), {}, [home]])
    thrown(() => KeyPair.fromAgentdropConfig(path), 'invalid_input', 'path must be a path')
  thrown(() => KeyPair.fromAgentdropConfig(new URL('https://h/?canary')), 'invalid_input', 'not another URL')
})

test('private keys that are none are refused, and not shown', () => {
  const half = PRIVATE.slice(0, 20)
  for (const key of ['', 'x', half, `${PRIVATE}AAAA`, `${PRIVATE} ${PRIVATE}`, PRIVATE.replaceAll('A', '-')])
    assert(!inspect(thrown(() => KeyPair.fromPrivateKey(key), 'encryption')).includes(half))
  for (const key of [
    undefined,
    null,
    3,
    Buffer.from(PRIVATE, 'base64'),
    [PRIVATE],
    { key: PRIVATE },
    recipient,
  ])
    assert(!inspect(thrown(() => KeyPair.fromPrivateKey(key), 'invalid_input', 'privateKey')).includes(half))
  thrown(() => KeyPair.fromPrivateKey(`${PRIVATE}\ud800`), 'invalid_input', 'UTF-8')
  thrown(() => new KeyPair(), 'invalid_input', 'generate')
  thrown(() => new KeyPair(PRIVATE), 'invalid_input', 'generate')
})

/** Whatever a program may do to show a value, or send it elsewhere. */
function shownInEveryWay(value) {
  const options = { depth: 12, showHidden: true, getters: true, showProxy: true, customInspect: false }
  const names = (v) => (v === null ? [] : [...Reflect.ownKeys(v), ...names(Object.getPrototypeOf(v))])
  const read = names(value)
    .filter((name) => !['revealPrivateKey', '__proto__'].includes(name))
    .map((name) => value[name])
  const more = [{ value }, [value], new Map([[value, value]]), new Error('x', { cause: value })]
  return [
    ...[value, ...more].flatMap((v) => [
      inspect(v, { ...options, customInspect: true }),
      inspect(v, options),
    ]),
    ...[value, ...more].map((v) => JSON.stringify(v)),
    JSON.stringify({ ...value }),
    JSON.stringify(Object.getOwnPropertyDescriptors(value)),
    String(value),
    `${value}`,
    format('%s %o %O %j', value, value, value, value),
    v8.serialize(value).toString('latin1'),
    inspect(structuredClone(value), options),
    ...read.map((v) => inspect(v, options)),
  ].join('\n')
}

test('no way of showing a pair shows its private half', () => {
  const pair = KeyPair.fromPrivateKey(PRIVATE)
  const encryption = new Encryption(pair, { recipientPublicKey: recipient.publicKey })
  const presealed = Encryption.presealed('canarycanarycanary')
  const raw = Buffer.from(PRIVATE, 'base64')
  const forms = [PRIVATE, PRIVATE.slice(0, 30), raw.toString('hex'), raw.toString('latin1'), 'canary']
  for (const value of [pair, encryption, presealed]) {
    const text = shownInEveryWay(value)
    for (const form of forms) assert(!text.includes(form), form)
  }
  assert.equal(inspect(pair), `KeyPair(publicKey: '${PUBLIC}')`)
  assert.equal(String(pair), `KeyPair(${PUBLIC})`)
  assert.equal(JSON.stringify({ pair }), `{"pair":{"publicKey":"${PUBLIC}"}}`)
  assert.equal(
    inspect(encryption),
    `Encryption(publicKey: '${PUBLIC}', recipientPublicKey: '${recipient.publicKey}')`,
  )
  assert.equal(inspect(presealed), 'Encryption(<presealed>)')
})

test('a pair that went through structuredClone or to a worker is none', async () => {
  const lookalikes = [structuredClone(sender), v8.deserialize(v8.serialize(sender)), { ...sender }]
  const { port1, port2 } = new MessageChannel()
  port1.postMessage(sender)
  lookalikes.push(await new Promise((resolve) => port2.once('message', resolve)))
  port1.close()
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads')
     const shown = require('node:util').inspect(workerData, { showHidden: true, depth: 9 })
     parentPort.postMessage({ shown, back: workerData })`,
    { eval: true, workerData: sender },
  )
  const { shown, back } = await new Promise((resolve) => worker.once('message', resolve))
  assert.equal(shown, '{}')
  lookalikes.push(back, Object.create(sender), Object.create(KeyPair.prototype), new Proxy(sender, {}))
  lookalikes.push(JSON.parse(JSON.stringify(sender)), sender.publicKey, sender.revealPrivateKey(), null, 3)
  for (const value of lookalikes) {
    const error = thrown(() => new Encryption(value), 'invalid_input', 'keyPair must be a KeyPair')
    assert(!error.message.includes(sender.revealPrivateKey()))
  }
  // Nor do methods of a pair work on another thing.
  for (const value of [{}, Object.create(sender), native]) {
    assert.throws(() => KeyPair.prototype.revealPrivateKey.call(value), TypeError)
    assert.throws(() => Reflect.get(KeyPair.prototype, 'publicKey', value), TypeError)
  }
})

test('a pair made by another copy of the package is refused, not mistaken', () => {
  const require = createRequire(import.meta.url)
  const path = require.resolve('../../bindings-node/lib/sealing.js')
  const kept = require.cache[path]
  delete require.cache[path]
  const other = require(path)
  require.cache[path] = kept
  thrown(() => new Encryption(other.KeyPair.generate()), 'invalid_input', 'not a KeyPair')
})

test('workers have pairs of their own', async () => {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads')
    const { KeyPair } = require(workerData.package)
    parentPort.postMessage(KeyPair.fromPrivateKey(workerData.key).publicKey)`
  const package_ = createRequire(import.meta.url).resolve('../../bindings-node/index.js')
  const workerData = { package: package_, key: PRIVATE }
  const workers = Array.from({ length: 4 }, () => new Worker(program, { eval: true, workerData }))
  const keys = await Promise.all(workers.map((w) => new Promise((resolve) => w.once('message', resolve))))
  assert.deepEqual(keys, Array(4).fill(PUBLIC))
})

// -- encryption

test('what is no encryption is refused', () => {
  thrown(() => new Encryption(), 'invalid_input', 'keyPair must be a KeyPair')
  for (const given of ['key', 3, [], () => {}])
    thrown(() => new Encryption(sender, given), 'invalid_input', 'an object')
  thrown(
    () => new Encryption(sender, { recipient_public_key: 'x' }),
    'invalid_input',
    'perhaps recipientPublicKey',
  )
  for (const key of [3, Buffer.alloc(32), recipient])
    thrown(() => new Encryption(sender, { recipientPublicKey: key }), 'invalid_input', 'recipientPublicKey')
  for (const key of ['', 'x', PUBLIC.slice(4)])
    thrown(() => new Encryption(sender, { recipientPublicKey: key }), 'encryption', 'public key')
  thrown(() => new Encryption(sender, { algorithm: 3 }), 'invalid_input', 'algorithm must be a string')
  for (const key of [undefined, null, 3, sender, Buffer.from('x')])
    thrown(() => Encryption.presealed(key), 'invalid_input', 'encryptedKey')
  thrown(() => Encryption.presealed('x', { recipientPublicKey: 'x' }), 'invalid_input', 'presealed')
  new Encryption(sender, null)
  new Encryption(sender, { recipientPublicKey: null, algorithm: undefined })
})

test('the scheme goes by the name that was given', async () => {
  const recipientPublicKey = recipient.publicKey
  const file = new File(Buffer.alloc(36), { name: 'f', encryptionIv: '4OHi4+Tl5ufo6err' })
  const told = async (files, encrypt) => {
    const { request } = await d.plan(files, { ...TERMS, encrypt })
    return request.encryption_algorithm
  }
  const usual = 'X25519-HKDF-AES-256-GCM'
  assert.equal(await told(one, new Encryption(sender)), usual)
  assert.equal(await told(one, new Encryption(sender, { recipientPublicKey, algorithm: 'mine' })), 'mine')
  assert.equal(await told([file], Encryption.presealed(WRAPPED)), usual)
  assert.equal(await told([file], Encryption.presealed(WRAPPED, { algorithm: 'mine' })), 'mine')
})

test('sealing is never left out in silence', async () => {
  for (const encrypt of [
    sender,
    structuredClone(new Encryption(sender)),
    {},
    true,
    PUBLIC,
    { keyPair: sender },
  ])
    await failure(() => d.send(one, { ...TERMS, encrypt }), 'invalid_input', 'encrypt must be an Encryption')
  await failure(() => d.send(one, { ...TERMS, Encrypt: new Encryption(sender) }), 'invalid_input', 'encrypt')
  const empty = new Encryption(sender, { algorithm: '', recipientPublicKey: PUBLIC })
  await failure(() => d.send(one, { ...TERMS, encrypt: empty }), 'invalid_input', 'algorithm')
  const file = new File(Buffer.from('1'), { name: 'a', encryptionIv: '4OHi4+Tl5ufo6err' })
  await failure(() => d.send([file], TERMS), 'invalid_input', 'encryptionIv')
  const toPerson = { ...TERMS, mode: 'agent-to-human', recipient: 'a@example.com' }
  await failure(() => d.send(one, { ...toPerson, encrypt: new Encryption(sender) }), 'encryption', 'a person')
  assert.deepEqual(await sandbox.requests(), [])
})

test('files that came sealed, in every form', async () => {
  const sealed = Buffer.alloc(36, 7)
  const iv = '4OHi4+Tl5ufo6err'
  const file = new File(sealed, { name: 'f', encryptionIv: iv })
  assert.equal(inspect(file), `File(<a Buffer>, name: 'f', encryptionIv: '${iv}')`)
  assert.equal(JSON.stringify(file), `{"name":"f","encryptionIv":"${iv}"}`)
  const encrypt = Encryption.presealed(WRAPPED, { algorithm: 'AES-256-GCM' })
  const other = { source: sealed, name: 'o', encryptionIv: iv.toLowerCase() }
  const sent = await d.send([file, other], { ...TERMS, encrypt })
  assert.deepEqual(
    [sent.encrypted, sent.recipientKeySource, sent.files.map((f) => f.bytes)],
    [true, null, [36, 36]],
  )
  await failure(
    () => d.send([{ source: sealed, name: 'o', encryption_iv: iv }], { ...TERMS, encrypt }),
    'invalid_input',
    'perhaps encryptionIv is meant',
  )
  thrown(() => new File(sealed, { name: 'f', encryptionIv: 3 }), 'invalid_input', 'encryptionIv')
  await failure(
    () => d.send([{ source: sealed, name: 'o', encryptionIv: 'AAAA' }], { ...TERMS, encrypt }),
    'encryption',
    'encryptionIv',
  )
})

// -- opening

/** Sends a file sealed, and fetches it as the recipient does. */
async function downloaded(content, more) {
  await sandbox.agents([
    { agent_id: TERMS.sender, public_key: sender.publicKey },
    { agent_id: TERMS.recipient, public_key: recipient.publicKey },
  ])
  const sent = await d.send([['secret.bin', content]], { ...TERMS, encrypt: new Encryption(sender), ...more })
  assert.deepEqual([sent.encrypted, sent.recipientKeySource], [true, 'service'])
  assert.equal(sent.recipientKeyFingerprint, sha256(Buffer.from(recipient.publicKey, 'base64')))
  const headers = { authorization: `Bearer ${sandbox.where.agentdrop_api_key}` }
  const reply = await fetch(`${sandbox.where.api_url}/v1/transfers/${sent.id}/download`, { headers })
  const { encrypted_key: encryptedKey, sender_public_key: senderPublicKey, files } = await reply.json()
  const own = mkdtempSync(join(folder, 'opened-'))
  const path = join(own, 'sealed')
  writeFileSync(path, Buffer.from(await (await fetch(files[0].download_url)).arrayBuffer()))
  const encryptionIv = files[0].encryption_iv
  return {
    own,
    path,
    given: { to: join(own, 'open'), keyPair: recipient, senderPublicKey, encryptedKey, encryptionIv },
  }
}

test('what was sent sealed opens, whole or in parts, from every kind of source', async () => {
  const content = pattern(6_000_000)
  const sources = {
    memory: content,
    'large memory': Buffer.alloc(20_000_000, content),
    blob: new Blob([content]),
    stream: new Blob([content]).stream(),
    empty: Buffer.alloc(0),
  }
  for (const [kind, source] of Object.entries(sources)) {
    for (const multipart of [false, true]) {
      if (multipart && kind === 'stream') continue // it was read
      await sandbox.reset()
      const { path, given } = await downloaded(source, { multipart })
      const wanted = kind === 'large memory' ? source : kind === 'empty' ? source : content
      assert.equal(readFileSync(path).length, wanted.length + 16)
      const phases = new Set()
      const opened = await openSealed(path, { ...given, onProgress: ({ phase }) => phases.add(phase) })
      assert.deepEqual(opened, { path: given.to, bytes: wanted.length })
      assert(Object.isFrozen(opened) && phases.has('done'))
      assert.equal(sha256(readFileSync(given.to)), sha256(wanted))
      // Windows keeps who may read a file elsewhere; the core's tests look there.
      assert.equal(statSync(given.to).mode & 0o777, isWindows ? 0o666 : 0o600)
    }
  }
})

test('paths of every form, for the sealed file and for the opened one', async () => {
  const { own, path, given } = await downloaded(Buffer.from('secret'))
  writeFileSync(join(process.env.HOME, 'sealed'), readFileSync(path))
  const opened = await openSealed('~/sealed', { ...given, to: '~/ü open' })
  assert.deepEqual(opened, { path: join(process.env.HOME, 'ü open'), bytes: 6 })
  const to = join(own, 'by url #1')
  assert.equal((await openSealed(pathToFileURL(path), { ...given, to: pathToFileURL(to) })).path, to)
  assert.equal(readFileSync(to, 'utf8'), 'secret')
  const wrong = [undefined, null, 3, Buffer.from(to), readFileSync(path), new Blob(['x']), {}, [to]]
  for (const value of wrong) {
    await failure(() => openSealed(value, given), 'invalid_input', 'path must be a path')
    await failure(
      () => openSealed(path, { ...given, to: value }),
      'invalid_input',
      value == null ? 'to is missing' : 'to must be a path',
    )
  }
  // A download's URL is a slip that is easily made.
  const url = 'https://h.example/k?X-Amz-Signature=canary5ignature'
  for (const call of [
    () => openSealed(url, given),
    () => openSealed(new URL(url), given),
    () => openSealed(path, { ...given, to: new URL(url) }),
  ])
    assert(!inspect(await failure(call, 'invalid_input')).includes('canary5'))
  for (const to of ['', '/', '/nowhere/x', own, 'a\0b', 'x'.repeat(5000)])
    await failure(() => openSealed(path, { ...given, to }), 'invalid_input')
})

test('relative paths are of the moment of the call', async () => {
  const { own, given } = await downloaded(Buffer.from('secret'))
  const before = process.cwd()
  try {
    process.chdir(own)
    const job = startOpenSealed('sealed', { ...given, to: 'open' })
    process.chdir(folder)
    assert.equal((await job.wait()).path, join(own, 'open'))
    process.chdir(own)
    await sandbox.fault({ on: 'put', times: -1, do: { reply: { status: 403 } } })
    const sent = d.send(one, { ...TERMS, journal: 'journal' })
    process.chdir(folder)
    assert.equal((await failure(() => sent, 'storage_refused')).journal, join(own, 'journal'))
  } finally {
    process.chdir(before)
  }
  assert.deepEqual(readdirSync(own).sort(), ['journal', 'open', 'sealed'])
})

test('nothing is written where something is, or over a link', async () => {
  const { own, path, given } = await downloaded(Buffer.from('secret'))
  writeFileSync(given.to, 'mine')
  const error = await failure(() => openSealed(path, given), 'invalid_input', 'there is something')
  assert.equal(error.path, given.to)
  symlinkSync(join(own, 'elsewhere'), join(own, 'link'))
  await failure(
    () => openSealed(path, { ...given, to: join(own, 'link') }),
    'invalid_input',
    'there is something',
  )
  assert.equal(readFileSync(given.to, 'utf8'), 'mine')
  assert.deepEqual(readdirSync(own).sort(), ['link', 'open', 'sealed'])
})

test('keys and files that do not belong together', async () => {
  const { own, path, given } = await downloaded(Buffer.from('secret'))
  const wrong = [
    { keyPair: sender },
    { senderPublicKey: recipient.publicKey },
    { senderPublicKey: 'x' },
    { encryptedKey: 'x' },
    { encryptionIv: 'AAAAAAAAAAAAAAAA' },
    { encryptionIv: '' },
  ]
  for (const more of wrong) {
    const error = await failure(() => openSealed(path, { ...given, ...more }), 'encryption')
    const text = inspect(error)
    for (const secret of [given.encryptedKey, recipient.revealPrivateKey(), 'secret'])
      assert(!error.message.includes(secret) && !text.includes(`${secret}'`), text)
  }
  for (const name of ['to', 'keyPair', 'senderPublicKey', 'encryptedKey', 'encryptionIv', 'encryptionSalt'])
    await failure(() => openSealed(path, { ...given, [name]: 3 }), 'invalid_input', `${name} must be`)
  for (const name of ['to', 'keyPair'])
    await failure(
      () => openSealed(path, { ...given, [name]: undefined }),
      'invalid_input',
      `${name} is missing`,
    )
  for (const name of ['senderPublicKey', 'encryptedKey', 'encryptionIv'])
    await failure(() => openSealed(path, { ...given, [name]: null }), 'encryption')
  await failure(() => openSealed(path, { ...given, key_pair: sender }), 'invalid_input', 'perhaps keyPair')
  await failure(() => openSealed(path, given.to), 'invalid_input', 'an object')
  await failure(() => openSealed(path), 'invalid_input', 'to is missing')
  const missing = await failure(() => openSealed(join(own, 'none'), given), 'source_unreadable')
  assert.deepEqual([missing.errno, missing.operation], [2, 'open_sealed'])
  assert.deepEqual(readdirSync(own), ['sealed'])
})

test('opening is a job like the others: progress, cancel and signals', async () => {
  const own = mkdtempSync(join(folder, 'opened-'))
  const path = join(own, 'sealed')
  writeFileSync(path, Buffer.alloc(300_000_000))
  const to = join(own, 'open')
  const given = {
    to,
    keyPair: KeyPair.fromPrivateKey('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A='),
    senderPublicKey: PUBLIC,
    encryptedKey: WRAPPED,
    encryptionIv: '4OHi4+Tl5ufo6err',
  }
  const job = startOpenSealed(path, given)
  await until(() => job.progress().phase === 'opening' && job.progress().bytesDone > 0)
  assert.equal(job.progress().bytesTotal, 300_000_000 - 16)
  job.cancel()
  await soon(failure(() => job.wait(), 'cancelled'))
  assert.match(inspect(job), /^Job\(open_sealed, done\)$/)
  const controller = new AbortController()
  const reason = new RangeError('enough')
  const onProgress = ({ phase }) => phase === 'opening' && controller.abort(reason)
  const opened = openSealed(path, { ...given, signal: controller.signal, onProgress })
  assert.equal(await rejection(opened), reason)
  assert(reason.dropoff instanceof DropoffError && reason.dropoff.code === 'cancelled')
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  assert.equal(await rejection(openSealed(path, { ...given, signal: AbortSignal.abort('why') })), 'why')
  assert.throws(() => startOpenSealed(path, { ...given, signal: AbortSignal.abort(reason) }), reason)
  assert.deepEqual(readdirSync(own), ['sealed'])
})
