// Every kind of source, and every way one can be wrong.

import assert from 'node:assert/strict'
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import v8 from 'node:v8'
import vm from 'node:vm'
import { File } from '../../bindings-node/index.mjs'
import { child, failure, isWindows, rejection, sha256, soon, thrown, until } from './helpers.mjs'
import { PROFILE, TERMS, sandboxForTests, temporaryFolder } from './sandbox.mjs'
import { chunks, pattern, zipped } from './sources.mjs'

v8.setFlagsFromString('--expose-gc')
const collectGarbage = vm.runInNewContext('gc')

const sandbox = await sandboxForTests()
const folder = temporaryFolder()
const d = sandbox.agentdrop()
const send = (files, more) => d.send(files, { ...TERMS, ...more })
const LARGE = pattern(3_000_000)

async function* generated(content, size) {
  yield* chunks(content, size)
}

/** Each gives a fresh source of this content. */
const KINDS = {
  'a path': (content) => file('path.bin', content),
  'a path below the home folder': (content) => {
    writeFileSync(join(process.env.HOME, 'h.bin'), content)
    return '~/h.bin'
  },
  'a file: URL': (content) => pathToFileURL(file('ü rl #1.bin', content)),
  'a Buffer': (content) => Buffer.from(content),
  'a Buffer that is a view': (content) =>
    Buffer.concat([Buffer.alloc(7), content, Buffer.alloc(9)]).subarray(7, 7 + content.length),
  'a Uint8Array': (content) => new Uint8Array(content),
  'an ArrayBuffer': (content) => new Uint8Array(content).buffer,
  'a SharedArrayBuffer': (content) => {
    const shared = new SharedArrayBuffer(content.length)
    new Uint8Array(shared).set(content)
    return shared
  },
  'a resizable ArrayBuffer': (content) => {
    const buffer = new ArrayBuffer(content.length, { maxByteLength: content.length * 2 })
    new Uint8Array(buffer).set(content)
    return buffer
  },
  'a DataView': (content) =>
    new DataView(new Uint8Array(Buffer.concat([Buffer.alloc(3), content])).buffer, 3),
  'a Uint16Array': (content) => new Uint16Array(new Uint8Array(content).buffer),
  'a Blob': (content) => new Blob([content.subarray(0, 10), content.subarray(10)]),
  'a Readable of a file': (content) => createReadStream(file('stream.bin', content)),
  'a Readable of Buffers': (content) => Readable.from(chunks(content)),
  'a Transform': (content) => Readable.from(chunks(content)).pipe(new PassThrough()),
  'a Readable with one large chunk': (content) => Readable.from([content]),
  'a ReadableStream': (content) => new Blob([content]).stream(),
  'a ReadableStream of another maker': (content) => Readable.toWeb(Readable.from(chunks(content, 70_000))),
  'an async generator': (content) => generated(content, 1000),
  'a generator': (content) => counted(content, 1000),
  'an array of Buffers': (content) => [...counted(content, 100_000)],
  'a Set of Buffers': (content) => new Set(counted(content, 100_000)),
  'an async iterable of other views': (content) => ({
    async *[Symbol.asyncIterator]() {
      yield new Uint8Array(content.subarray(0, 4)).buffer
      yield new DataView(new Uint8Array(content.subarray(4, 8)).buffer)
      yield new Uint8Array(0)
      yield content.subarray(8)
    },
  }),
}

function* counted(content, size) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

