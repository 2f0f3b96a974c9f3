// The table of errors is complete, and every kind that can be raised today is raised.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { AgentDrop, Encryption, HCompany, KeyPair, Storage } from '../../bindings-node/index.mjs'
import { called } from '../../bindings-node/lib/errors.js'
import { NOWHERE, child, failure, rejection, thrown, until } from './helpers.mjs'
import { native } from './native.mjs'
import {
  BIG,
  PROFILE,
  ROOT,
  STALL,
  TERMS,
  sandboxForTests,
  startSandbox,
  temporaryFolder,
  vectors,
} from './sandbox.mjs'
import { zipped } from './sources.mjs'

const sandbox = await sandboxForTests()
const folder = temporaryFolder()
const TABLE = vectors('errors.json')

test('the compiled half knows the same kinds', () => {
  assert.deepEqual(
    native.errorCodes().map(({ code, number }) => [code, number]),
    TABLE.map((row) => [row.js, row.code]),
  )
})

test('the declared codes are the same', () => {
  const declared = readFileSync(join(ROOT, 'bindings-node/index.d.ts'), 'utf8')
  const [, union] = declared.match(/export type ErrorCode =\n(.*?)\n\n/s)
  assert.deepEqual(
    [...union.matchAll(/^ {2}\| '(\w+)'$/gm)].map(([, code]) => code),
    TABLE.map((row) => row.js),
  )
})

const refusal = (status, body, headers) => ({ reply: { status, body, headers } })
const one = [['a', Buffer.from('1')]]
const profile = zipped(10)

/** How each kind comes about. */
const RAISED = {
  invalid_input: () => new Storage({ maxAttempts: 0 }),
  authentication: () => new HCompany(),
  permission: async () => {
    await sandbox.fault({ on: 'initiate_upload', do: refusal(403, { detail: 'no' }) })
    await sandbox.hcompany().initiateUpload()
  },
  not_found: () => sandbox.agentdrop().getTransfer('tr_nowhere'),
  conflict: async () => {
    const ticket = await sandbox.agentdrop().presign(one, TERMS)
    const body = { error: { code: 'ALREADY_CONFIRMED', message: 'x' } }
    await sandbox.fault({ on: 'confirm', do: refusal(409, body) })
    await sandbox.agentdrop().confirm(ticket.id)
  },
  rejected: () => sandbox.agentdrop().send(one, { ...TERMS, maxDownloads: 5000 }),
  too_large: async () => {
    await sandbox.settings({ max_file_bytes: 10 })
    try {
      await sandbox.agentdrop().send([['a', Buffer.alloc(11)]], TERMS)
    } finally {
      await sandbox.settings({ max_file_bytes: 10_000_000_000 })
    }
  },
  rate_limited: async () => {
    await sandbox.fault({ on: 'presign', do: refusal(429, undefined, { 'Retry-After': '999' }) })
    await sandbox.agentdrop().send(one, TERMS)
  },
  expired: () =>
    new Storage().put(
      'https://h.example/k?X-Amz-Date=20200101T000000Z&X-Amz-Expires=60&X-Amz-Signature=s',
      profile,
    ),
  storage_refused: async () => {
    await sandbox.fault({ on: 'put', do: refusal(403, '<Error><Code>AccessDenied</Code></Error>') })
    await sandbox.agentdrop().send(one, TERMS)
  },
  unavailable: async () => {
    await sandbox.fault({ on: 'put', do: refusal(503) })
    await sandbox.agentdrop({ maxAttempts: 1 }).send(one, TERMS)
  },
  network: () =>
    new AgentDrop({ apiKey: 'k', baseUrl: 'http://127.0.0.1:1', maxAttempts: 1 }).confirm('tr_1'),
  timeout: async () => {
    await sandbox.fault(STALL)
    await sandbox.agentdrop().send([['a', BIG]], { ...TERMS, timeout: 100 })
  },
  tls: async () => {
    const secure = await startSandbox('--tls')
    try {
      await secure.agentdrop({ maxAttempts: 1 }).send(one, TERMS)
    } finally {
      await secure.stop()
    }
  },
  source_unreadable: () => sandbox.agentdrop().send([NOWHERE], TERMS),
  source_changed: async () => {
    const path = join(folder, 'rewritten')
    writeFileSync(path, 'before')
    await sandbox.fault({ on: 'presign', do: { hold: true } })
    const sending = sandbox.agentdrop().send([path], TERMS)
    await until(async () => (await sandbox.requests('presign')).length > 0)
    writeFileSync(path, 'after')
    await sandbox.clearFaults()
    await sending
  },
  integrity: async () => {
    await sandbox.fault({ on: 'complete_upload', do: { patch: { checksum: '0'.repeat(64) } } })
    await sandbox.hcompany().uploadProfile(profile, PROFILE)
  },
  encryption: () => {
    const encrypt = new Encryption(KeyPair.generate(), { recipientPublicKey: KeyPair.generate().publicKey })
    const terms = { ...TERMS, mode: 'agent-to-human', encrypt }
    return sandbox.agentdrop().send(one, terms)
  },
  unsafe_target: () => new Storage().put('http://169.254.169.254/latest', profile),
  cancelled: async () => {
    await sandbox.fault(STALL)
    const job = sandbox.agentdrop().startSend([['a', BIG]], TERMS)
    job.cancel()
    await job.wait()
  },
  unknown_outcome: async () => {
    await sandbox.fault(
      { on: 'complete_upload', times: -1, do: { lose_reply: true } },
      { on: 'get_profile', times: -1, do: refusal(500) },
    )
    await sandbox.hcompany({ maxAttempts: 2 }).uploadProfile(profile, PROFILE)
  },
  internal: () => called(() => native.storage('no list')),
}
/** Nothing raises the first yet; the second is raised below, in a program of its own. */
const NOT_RAISED = ['browser_running', 'disk_full']

