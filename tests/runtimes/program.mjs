// What a program does with the package, in any runtime: run by run.test.mjs in each. It needs no test runner,
// since those differ; every check has a name, and the last line says how many there were.

import assert from 'node:assert/strict'
import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { Worker, isMainThread, workerData } from 'node:worker_threads'
import {
  AgentDrop,
  DropoffError,
  Encryption,
  File,
  KeyPair,
  Storage,
  inspectProfile,
  onLog,
  openSealed,
} from 'dropoff'
import { startSandbox } from 'dropoff/testing'
import { makeTools } from 'dropoff/tools'

const TERMS = { sender: 'a', recipient: 'b' }
const CONTENT = Buffer.alloc(3_000_000, 'abc')

if (isMainThread) await main()
else await new AgentDrop(workerData).send([['w', CONTENT]], TERMS)

async function main() {
  const sandbox = await startSandbox()
  const folder = mkdtempSync(join(tmpdir(), 'dropoff-runtime-'))
  let checks = 0
  try {
    for (const [name, check] of Object.entries(allChecks(sandbox, folder))) {
      try {
        await check()
      } catch (error) {
        throw new Error(`${name}: ${error?.message}`, { cause: error })
      }
      checks += 1
    }
  } finally {
    await sandbox.stop()
    rmSync(folder, { recursive: true })
  }
  console.log(JSON.stringify({ checks }))
}

function allChecks(sandbox, folder) {
  const d = sandbox.agentdrop()
  const path = join(folder, 'report.pdf')
  writeFileSync(path, CONTENT)
  /** @param {any} source */
  const sends = (source) => async () => {
    const sent = await d.send([['named', source()]], TERMS)
    assert.deepEqual([sent.status, sent.files[0].bytes], ['active', CONTENT.length])
    assert(sent.files[0].verified)
  }
  const pieces = () => [CONTENT.subarray(0, 1_000_000), CONTENT.subarray(1_000_000)]
  return {
    'require gives the same': () =>
      assert.equal(createRequire(import.meta.url)('dropoff').AgentDrop, AgentDrop),
    'a path': sends(() => path),
    'a file: URL': sends(() => pathToFileURL(path)),
    'a Buffer': sends(() => CONTENT),
    'an ArrayBuffer': sends(() => new Uint8Array(CONTENT).buffer),
    'a Blob': sends(() => new Blob([CONTENT])),
    'a Readable': sends(() => Readable.from(pieces())),
    'a ReadableStream': sends(() => new Blob([CONTENT]).stream()),
    'the body of a Response': sends(() => new Response(CONTENT).body),
    'an array of Buffers': sends(pieces),
    'a generator': sends(function* () {
      yield* pieces()
    }),
    'an async generator': sends(async function* () {
      yield* pieces()
    }),
    async 'a stream of a file, and a File of the web, bring their names'() {
      const web = new globalThis.File([CONTENT], 'web.txt', { type: 'text/plain' })
      const sent = await d.send([createReadStream(path), web, new File(path, { name: 'other' })], TERMS)
      assert.deepEqual(
        sent.files.map((file) => file.name),
        ['report.pdf', 'web.txt', 'other'],
      )
    },
    async 'an error has its facts'() {
      const error = await d.getTransfer('tr_nothing').catch((error) => error)
      assert(error instanceof DropoffError && error instanceof Error)
      assert.deepEqual([error.code, error.retryable, error.toJSON().code], ['not_found', false, 'not_found'])
    },
    async 'a 503 is tried again'() {
      await sandbox.faults({ on: 'put', do: { reply: { status: 503 } } })
      assert.equal((await d.send([['a', CONTENT]], TERMS)).files[0].attempts, 2)
    },
    async 'a signal stops it, and tells what became of it'() {
      await sandbox.faults({ on: 'put', times: -1, do: { stall_after: 100_000 } })
      const error = await d
        .send([['a', CONTENT]], { ...TERMS, signal: AbortSignal.timeout(100) })
        .catch((error) => error)
      assert.deepEqual([error.name, error.dropoff.outcome], ['TimeoutError', 'not_completed'])
      await sandbox.reset()
    },
    async 'a stream that fails is the cause'() {
      const trouble = new RangeError('the disk is gone')
      const failing = (async function* () {
        yield CONTENT
        throw trouble
      })()
      const error = await d.send([['a', failing]], TERMS).catch((error) => error)
      assert.equal(error.cause, trouble)
    },
    async 'progress and jobs'() {
      const seen = []
      const job = d.startSend([['a', CONTENT]], { ...TERMS, onProgress: (now) => seen.push(now.phase) })
      const sent = await job.wait({ timeout: 60_000 })
      assert.equal(sent.status, 'active')
      assert.equal(seen.at(-1), 'done')
    },
    async 'logs come before the promise settles'() {
      const records = []
      onLog((record) => records.push(record), 'debug')
      await d.send([['a', CONTENT]], TERMS)
      onLog(null)
      assert(records.at(-1).message.startsWith('done '))
    },
    async 'sealed, in parts, and opened again'() {
      const pair = KeyPair.generate()
      const encrypt = new Encryption(pair, { recipientPublicKey: pair.publicKey })
      const sent = await d.send([['a', CONTENT]], { ...TERMS, encrypt, multipart: true })
      assert(sent.encrypted && sent.files[0].parts === 1)
      const wrong = { to: join(folder, 'out'), keyPair: pair, senderPublicKey: pair.publicKey }
      const error = await openSealed(path, {
        ...wrong,
        encryptedKey: Buffer.alloc(60).toString('base64'),
        encryptionIv: Buffer.alloc(12).toString('base64'),
      }).catch((error) => error)
      assert.equal(error.code, 'encryption')
    },
    async 'a profile is packed and proved'() {
      const profile = join(folder, 'profile')
      mkdirSync(join(profile, 'Default'), { recursive: true })
      writeFileSync(join(profile, 'Local State'), '{}')
      writeFileSync(join(profile, 'Default', 'Preferences'), '{}')
      assert((await inspectProfile(profile)).files >= 2)
      const facts = { name: 'p', browserName: 'chromium', browserVersion: '131' }
      assert((await sandbox.hcompany().uploadProfile(profile, facts)).verified)
    },
    async 'raw storage'() {
      const ticket = await d.presign([['a', CONTENT]], TERMS)
      const [{ upload_url, headers }] = ticket.reveal().upload_urls
      const storage = new Storage({ trustedStorage: [sandbox.storageUrl] })
      assert((await storage.put(upload_url, CONTENT, { headers })).verified)
    },
    async 'many at once'() {
      const all = Array.from({ length: 50 }, () => d.send([['a', Buffer.from('1')]], TERMS))
      assert((await Promise.all(all)).every((sent) => sent.status === 'active'))
    },
    async 'a tool tells what happened'() {
      const [send] = makeTools({ roots: [folder], agentdrop: d, sender: 'a', recipients: ['b'] })
      const told = await send.run({ paths: ['../secret'], recipient: 'b' })
      assert(told.error.next.length > 0)
    },
    async 'a worker thread'() {
      const before = (await sandbox.requests('put')).length
      const workerData = { apiKey: sandbox.agentdropApiKey, baseUrl: sandbox.apiUrl }
      workerData.trustedStorage = [sandbox.storageUrl]
      const worker = new Worker(new URL(import.meta.url), { workerData })
      await new Promise((done, failed) => worker.once('exit', done).once('error', failed))
      assert.equal((await sandbox.requests('put')).length, before + 1)
    },
  }
}