function file(name, content) {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

for (const [kind, make] of Object.entries(KINDS)) {
  for (const [size, content] of [
    ['small', pattern(1000)],
    ['large', LARGE],
    ['empty', Buffer.alloc(0)],
  ]) {
    if (size === 'empty' && kind.startsWith('an async iterable')) continue
    test(`${kind}, ${size}`, async () => {
      const sent = await send([['named', make(content)]])
      assert.deepEqual([sent.files[0].bytes, sent.files[0].verified], [content.length, true])
      assert((await sandbox.digests()).has(sha256(content)))
    })
  }
}

test('a stream as a profile, and a folder', async () => {
  const h = sandbox.hcompany()
  assert((await h.uploadProfile(Readable.from(chunks(zipped(5000))), PROFILE)).verified)
  const profile = join(folder, 'profile')
  mkdirSync(join(profile, 'Default'), { recursive: true })
  writeFileSync(join(profile, 'Local State'), '{}')
  assert.equal((await h.uploadProfile(pathToFileURL(profile), PROFILE)).packed.files, 1)
})

// -- files and their names

test('files in every form', async () => {
  const path = file('a.txt', 'a')
  const sent = await send([
    path,
    pathToFileURL(path),
    ['pair', Buffer.from('b')],
    new File(Buffer.from('c'), { name: 'c.csv', contentType: 'text/x-odd' }),
    { source: Buffer.from('d'), name: 'd' },
    { __proto__: null, source: path },
    new globalThis.File(['e'], 'dom.txt', { type: 'text/x-dom' }),
    new File(new globalThis.File(['f'], 'dom.txt'), { name: 'mine.txt' }),
    ['g', new Blob(['g'], { type: 'image/x-g' })],
  ])
  assert.deepEqual(
    sent.files.map((f) => f.name),
    ['a.txt', 'a.txt', 'pair', 'c.csv', 'd', 'a.txt', 'dom.txt', 'mine.txt', 'g'],
  )
  const types = (await sandbox.requests('put')).map((entry) => entry.headers['content-type'])
  assert(
    ['text/x-odd', 'text/x-dom', 'image/x-g', 'text/plain'].every((type) => types.includes(type)),
    inspect(types),
  )
})

test('any iterable of files will do', async () => {
  function* three() {
    for (let n = 0; n < 3; n++) yield [String(n), Buffer.alloc(n)]
  }
  assert.deepEqual(
    (await send(three())).files.map((f) => f.bytes),
    [0, 1, 2],
  )
  assert.equal((await send(new Set([file('s', 's')]))).files.length, 1)
})

for (const files of [
  'report.pdf',
  Buffer.from('x'),
  new File(Buffer.from('x')),
  { x: 1 },
  new Map(),
  new Blob(['x']),
  new URL('file:///x'),
  Readable.from([]),
  new ArrayBuffer(3),
  null,
  undefined,
  3,
  () => {},
]) {
  test(`no list of files: ${Object.prototype.toString.call(files)}`, () =>
    failure(() => send(files), 'invalid_input', 'files must be a list'))
}

const NO_SOURCE = [
  null,
  undefined,
  3,
  3n,
  true,
  Symbol('x'),
  () => {},
  {},
  new Map(),
  new Date(),
  { path: '/x' },
  Object.create(null),
]
for (const source of NO_SOURCE) {
  test(`no source: ${inspect(source)}`, async () => {
    await failure(
      () => sandbox.hcompany().uploadProfile(source, PROFILE),
      'invalid_input',
      'a source is a path',
    )
    await failure(() => send([['a', source]]), 'invalid_input', 'a source is a path')
    assert.deepEqual(await sandbox.requests(), [])
  })
}

test('files that are wrong', async () => {
  const bytes = Buffer.from('x')
  await failure(() => send([[]]), 'invalid_input', 'pair')
  await failure(() => send([['a', bytes, 'text/plain']]), 'invalid_input', 'pair')
  await failure(() => send([[bytes, 'a']]), 'invalid_input', 'pair')
  await failure(() => send([bytes]), 'invalid_input', 'name')
  await failure(
    () => send([{ source: bytes, name: 'a', type: 'x' }]),
    'invalid_input',
    '"type"',
    'contentType',
  )
  await failure(
    () => send([{ source: bytes, content_type: 'x' }]),
    'invalid_input',
    'perhaps contentType is meant',
  )
  await failure(() => send([{ name: 'a' }]), 'invalid_input', 'source')
  await failure(() => send([{ source: bytes, name: 3 }]), 'invalid_input', 'name must be a string')
  await failure(() => send([{ source: bytes, name: '../a' }]), 'invalid_input', 'base name')
  thrown(() => new File(), 'invalid_input', 'source')
  thrown(() => new File(bytes, { name: 3 }), 'invalid_input', 'name must be a string')
  thrown(() => new File(bytes, { filename: 'x' }), 'invalid_input', '"filename"')
  thrown(() => new File(bytes, 'name'), 'invalid_input', 'an object')
  assert.deepEqual(await sandbox.requests(), [])
})

test('a File shows its name and no contents', () => {
  assert.equal(
    inspect(new File(Buffer.from('secret'), { name: 'a', contentType: 'b/c' })),
    "File(<a Buffer>, name: 'a', contentType: 'b/c')",
  )
  assert.equal(inspect(new File('/tmp/x')), "File('/tmp/x')")
  assert.equal(inspect(new File('https://h/?sig=canary')), 'File(<a string>)')
  assert.equal(JSON.stringify(new File(Buffer.from('secret'), { name: 'a' })), '{"name":"a"}')
})

test('a URL is no source, and is not shown', async () => {
  const url = 'https://storage.example/k?X-Amz-Signature=canary'
  for (const source of [url, new URL(url), ['a', url], { source: new URL(url), name: 'a' }]) {
    const error = await failure(() => send([source]), 'invalid_input', 'not a URL')
    assert(!inspect(error).includes('canary'))
  }
  // A share of that host, on Windows.
  const words = isWindows ? 'names no file' : 'no file of this machine'
  await failure(() => send([new URL('file://elsewhere/x')]), 'invalid_input', words)
})

test('a path with a hole in it', async () => {
  await failure(() => send([['a', '/tmp/a\0b']]), 'source_unreadable')
  await failure(() => send(['/tmp/a\ud800']), 'invalid_input', 'UTF-8')
})

test('a relative path is of the moment of the call', async () => {
  for (const name of ['one', 'two']) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'report'), name)
  }
  const before = process.cwd()
  try {
    process.chdir(join(folder, 'one'))
    await sandbox.fault({ on: 'presign', do: { hold: true } })
    const sent = send(['report'])
    process.chdir(join(folder, 'two'))
    await sandbox.clearFaults()
    assert.equal((await sent).files[0].bytes, 3)
  } finally {
    process.chdir(before)
  }
  assert((await sandbox.digests()).has(sha256('one')))
})