test('no kind is left out', () => {
  assert.deepEqual([...Object.keys(RAISED), ...NOT_RAISED].sort(), TABLE.map((row) => row.js).sort())
})

test('disk_full is raised', async () => {
  const shim = join(folder, 'full_disk.so')
  const source = fileURLToPath(new URL('../c/full_disk.c', import.meta.url))
  execFileSync('cc', ['-shared', '-fPIC', source, '-o', shim, '-ldl'])
  const body = `
    import { Readable } from 'node:stream'
    await d.send([['a', Readable.from([Buffer.from('bytes')])]], terms).catch((e) => console.log(e.code, e.errno, e.message))`
  const { out, err } = await child(sandbox, body, { environment: { LD_PRELOAD: shim } })
  assert.match(out, /^disk_full 28 no room left .*spoolDir/, err)
})

for (const [code, call] of Object.entries(RAISED)) {
  test(`${code} is raised`, async () => {
    const error = await failure(call, code)
    assert.equal(error.number, TABLE.find((row) => row.js === code).code)
    assert(error instanceof Error && error.name === 'DropoffError')
    assert(error.stack.startsWith(`DropoffError: ${error.message}\n`), error.stack)
    assert(inspect(error).includes(`code: '${code}'`))
    const facts = JSON.parse(JSON.stringify(error))
    for (const [name, value] of Object.entries(facts)) {
      if (name !== 'cause') assert.deepEqual(error[name], value, name)
    }
    assert.deepEqual(Object.keys(facts).sort(), [...FACTS].sort())
    assert.equal(facts.cause, error.cause === undefined ? null : String(error.cause))
  })
}
const FACTS = [
  'code',
  'number',
  'message',
  'operation',
  'side',
  'retryable',
  'retryAfter',
  'httpStatus',
  'serviceCode',
  'requestId',
  'details',
  'outcome',
  'cause',
  'cleanup',
  'resource',
  'transferId',
  'profileId',
  'path',
  'errno',
  'journal',
  'etag',
]

