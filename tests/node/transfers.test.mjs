// Transfers in parts, resumed and planned, and raw parts: what is of this language and not of the scenarios.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { Encryption, KeyPair } from '../../bindings-node/index.mjs'
import { child, failure, isWindows, rejection, sha256, soon, thrown, until } from './helpers.mjs'
import { TERMS, sandboxForTests, temporaryFolder } from './sandbox.mjs'
import { chunks, pattern } from './sources.mjs'

const MIB = 2 ** 20
const sandbox = await sandboxForTests()
const folder = temporaryFolder()
const d = sandbox.agentdrop({ partSize: 5 * MIB, concurrency: 1 })
const s = sandbox.storage({ partSize: 5 * MIB })
const large = join(folder, 'large.bin')
const LARGE = pattern(12 * MIB)
writeFileSync(large, LARGE)
const small = [['a', Buffer.from('1')]]

let journals = 0
const journalPath = () => join(folder, `journal-${++journals}`)
const count = async (operation) => (await sandbox.requests(operation)).length
/** Storage that takes so many parts, and of the next one 100 000 bytes and then no more. */
const stallAfter = (parts) => ({ on: 'put_part', skip: parts, times: -1, do: { stall_after: 100_000 } })

// -- abort

/** Starts a send in parts, aborts it once the second part is under way, and gives the reason. */
async function aborted(files, more) {
  await sandbox.fault(stallAfter(1))
  const controller = new AbortController()
  const sent = d.send(files, { ...TERMS, multipart: true, signal: controller.signal, ...more })
  await until(async () => (await count('put_part')) > 1)
  const reason = new RangeError('enough')
  controller.abort(reason)
  assert.equal(await soon(rejection(sent)), reason)
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  return reason
}

test('abort among the parts removes them, and says so', async () => {
  const { dropoff } = await aborted([large])
  assert.deepEqual(
    [dropoff.code, dropoff.outcome, dropoff.cleanup, dropoff.journal],
    ['cancelled', 'not_completed', 'done', null],
  )
  assert.deepEqual([await count('abort_multipart'), await count('confirm')], [1, 0])
  assert.deepEqual(await sandbox.objects(), [])
})

test('abort among the parts when they cannot be removed', async () => {
  await sandbox.fault({ on: 'abort_multipart', times: -1, do: { reply: { status: 500 } } })
  const { dropoff } = await aborted([large])
  assert.deepEqual([dropoff.code, dropoff.cleanup], ['cancelled', 'failed'])
})

test('abort among the parts of a send with a journal keeps both, and the same call goes on', async () => {
  const journal = journalPath()
  const { dropoff } = await aborted([large], { journal })
  assert.deepEqual(
    [dropoff.code, dropoff.outcome, dropoff.cleanup, dropoff.journal],
    ['cancelled', 'not_completed', 'none', journal],
  )
  assert.equal(JSON.parse(JSON.stringify(dropoff)).journal, journal)
  assert.equal(await count('abort_multipart'), 0)
  assert.equal(statSync(journal).mode & 0o777, isWindows ? 0o666 : 0o600)
  await sandbox.clearFaults()
  const sent = await d.send([large], { ...TERMS, multipart: true, journal })
  assert.deepEqual([sent.id, sent.status, sent.files[0].parts], [dropoff.transferId, 'active', 3])
  // The first part of three was there.
  assert.equal(await count('put_part'), 4)
  assert((await sandbox.digests()).has(sha256(LARGE)))
  assert(!existsSync(journal))
})