// -- memory

test('memory up to 1 MiB may be changed at once', async () => {
  const bytes = Buffer.alloc(1024 * 1024, 1)
  await sandbox.fault({ on: 'presign', do: { hold: true } })
  const sent = send([['a', bytes]])
  bytes.fill(2)
  await sandbox.clearFaults()
  assert((await sent).files[0].verified)
  assert((await sandbox.digests()).has(sha256(Buffer.alloc(1024 * 1024, 1))))
})

test('memory that was transferred away is refused', async () => {
  const { buffer } = new Uint8Array(LARGE)
  structuredClone(buffer, { transfer: [buffer] })
  await failure(() => send([['a', buffer]]), 'invalid_input', 'transferred')
})

test('large memory is not held twice, and is let go', async () => {
  const registry = { gone: 0 }
  const finalizers = new FinalizationRegistry(() => registry.gone++)
  const idle = process.memoryUsage()
  await (async () => {
    const bytes = Buffer.alloc(200_000_000)
    finalizers.register(bytes.buffer, 0)
    await sandbox.fault({ on: 'presign', do: { delay_ms: 300 } })
    const sent = send([['a', bytes]], { timeout: 1000 }).catch(() => {})
    await sleep(150)
    const grown = process.memoryUsage().rss - idle.rss
    assert(grown < 300_000_000, `${grown} bytes more`)
    await sent
  })()
  await until(() => {
    collectGarbage()
    return registry.gone === 1
  })
})

test('memory that is transferred away while it is sent is an error, and nothing crashes', async () => {
  for (let round = 0; round < 20; round++) {
    const buffer = new ArrayBuffer(40_000_000)
    const sent = send([['a', new Uint8Array(buffer)]])
    setTimeout(() => structuredClone(buffer, { transfer: [buffer] }), round)
    // Whoever was quicker: it is sent whole, or not at all.
    const outcome = await sent.then(
      ({ files }) => files[0].bytes,
      (error) => error,
    )
    if (outcome !== 40_000_000) {
      assert.equal(outcome.code, 'source_unreadable')
      assert.match(outcome.message, /transferred away/)
    }
    collectGarbage()
  }
})

test('memory that is transferred away after an abort crashes nothing', async () => {
  for (let round = 0; round < 20; round++) {
    const buffer = new ArrayBuffer(60 << 20)
    const aborted = AbortSignal.timeout(20 + round * 3)
    await send([['a', new Uint8Array(buffer)]], { signal: aborted }).catch(() => {})
    structuredClone(buffer, { transfer: [buffer] })
    collectGarbage()
  }
})