test('facts are in the units and types of JavaScript', async () => {
  const limited = await failure(RAISED.rate_limited, 'rate_limited')
  assert.equal(limited.retryAfter, 999_000)
  const missing = await failure(RAISED.source_unreadable, 'source_unreadable', NOWHERE)
  assert.deepEqual([missing.path, missing.errno, missing.side], [NOWHERE, 2, 'caller'])
  const refused = await failure(RAISED.rejected, 'rejected')
  assert(refused.transferId === null && refused.details.length > 0 && refused.details[0].message)
})

test('the stack is that of the call', async () => {
  async function whereItWasCalled() {
    await sandbox.agentdrop().send([NOWHERE], TERMS)
  }
  assert.match((await rejection(whereItWasCalled())).stack, /whereItWasCalled/)
  assert.match(
    thrown(function whereItWasMade() {
      new Storage({ maxAttempts: 0 })
    }, 'invalid_input').stack,
    /whereItWasMade/,
  )
})

test('names in messages are those of JavaScript', async () => {
  const words = async (call, ...needles) => {
    const { message } = await rejection((async () => await call())())
    for (const needle of needles) assert(message.includes(needle), message)
    assert(!/(?<![\w./\\"'-])[a-z]+_[a-z_]+(?![\w./"'-])/.test(message), message)
  }
  const d = sandbox.agentdrop()
  await words(() => d.send(one, { ...TERMS, expiresIn: 'tomorrow' }), 'expiresIn')
  await words(() => d.send([`${NOWHERE}/my_max_attempts_file`], TERMS), 'my_max_attempts_file')
  await words(() => sandbox.hcompany().uploadProfile(profile, { ...PROFILE, browserName: '' }), 'browserName')
  await words(() => sandbox.hcompany().getProfile('x'), 'profileId')
  await words(() => d.confirm(''), 'transferId')
  const pair = KeyPair.generate()
  await words(() => d.send(one, { ...TERMS, encrypt: new Encryption(pair) }), 'recipient-agent')
  await sandbox.agents([{ agent_id: TERMS.recipient }])
  await words(() => d.send(one, { ...TERMS, encrypt: new Encryption(pair) }), 'recipientPublicKey')
  await words(() => d.send(one, { ...TERMS, encrypt: Encryption.presealed('x') }), 'encryptionIv')
  await words(() => new Storage({ partSize: 1 }), 'partSize')
  await words(() => new Storage().putParts(['https://h/k'], Buffer.alloc(9), { partSize: 0 }), 'partSize')
  await words(() => new HCompany(), 'apiKey', 'HAI_API_KEY')
  await words(() => new HCompany({ baseUrl: 'x' }), 'baseUrl')
  await words(() => new Storage().put('https://10.0.0.1/k', Buffer.alloc(1)), 'trustedStorage')
  await words(RAISED.tls, 'caFile')
  await sandbox.fault({ ...STALL })
  await words(
    () => sandbox.agentdrop({ stallTimeout: 200, maxAttempts: 1 }).send([['a', BIG]], TERMS),
    'stallTimeout',
  )
})

test('a panic in the compiled half is an error, when a call starts and when it ends', async () => {
  // In a process of its own: it must live on, and the panic tells its story on stderr.
  const lib = (name) => JSON.stringify(new URL(`../../bindings-node/lib/${name}`, import.meta.url).href)
  const { code, out, err } = await child(
    sandbox,
    `
    import { start } from ${lib('job.js')}
    import native from ${lib('../native.js')}
    const panic = (atStart) => start('panic', {}, {}, { convert() {}, begin: () => native._panic(atStart) })
    try { panic(true) } catch (error) { console.log(error.code, error.message) }
    await panic(false).wait().catch((error) => console.log(error.code, error.message))
    console.log((await d.send([['a', Buffer.from('1')]], terms)).status)
    `,
  )
  assert.equal(code, 0, err)
  assert.match(
    out,
    /^internal .*a panic on order, at the start.*\ninternal .*a panic on order, at the end.*\nactive$/,
  )
  assert.match(err, /panicked/)
})

test('an exception of the compiled half is an error too', () => {
  thrown(() => called(() => native.storage('no list')), 'internal', 'a defect in dropoff')
  thrown(
    () =>
      called(() => {
        throw Object.create(null)
      }),
    'internal',
    'without words',
  )
})