test('a program that is killed among the parts is gone on from by another', async () => {
  const journal = journalPath()
  await sandbox.fault(stallAfter(1))
  const body = (then) => `
    const e = new dropoff.Encryption(dropoff.KeyPair.fromPrivateKey('${'A'.repeat(42)}E='),
      { recipientPublicKey: '${KeyPair.generate().publicKey}' })
    const d2 = new dropoff.AgentDrop({ apiKey, ...settings, partSize: ${5 * MIB}, concurrency: 1 })
    const job = d2.startSend([${JSON.stringify(large)}],
      { ...terms, multipart: true, encrypt: e, journal: ${JSON.stringify(journal)} })
    ${then}`
  const program = body('console.log((await job.wait()).status)')
  const killed = () => until(async () => (await count('put_part')) > 1)
  assert.equal((await child(sandbox, program, { killed })).signal, 'SIGKILL')
  await sandbox.clearFaults()
  const { code, out, err } = await child(sandbox, program)
  assert.deepEqual([code, out, err], [0, 'active', ''])
  assert.deepEqual([await count('presign_multipart'), await count('put_part')], [1, 4])
})

// -- journal

test('a journal by URL, by a path in the home folder, and the steps without one', async () => {
  await sandbox.fault({ on: 'put', times: -1, do: { reply: { status: 403 } } })
  const path = journalPath()
  const byUrl = await failure(
    () => d.send(small, { ...TERMS, journal: pathToFileURL(path) }),
    'storage_refused',
  )
  assert.equal(byUrl.journal, path)
  const atHome = await failure(() => d.send(small, { ...TERMS, journal: '~/journal' }), 'storage_refused')
  assert.equal(atHome.journal, join(process.env.HOME, 'journal'))
  assert(existsSync(atHome.journal))
  const without = await failure(() => d.send(small, TERMS), 'storage_refused')
  assert.equal(without.journal, null)
  await failure(
    () => d.presign(small, { ...TERMS, journal: path }),
    'invalid_input',
    'presign has no argument named "journal"',
  )
})

test('memory of any size can be resumed', async () => {
  const bytes = Buffer.alloc(20 * MIB, LARGE) // more than is copied at once otherwise
  const journal = journalPath()
  await sandbox.fault({ on: 'put_part', skip: 2, times: -1, do: { reply: { status: 403 } } })
  const terms = { ...TERMS, multipart: true, journal }
  const views = [bytes, new Uint8Array(bytes).buffer, new DataView(new Uint8Array(bytes).buffer)]
  const files = (at) => [['large.bin', views[at]]]
  const first = d.send(files(0), terms)
  bytes.fill(0) // it was copied
  assert.equal((await failure(() => first, 'storage_refused')).journal, journal)
  await sandbox.clearFaults()
  // The same contents in other memory are the same file.
  const sent = await d.send(files(1), terms)
  assert.deepEqual([sent.files[0].bytes, await count('put_part')], [20 * MIB, 5])
  assert((await sandbox.digests()).has(sha256(Buffer.from(views[1]))))
  assert.equal((await d.send(files(2), { ...terms, journal: journalPath() })).status, 'active')
})

test('what can be read only once cannot be resumed, and is let go', async () => {
  const stream = Readable.from(chunks(LARGE))
  const journal = journalPath()
  const sources = [stream, new Blob([LARGE]), new Blob(['x']).stream(), generated()]
  for (const source of sources) {
    const error = await failure(
      () => d.send([['a', source]], { ...TERMS, journal }),
      'invalid_input',
      'is a stream',
      'leave journal out',
    )
    assert.equal(error.journal, null)
  }
  assert(stream.destroyed && !existsSync(journal))
  assert.deepEqual(await sandbox.requests(), [])
  async function* generated() {
    yield Buffer.from('x')
  }
})

test('streams are let go when an argument by name is wrong', async () => {
  const stream = Readable.from(chunks(LARGE))
  await failure(() => d.send([['a', stream]], { ...TERMS, journal: 3 }), 'invalid_input', 'journal')
  assert(stream.destroyed)
  // What is wrong with the files is told first.
  await failure(() => d.send('x', { ...TERMS, journal: 3 }), 'invalid_input', 'files must be a list')
})