test('a chunk that shrinks while it waits is an error, not a shorter file', async () => {
  async function* chunks() {
    const buffer = new ArrayBuffer(8 << 20)
    setTimeout(() => structuredClone(buffer, { transfer: [buffer] }), 0)
    yield new Uint8Array(buffer)
  }
  const sent = await send([['a', chunks()]]).catch((error) => error)
  if (sent.code === undefined) assert.equal(sent.files[0].bytes, 8 << 20)
  else assert.match(sent.message, /transferred away/)
})

test('a stream of tiny chunks leaves the event loop room', async () => {
  let [ticks, count] = [0, 0]
  async function* tiny() {
    const before = ticks
    for (; ticks < before + 10; count++) {
      assert(count < 3_000_000, 'no room')
      yield new Uint8Array(1)
    }
  }
  const timer = setInterval(() => ticks++, 5)
  const { files } = await send([['a', tiny()]]).finally(() => clearInterval(timer))
  assert.equal(files[0].bytes, count)
})

test('odd values are refused as what they are, and break no other call', async () => {
  const blob = (facts) => Object.assign(new Blob([LARGE]), facts)
  await failure(() => send([['a', 'x']], { metadata: { m: new Map() } }), 'invalid_input', 'a Map')
  await failure(() => send([['a', 'x']], { metadata: { s: new Set() } }), 'invalid_input', 'a Set')
  const deaf = { aborted: false, addEventListener() {} }
  await failure(() => send([['a', 'x']], { signal: deaf }), 'invalid_input', 'AbortSignal')
  // A name that is none is as good as no name, and half a character is no name.
  await failure(() => send([blob({ name: 5 })]), 'invalid_input', 'name')
  await failure(() => send([blob({ name: 'a\ud800' })]), 'invalid_input', 'UTF-8')
  const silent = { [Symbol.toStringTag]: 'Blob', stream: () => undefined }
  await failure(() => send([['a', silent]]), 'invalid_input', 'no stream')
  assert(!inspect(new File('https:/b/k?X-Amz-Signature=canary')).includes('canary'))
  await failure(() => send([['a', 'https:/b/k?X-Amz-Signature=canary']]), 'invalid_input', 'not a URL')

  const reason = new Error('mine')
  const late = new AbortController()
  const throwing = new Proxy(late.signal, {
    get: (signal, name) => {
      if (name === 'reason') throw reason
      const value = Reflect.get(signal, name, signal)
      return typeof value === 'function' ? value.bind(signal) : value
    },
  })
  await sandbox.fault({ on: 'presign', do: { hold: true } })
  const sent = rejection(send([['a', LARGE]], { signal: throwing }))
  await until(async () => (await sandbox.requests('presign')).length > 0)
  late.abort()
  assert.equal(await sent, reason)
  await sandbox.clearFaults()

  Object.defineProperty(Object.prototype, 'everywhere', { value: 1, enumerable: true, configurable: true })
  try {
    assert.equal((await send([['a', LARGE]])).status, 'active')
  } finally {
    delete Object.prototype.everywhere
  }
})

test('a call that is refused keeps no program alive', async () => {
  const refused = await child(
    sandbox,
    `await d.send([['a', Buffer.alloc(20e6)]], { ...terms, bogus: 1 }).catch((e) => console.log(e.code))
    await d.send([['a', Buffer.alloc(20e6)], ['b', 5]], terms).catch((e) => console.log(e.code))`,
  )
  assert.equal(refused.out, 'invalid_input\ninvalid_input')
})

test('a stream of a file brings its name, and a given one goes first', async () => {
  const path = file('report ü.csv', 'a,b\n')
  const stream = () => createReadStream(path)
  const named = [stream(), { source: stream(), name: 'other.csv' }, ['pair.csv', stream()]]
  const bytes = createReadStream(Buffer.from(path))
  const sent = await send([...named, bytes])
  assert.deepEqual(
    sent.files.map((sent) => sent.name),
    ['report ü.csv', 'other.csv', 'pair.csv', 'report ü.csv'],
  )
  const plain = await open(path)
  await failure(() => send([plain.createReadStream()]), 'invalid_input', 'has no name')
  await plain.close()
})

