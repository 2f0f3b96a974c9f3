// The process around the calls: how it ends, worker threads, and what is never printed.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Storage } from '../../bindings-node/index.mjs'
import { child, rejection, until } from './helpers.mjs'
import { PROFILE, STALL, STALL_PARTS, TERMS, sandboxForTests } from './sandbox.mjs'
import { zipped } from './sources.mjs'

const sandbox = await sandboxForTests()

/** Runs a program some times: what goes wrong at the end goes wrong by chance. */
async function always(body, { code = 0, out, times = 3, err = /^$/, before } = {}) {
  for (let n = 0; n < times; n++) {
    await sandbox.reset()
    await before?.()
    const ended = await child(sandbox, body)
    assert.deepEqual([ended.code, ended.signal], [code, null], inspect(ended))
    if (out !== undefined) assert.equal(ended.out, out)
    assert.match(ended.err, err)
  }
}

// -- the end of a program

test('a program that has finished its calls ends by itself', () =>
  always(
    `
    const job = d.startSend([['a', Buffer.from('1')]], { ...terms, onProgress() {}, signal: new AbortController().signal })
    await job.wait({ timeout: 3_600_000 })
    globalThis.kept = [d, h, job]
    console.log('end')
    `,
    { out: 'end' },
  ))

test('a program without await lives until its call is over', () =>
  always(`d.send([['a', Buffer.from('1')]], terms).then((sent) => console.log(sent.status))`, {
    out: 'active',
  }))

test('a started job keeps the program alive, waited for or not', async () => {
  await always(`d.startSend([['a', Buffer.from('1')]], terms)`, {
    times: 1,
    before: () => sandbox.fault({ on: 'put', do: { delay_ms: 300 } }),
  })
  assert.equal((await sandbox.requests('confirm')).length, 1)
})

const here = (name) => JSON.stringify(new URL(name, import.meta.url).href)
const BUSY = `
  import { busy } from ${here('busy.mjs')}
  await busy(d, terms)
`
const stalled = () => sandbox.fault(STALL, STALL_PARTS)

test('a program may exit while calls run', () =>
  always(`${BUSY} console.log('end'); process.exit(3)`, { code: 3, out: 'end', times: 5, before: stalled }))

test('a program may fail while calls run', () => {
  const failing = `setTimeout(() => { throw new Error('on purpose') }); await sleep(5000)`
  return always(`${BUSY} ${failing}`, { code: 1, times: 5, err: /on purpose/, before: stalled })
})

test('a program may be told to end while calls run', () => {
  const told = `process.on('SIGTERM', () => process.exit(5)); process.kill(process.pid, 'SIGTERM'); await sleep(5000)`
  return always(`${BUSY} ${told}`, { code: 5, before: stalled })
})

test('calls may be made while the program exits', () =>
  always(`process.on('exit', () => d.startSend([['a', Buffer.alloc(2_000_000)]], terms).cancel())
    await d.send([['a', Buffer.from('1')]], terms)`))

// -- worker threads

const WORKERS = `
  import { once } from 'node:events'
  import { Worker } from 'node:worker_threads'
  const start = (task) => {
    const workerData = { task, terms, settings: { apiKey, ...settings } }
    return new Worker(new URL(${here('worker.mjs')}), { workerData, execArgv: [] })
  }
  const messages = (workers) => Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))
`

test('workers have clients of their own', () =>
  always(
    `${WORKERS}
    const workers = Array.from({ length: 4 }, () => start('send'))
    const ends = Promise.all(workers.map(async (worker) => (await once(worker, 'exit'))[0]))
    console.log(...(await messages(workers)), ...(await ends))
    console.log((await d.send([['m', Buffer.from('m')]], terms)).status)`,
    { out: 'active active active active 0 0 0 0\nactive' },
  ))