test('what stands in a journal is never told', async () => {
  const journal = journalPath()
  const secret = 'X-Amz-Signature=canary5ignature'
  await sandbox.fault({ on: 'put', times: -1, do: { reply: { status: 403 } } })
  const texts = []
  for (const text of [
    `https://h.example/k?${secret}\n`,
    `dropoff-journal 1\n${secret}\n${secret}\n`,
    `dropoff-journal 1\n00000000 {"begun": {"${secret}": 1}}\n00000000 {}\n`,
    `dropoff-journal ${secret}\n`,
  ]) {
    writeFileSync(journal, text)
    texts.push(inspect(await failure(() => d.send(small, { ...TERMS, journal }), 'invalid_input')))
    assert.equal(readFileSync(journal, 'utf8'), text)
  }
  rmSync(journal)
  const error = await failure(() => d.send(small, { ...TERMS, journal }), 'storage_refused')
  const [signature] = readFileSync(journal, 'utf8').match(/X-Amz-Signature=\w{16,}/)
  await sandbox.clearFaults()
  const other = await failure(
    () => d.send(small, { ...TERMS, sender: 'x', journal }),
    'invalid_input',
    'sender',
  )
  texts.push(inspect(error), JSON.stringify(error), inspect(other), JSON.stringify(other))
  for (const text of texts) assert(!text.includes('canary5') && !text.includes(signature), text)
})

// -- plans

test('a plan tells what would be sent, and asks nobody', async () => {
  const files = [large, ['m', Buffer.alloc(20 * MIB)]]
  const terms = { ...TERMS, metadata: { someName: { innerName: 1 } }, multipart: true }
  const plan = await d.plan(files, { ...terms, journal: journalPath() })
  assert.deepEqual([plan.multipart, plan.encrypted, plan.totalBytes], [true, false, 32 * MIB])
  assert.deepEqual(plan.files[0], {
    name: 'large.bin',
    bytes: 12 * MIB,
    contentType: 'application/octet-stream',
    parts: 3,
    partSize: 5 * MIB,
  })
  // The request is the service's, and names in it are its own and the caller's.
  assert.deepEqual(plan.request.metadata, { someName: { innerName: 1 } })
  assert.equal(plan.request.files[0].part_size, 5 * MIB)
  assert(Object.isFrozen(plan) && Object.isFrozen(plan.request.files[0]))
  const job = d.startPlan(files, terms)
  assert.deepEqual(await job.wait(), plan)
  assert.match(inspect(job), /^Job\(plan, done\)$/)
  await failure(() => d.plan([['a', new Blob(['x'])]], terms), 'invalid_input', 'stream')
  assert.deepEqual(await sandbox.requests('presign_multipart'), [])
})

// -- steps in parts

test('steps in parts from every kind of source, sealed', async () => {
  const pair = KeyPair.generate()
  const encrypt = new Encryption(KeyPair.generate(), { recipientPublicKey: pair.publicKey })
  const files = () => [large, ['b', Buffer.alloc(20 * MIB)], ['c', Readable.from(chunks(LARGE))]]
  const ticket = await d.presign(files(), { ...TERMS, encrypt, multipart: true })
  assert(ticket.reveal().files.every((file) => file.part_urls.length > 0))
  const sent = await d.upload(ticket, files())
  assert.deepEqual(
    sent.map((file) => [file.bytes, file.parts, file.verified]),
    [
      [12 * MIB + 16, 3, true],
      [20 * MIB + 16, 5, true],
      [12 * MIB + 16, 3, true],
    ],
  )
  assert.equal((await d.confirm(ticket.id)).status, 'active')
  await failure(() => d.upload(ticket, [large]), 'invalid_input')
})

// -- raw parts

async function partUrls(size) {
  const ticket = await d.presign([['raw', Buffer.alloc(size)]], { ...TERMS, multipart: true })
  return ticket.reveal().files[0].part_urls.map((part) => part.upload_url)
}