test('a generator is closed when nobody wants it any more, and an array can be sent again', async () => {
  const state = {}
  const endless = (function* () {
    try {
      for (;;) yield Buffer.alloc(1000)
    } finally {
      state.closed = true
    }
  })()
  await assert.rejects(send([['a', endless]], { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' })
  await until(() => state.closed)
  await sandbox.fault({ on: 'put', times: 9, do: { reply: { status: 403 } } })
  const array = [Buffer.from('ab'), new Uint8Array([99])]
  await assert.rejects(send([['a', array]]))
  await sandbox.clearFaults()
  assert.equal((await send([['a', array]])).files[0].bytes, 3)
})

test('an array that is a source holds bytes alone', async () => {
  for (const [wrong, said] of [
    [['a.pdf'], 'holds a string'],
    [[Buffer.from('a'), 5], 'holds a number'],
    [[[Buffer.from('a')]], 'holds an array'],
    [[undefined], 'holds undefined'],
    // eslint-disable-next-line no-sparse-arrays
    [[Buffer.from('a'), , Buffer.from('b')], 'holds undefined'],
  ]) {
    await failure(() => send([['a', wrong]]), 'invalid_input', said)
    await failure(() => sandbox.storage().put('https://example.com', wrong), 'invalid_input', said)
  }
  await failure(() => send([['a', new Map([[1, 2]])]]), 'invalid_input', 'a source is a path')
  await failure(() => send([['a', new Set([5])]]), 'source_unreadable', 'a number, not bytes')
})

// -- streams that fail

const trouble = new RangeError('the disk\nis gone')

test('what a stream throws is the cause', async () => {
  const failing = {
    'a generator': (async function* () {
      yield Buffer.from('ab')
      throw trouble
    })(),
    'a generator that is not async': (function* () {
      yield Buffer.from('ab')
      throw trouble
    })(),
    'a Readable': new Readable({
      read() {
        this.destroy(trouble)
      },
    }),
    'a ReadableStream': new ReadableStream({
      pull(controller) {
        controller.error(trouble)
      },
    }),
    'an iterator': {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          throw trouble
        },
      }),
    },
  }
  for (const [kind, source] of Object.entries(failing)) {
    const error = await failure(() => send([['a', source]]), 'source_unreadable', 'the disk is gone')
    assert.equal(error.cause, trouble, kind)
    assert.equal(JSON.parse(JSON.stringify(error)).cause, String(trouble))
  }
  assert.deepEqual(await sandbox.requests(), [])
})

test('a stream may fail before its turn, when nobody else listens', async () => {
  const first = (async function* () {
    await sleep(200)
    yield Buffer.from('x')
  })()
  const error = await failure(
    () =>
      send([
        ['a', first],
        ['b', createReadStream('/nowhere')],
      ]),
    'source_unreadable',
  )
  assert.equal(error.cause.code, 'ENOENT')
})

test('a stream that is destroyed early is an error, not a short file', async () => {
  const stream = new PassThrough()
  stream.write('half')
  setTimeout(() => stream.destroy(), 50)
  const error = await failure(() => send([['a', stream]]), 'source_unreadable')
  assert.equal(error.cause.code, 'ERR_STREAM_PREMATURE_CLOSE')
  assert.deepEqual(await sandbox.requests(), [])
})

test('chunks that are no bytes', async () => {
  const nonsense = [
    ['text', 'text'],
    [3, 'a number'],
    [{}, 'an Object'],
    [undefined, 'undefined'],
    [[1], 'an array'],
  ]
  for (const [chunk, word] of nonsense) {
    async function* giving() {
      yield chunk
    }
    const error = await failure(() => send([['a', giving()]]), 'source_unreadable', word)
    assert(error.cause instanceof TypeError)
  }
  await failure(() => send([['a', Readable.from('text')]]), 'source_unreadable', 'text')
})

test('streams that cannot be sent are told before anything is', async () => {
  const text = createReadStream(file('t', 'x'), 'utf8')
  const destroyed = new PassThrough().destroy()
  const ended = Readable.from([Buffer.from('x')])
  for await (const _ of ended);
  const locked = new Blob(['x']).stream()
  locked.getReader()
  const read = new Blob(['x']).stream()
  for await (const _ of read);
  await failure(() => send([['a', text]]), 'invalid_input', 'text')
  await failure(() => send([['a', destroyed]]), 'invalid_input', 'destroyed')
  await failure(() => send([['a', ended]]), 'invalid_input', 'only once')
  await failure(() => send([['a', locked]]), 'invalid_input', 'locked')
  await failure(() => send([['a', read]]), 'invalid_input', 'only once')
  text.destroy()
})