test('a worker may be ended while its calls run, and the others go on', () =>
  always(
    `${WORKERS}
    for (let round = 0; round < 3; round++) {
      const workers = Array.from({ length: 3 }, () => start('busy'))
      await messages(workers)
      await Promise.all(workers.map((worker) => worker.terminate()))
    }
    await fetch(${JSON.stringify(sandbox.where.control_url)} + '/reset', { method: 'POST', body: '{}' })
    console.log((await d.send([['m', Buffer.alloc(2_000_000)]], terms)).status)`,
    { out: 'active', before: stalled, times: 2 },
  ))

test('calls of a worker that was ended are cancelled', async () => {
  await stalled()
  const ended = await child(
    sandbox,
    `${WORKERS}
    const worker = start('one')
    await messages([worker])
    await worker.terminate()
    const tries = async () =>
      (await (await fetch(${JSON.stringify(sandbox.where.control_url)} + '/requests')).json())
        .filter(({ op }) => op === 'put').length
    const before = await tries()
    await sleep(2500)
    console.log(before > 0, (await tries()) - before)`,
  )
  // Had the call gone on, it would have been stalled and tried again meanwhile.
  assert.deepEqual([ended.code, ended.out], [0, 'true 0'], inspect(ended))
})

test('a process may exit in the middle of its workers’ calls', () =>
  always(
    `${WORKERS}
    await messages(Array.from({ length: 2 }, () => start('busy')))
    process.exit(4)`,
    { code: 4, before: stalled, times: 5 },
  ))

// -- the event loop

test('no thread of the pool is taken by a call', async () => {
  // With a pool of one thread, a call that waited there would stop every file read and name lookup.
  await stalled()
  const ended = await child(
    sandbox,
    `
    import { readFile } from 'node:fs/promises'
    const running = Array.from({ length: 8 }, () => d.startSend([['a', Buffer.alloc(2_000_000)]], terms))
    while (!running.every((job) => job.progress().phase === 'sending')) await sleep(5)
    for (let n = 0; n < 20; n++) await readFile(new URL(${here('busy.mjs')}))
    console.log(running.some((job) => job.done || job.progress().retries > 0))
    for (const job of running) job.cancel()
    `,
    { environment: { UV_THREADPOOL_SIZE: '1' } },
  )
  assert.deepEqual([ended.code, ended.out], [0, 'false'], inspect(ended))
})

// -- secrets

const KEY = 'hk-canary-key-0123456789'
const SIGNATURE = 'canary5ignature'

/** Everything a program may print of a value. */
function shown(value) {
  const parts = [
    inspect(value, { depth: 10, showHidden: true, getters: true }),
    String(value),
    JSON.stringify(value),
  ]
  if (value instanceof Error) parts.push(value.message, value.stack, inspect(value.cause, { depth: 10 }))
  return parts.join('\n')
}