test('raw parts, their URLs in every iterable', async () => {
  const urls = await partUrls(12 * MIB)
  const seen = []
  const shapes = [urls, new Set(urls), urls.values(), urls.map((url) => new URL(url))]
  for (const shape of shapes) {
    const stored = await s.putParts(shape, LARGE, { onProgress: ({ phase }) => seen.push(phase) })
    assert.deepEqual([stored.bytes, stored.partSize, stored.verified], [12 * MIB, 5 * MIB, true])
    assert.deepEqual(
      stored.parts.map((part) => [part.partNumber, part.bytes, part.attempts, part.etag === part.md5]),
      [
        [1, 5 * MIB, 1, true],
        [2, 5 * MIB, 1, true],
        [3, 2 * MIB, 1, true],
      ],
    )
  }
  assert.equal(seen.at(-1), 'done')
  const { parts } = await s.putParts(urls, large)
  assert(Object.isFrozen(parts) && Object.isFrozen(parts[0]))
  // From a stream, and from memory that is read as one.
  assert((await s.putParts(urls, Readable.from(chunks(LARGE)))).verified)
  assert((await s.putParts(await partUrls(20 * MIB), Buffer.alloc(20 * MIB))).verified)
})

test('raw parts, their lengths and headers in every iterable', async () => {
  const sizes = [5 * MIB, 6 * MIB, MIB]
  const headers = ['1', '2', '3'].map((value) => ({ 'X-Part': value }))
  const made = [
    [sizes, headers],
    [new Set(sizes), new Set(headers)],
    [sizes.values(), headers.map((part) => new Map(Object.entries(part))).values()],
  ]
  for (const [partSizes, partHeaders] of made) {
    await sandbox.forgetRequests()
    const ticket = await d.presign([large], { ...TERMS, multipart: true })
    const parts = ticket.reveal().files[0].part_urls.sort((a, b) => a.part_number - b.part_number)
    const urls = parts.map((part) => part.upload_url)
    const stored = await s.putParts(urls, large, { partSizes, partHeaders, headers: { 'X-All': 'yes' } })
    assert.deepEqual([stored.bytes, stored.parts.length], [12 * MIB, 3])
    const seen = (await sandbox.requests('put_part')).sort((a, b) => a.part_number - b.part_number)
    assert.deepEqual(
      seen.map((entry) => [entry.content_length, entry.headers['x-part'], entry.headers['x-all']]),
      sizes.map((size, at) => [size, String(at + 1), 'yes']),
    )
  }
  for (const [given, said] of [
    [{ partSizes: 5 }, 'partSizes must be a list of numbers of bytes, not a number'],
    [{ partSizes: '55' }, 'partSizes must be a list of numbers of bytes, not a string'],
    [{ partSizes: [5, -1] }, 'partSizes[1] must be a whole number'],
    [{ partHeaders: { a: 'b' } }, 'partHeaders must be a list of headers'],
  ])
    await failure(() => s.startPutParts(['https://h/1', 'https://h/2'], large, given), 'invalid_input', said)
})

test('URLs of parts that are none', async () => {
  const [url] = await partUrls(10)
  const refused = (urls, ...words) => failure(() => s.putParts(urls, small[0][1]), 'invalid_input', ...words)
  await refused(url, 'urls must be a list of URLs, not a string', 'in brackets')
  await refused(new URL(url), 'urls must be a list of URLs, not an URL')
  for (const urls of [null, undefined, 3, true, Symbol('x'), () => {}, {}, { 1: url }])
    await refused(urls, 'urls must be a list of URLs')
  await refused([url, 3], 'urls[1] must be a string or a URL, not a number')
  await refused([{ part_number: 1, upload_url: url }], 'urls[0]', 'not an Object')
  await refused(new Map([[1, url]]), 'urls[0]', 'not an array')
  await refused(Buffer.from('x'), 'urls[0]', 'not a number')
  await refused(['\ud800'], 'urls[0]', 'UTF-8')
  await refused([undefined], 'urls[0]', 'not undefined')
  await refused([])
  for (const partSize of [0, 3])
    await failure(() => s.putParts([url, url], LARGE, { partSize }), 'invalid_input')
  for (const partSize of [-1, 1.5, NaN, Infinity, 2 ** 60])
    await failure(() => s.putParts([url], LARGE, { partSize }), 'invalid_input', 'partSize must be a whole')
  for (const partSize of ['5', 5n, {}, true])
    await failure(() => s.putParts([url], LARGE, { partSize }), 'invalid_input', 'partSize must be')
  await failure(
    () => s.putParts([url], LARGE, { part_size: 5 }),
    'invalid_input',
    'perhaps partSize is meant',
  )
  assert.equal(await count('put_part'), 0)
})