test('a stream given twice is refused', async () => {
  const stream = Readable.from([Buffer.from('x')])
  await failure(
    () =>
      send([
        ['a', stream],
        ['b', stream],
      ]),
    'invalid_input',
    'only once',
  )
  assert(stream.destroyed)
  const blob = new Blob(['x'])
  assert.equal(
    (
      await send([
        ['a', blob],
        ['b', blob],
      ])
    ).files.length,
    2,
  )
})

test('what was read before is not sent', async () => {
  const stream = createReadStream(file('partly', 'headbody'))
  await new Promise((resolve) => stream.once('readable', resolve))
  assert.equal(String(stream.read(4)), 'head')
  await send([['a', stream]])
  assert((await sandbox.digests()).has(sha256('body')))
})

// -- streams of calls that end

/** Streams that never end, and whether they were let go. */
function endless() {
  const freed = { generator: false, web: false }
  const readable = new Readable({
    read() {
      setTimeout(() => this.push(Buffer.alloc(1000)), 1)
    },
  })
  const web = new ReadableStream({
    async pull(controller) {
      await sleep(1)
      controller.enqueue(new Uint8Array(1000))
    },
    cancel() {
      freed.web = true
    },
  })
  async function* generating() {
    try {
      for (;;) {
        await sleep(1)
        yield Buffer.alloc(1000)
      }
    } finally {
      freed.generator = true
    }
  }
  return { freed, readable, web, generator: generating() }
}

for (const how of ['cancel', 'abort', 'timeout']) {
  test(`streams are let go on ${how}`, async () => {
    const { freed, readable, web, generator } = endless()
    for (const source of [readable, web, generator]) {
      const controller = new AbortController()
      const job = d.startSend([['a', source]], {
        ...TERMS,
        signal: controller.signal,
        timeout: how === 'timeout' ? 100 : 60_000,
      })
      await sleep(50)
      if (how === 'cancel') job.cancel()
      if (how === 'abort') controller.abort()
      await soon(rejection(job.wait()))
    }
    await until(() => readable.destroyed && freed.web && freed.generator)
    assert.deepEqual(await sandbox.requests(), [])
  })
}

test('a stream that gives nothing for ever does not hold the call up', async () => {
  const silent = [
    new PassThrough(),
    new ReadableStream({}),
    { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) },
  ]
  for (const source of silent) {
    const job = d.startSend([['a', source]], TERMS)
    await sleep(50)
    job.cancel()
    await soon(failure(() => job.wait(), 'cancelled'))
  }
})

test('streams are let go when another argument is wrong', async () => {
  const stream = createReadStream(file('unused', 'x'))
  await failure(
    () =>
      send([
        ['a', stream],
        ['b', 3],
      ]),
    'invalid_input',
  )
  assert(stream.destroyed)
  const other = createReadStream(file('unused', 'x'))
  await failure(() => send([['a', other]], { mode: 3 }), 'invalid_input')
  assert(other.destroyed)
})

test('streams wait for their turn without being read ahead', async () => {
  const opened = []
  const source = (name, first) => ({
    async *[Symbol.asyncIterator]() {
      opened.push(name)
      await first
      yield Buffer.from(name)
    },
  })
  let go
  const gate = new Promise((resolve) => (go = resolve))
  const rest = Array.from({ length: 200 }, (_, n) => [String(n), source(String(n))])
  const job = d.startSend([['first', source('first', gate)], ...rest], TERMS)
  await sleep(200)
  assert(opened.length < 20, `${opened.length} of 201 were opened while the first was not read`)
  go()
  assert.equal((await job.wait()).files.length, 201)
})

test('a stream is read no faster than it is taken', async () => {
  let given = 0
  const greedy = new Readable({
    read() {
      given += 100_000
      this.push(given > 100_000_000 ? null : Buffer.alloc(100_000))
    },
  })
  const job = d.startSend([['a', greedy]], TERMS)
  const peak = { rss: 0 }
  const idle = process.memoryUsage.rss()
  const timer = setInterval(() => (peak.rss = Math.max(peak.rss, process.memoryUsage.rss())), 5)
  assert((await job.wait()).files[0].verified)
  clearInterval(timer)
  assert(peak.rss - idle < 80_000_000, `${peak.rss - idle} bytes more`)
})