test('no secret is ever printed', async () => {
  const {
    api_url: baseUrl,
    storage_url: storageUrl,
    h_api_key: hKey,
    agentdrop_api_key: dKey,
  } = sandbox.where
  const url = `${storageUrl}/b/k?X-Amz-Signature=${SIGNATURE}&X-Amz-Credential=${SIGNATURE}`
  const closed = `http://127.0.0.1:1/b/k?X-Amz-Signature=${SIGNATURE}`
  const fields = { policy: SIGNATURE, 'x-amz-signature': SIGNATURE }
  const [h, d] = [sandbox.hcompany({ apiKey: KEY }), sandbox.agentdrop({ apiKey: KEY })]
  const s = sandbox.storage({ maxAttempts: 1 })
  const nowhere = new Storage({ trustedStorage: ['http://127.0.0.1:1'], maxAttempts: 1 })
  const bytes = Buffer.from('1')
  const { HCompany } = await import('../../bindings-node/index.mjs')
  const calls = [
    () => h.uploadProfile(zipped(10), PROFILE),
    () => d.send([['a', bytes]], TERMS),
    () => s.put(url, bytes),
    () => s.put(new URL(url), bytes, { headers: { Authorization: `Bearer ${KEY}` } }),
    () => s.put(url, bytes, { headers: { 'x-bad\n': KEY } }),
    () => s.put(url, bytes, { headers: { [KEY]: 3 } }),
    () => s.put(`https://user:${KEY}@h.example/k`, bytes),
    () => s.put([url], bytes),
    () => s.put({ url, toString: () => url }, bytes),
    () => s.put(url, url),
    () => s.put(url, new URL(url)),
    () => s.put(`${url}\ud800`, bytes),
    () => s.postForm(url, fields, bytes),
    () => s.postForm(url, [[SIGNATURE, SIGNATURE, SIGNATURE]], bytes),
    () => nowhere.put(closed, bytes),
    async () => new HCompany({ apiKey: KEY, baseUrl: `https://u:${KEY}@h.example` }),
    async () => new HCompany({ apiKey: KEY, baseUrl: `http://h.example/?${KEY}` }),
    async () => new HCompany({ apiKey: `${KEY}\n`, baseUrl: 'not a url' }),
    async () => new HCompany({ apiKey: [KEY] }),
    async () => new HCompany({ apiKey: Buffer.from(KEY) }),
    async () => new HCompany(KEY),
    async () => new Storage({ proxy: `ftp://u:${KEY}@h` }),
    async () => new Storage({ trustedStorage: [`https://u:${KEY}@h`] }),
    async () => new Storage({ userAgent: [KEY, 3] }),
    () => h.uploadProfile(zipped(10), { ...PROFILE, labels: { a: [KEY] } }),
    () =>
      d.send(
        [
          [
            'a',
            (async function* () {
              throw new Error(`GET ${url} failed`)
            })(),
          ],
        ],
        TERMS,
      ),
  ]
  const texts = [shown(h), shown(d), shown(s)]
  for (const call of calls) {
    const error = await rejection(call())
    // What the caller's own stream threw is the caller's.
    texts.push(error.cause instanceof Error ? error.message : shown(error))
  }
  const ticket = await sandbox.agentdrop().presign([['a', bytes]], TERMS)
  const form = await sandbox.hcompany().initiateUpload()
  const job = sandbox.storage().startPut(url, bytes)
  texts.push(shown(ticket), shown(form), shown(job), shown({ ticket, form }), `${ticket} ${form}`)
  await rejection(job.wait())
  const signature = ticket.reveal().upload_urls[0].upload_url.split('X-Amz-Signature=')[1]
  const { policy, 'x-amz-signature': formSignature } = form.reveal().upload_fields
  const secrets = [KEY, SIGNATURE, hKey, dKey, signature, policy, formSignature]
  for (const text of texts) {
    for (const secret of secrets) assert(secret && !text.includes(secret), text)
  }
  assert.match(inspect(form), /^ProfileTicket\(profileId: '[0-9a-f-]{36}', expiresIn: \d+\)$/)
  assert.deepEqual(JSON.parse(JSON.stringify(ticket)), { id: ticket.id, expiresAt: ticket.expiresAt })
  assert(form.expiresIn > 3_000_000 && form.expiresIn <= 3_600_000)
  assert.equal(inspect(h), `HCompany(${baseUrl}/)`)
})

test('the words of a stream’s error lose their signed URLs', async () => {
  const url = `https://storage.example/k?X-Amz-Signature=${SIGNATURE}`
  const failing = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error(`GET ${url} failed`)) }),
  }
  const { message } = await rejection(sandbox.agentdrop().send([['a', failing]], TERMS))
  assert(message.includes('https://storage.example/k') && !message.includes(SIGNATURE), message)
})

test('a connection that is cut tells no secret either', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
  await until(() => server.listening)
  const origin = `http://127.0.0.1:${server.address().port}`
  const s = new Storage({ trustedStorage: [origin], maxAttempts: 2, backoffBase: 1 })
  const error = await rejection(s.put(`${origin}/k?X-Amz-Signature=${SIGNATURE}`, Buffer.from('1')))
  server.close()
  assert.equal(error.code, 'network')
  assert(!shown(error).includes(SIGNATURE))
})