test('a URL that is wrong is not shown', async () => {
  const signed = 'https://h.example/k?X-Amz-Signature=canary5ignature'
  for (const urls of [signed, [`${signed}\ud800`], [[signed]], [{ url: signed }], [signed, signed]]) {
    const error = await rejection(s.putParts(urls, LARGE, { partSize: 5 * MIB }))
    assert(!inspect(error, { depth: 9 }).includes('canary5'), inspect(error))
  }
})

test('raw parts that are aborted', async () => {
  const urls = await partUrls(12 * MIB)
  await sandbox.fault(stallAfter(1))
  const controller = new AbortController()
  const sent = s.putParts(urls, LARGE, { signal: controller.signal })
  await until(async () => (await count('put_part')) > 1)
  controller.abort()
  const reason = await soon(rejection(sent))
  // Whoever began the upload aborts it.
  assert.deepEqual([reason.dropoff.code, reason.dropoff.cleanup], ['cancelled', 'none'])
  assert.equal(await count('abort_multipart'), 0)
})

// -- odd values

const ODD = [
  3,
  3n,
  0,
  '',
  'yes',
  Symbol('x'),
  () => {},
  [],
  {},
  new Map(),
  new Date(),
  Object.create(null),
  NaN,
]

for (const [name, fine] of [
  ['multipart', ['boolean']],
  ['encrypt', []],
  ['journal', ['string']],
]) {
  test(`odd values for ${name}`, async () => {
    const values = [...ODD, true, Buffer.from('/tmp/x'), new URL('https://h.example/?canary'), { then() {} }]
    for (const value of values) {
      if (fine.includes(typeof value)) continue
      const error = thrown(() => d.startSend(small, { ...TERMS, [name]: value }), 'invalid_input', name)
      assert(!inspect(error).includes('canary'))
    }
    for (const none of [null, undefined])
      assert.equal((await d.send(small, { ...TERMS, [name]: none })).status, 'active')
  })
}

test('paths of journals that cannot be', async () => {
  for (const journal of ['', '/', '/nowhere/journal', folder, '/dev/full', 'a\0b', 'x'.repeat(5000)]) {
    const error = await rejection(d.send(small, { ...TERMS, journal }))
    assert(['invalid_input', 'source_unreadable', 'disk_full'].includes(error.code), inspect(error))
  }
  await failure(() => d.send(small, { ...TERMS, journal: 'a\ud800' }), 'invalid_input', 'journal', 'UTF-8')
  // A share of that host, on Windows.
  await failure(
    () => d.send(small, { ...TERMS, journal: new URL('file://elsewhere/x') }),
    'invalid_input',
    isWindows ? 'opening the journal' : 'journal must be a path',
  )
  assert.deepEqual(await sandbox.requests(), [])
})

test('arguments that throw when they are looked at', async () => {
  const trouble = new RangeError('mine')
  for (const name of ['encrypt', 'multipart', 'journal']) {
    const stream = Readable.from(chunks(LARGE))
    const throwing = Object.defineProperty({ ...TERMS }, name, {
      enumerable: true,
      get() {
        throw trouble
      },
    })
    assert.equal(await rejection(d.send([['a', stream]], throwing)), trouble)
    assert(stream.destroyed, name)
  }
})
