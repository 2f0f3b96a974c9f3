// What the library logs: to a callback, to stderr, and from worker threads.

import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { onLog } from '../../bindings-node/index.mjs'
import { FIELD_WORD, KEY_WORD, PRIVATE_WORD, SIGNATURE_WORD, WRAPPED_WORD } from './print_secrets.mjs'
import { child, failure, rejection, thrown, until } from './helpers.mjs'
import { native } from './native.mjs'
import { BIG, PROFILE, STALL, STALL_PARTS, TERMS, sandboxForTests } from './sandbox.mjs'
import { zipped } from './sources.mjs'

const sandbox = await sandboxForTests()
const one = [['a', Buffer.from('1')]]
afterEach(() => onLog(null))

/** Collects records. */
function collected(level) {
  const records = []
  onLog((record) => records.push(record), level)
  return records
}

const TRIED_AGAIN = { on: 'put', do: { reply: { status: 503 } } }

test('every record of a call comes before its promise settles', async () => {
  const records = collected('debug')
  for (let n = 0; n < 20; n++) {
    records.length = 0
    await sandbox.fault(TRIED_AGAIN)
    await sandbox.agentdrop().send(one, TERMS)
    const lines = records.map(({ level, message }) => `${level} ${message}`)
    const [job] = lines[0].match(/ job=\d+/)
    const of = (word) => lines.filter((line) => line.startsWith(word))
    assert.match(lines[0], /^debug started job=\d+ operation=send$/)
    assert.match(lines.at(-1), new RegExp(`^debug done${job} operation=send ms=\\d+$`))
    assert.equal(of('debug the service answered').length, 2)
    assert.equal(of(`debug storage answered${job} `).length, 2)
    assert.equal(of(`info trying again${job} attempt=2`).length, 1)
  }
})

test('a call that fails is told at the level of info', async () => {
  const records = collected()
  await failure(() => sandbox.agentdrop().send(['/nowhere'], TERMS), 'source_unreadable')
  assert.equal(records.length, 1)
  const [{ level, message }] = records
  assert.equal(level, 'info')
  assert.match(message, /^failed job=\d+ operation=send ms=\d+ kind=source_unreadable outcome=not_completed /)
  assert(!message.includes('\n'))
  assert.throws(() => (records[0].level = 'x'), TypeError)
})

test('a level keeps what matters less away', async () => {
  const records = collected('warn')
  const expired = '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>'
  await sandbox.fault({ on: 'post_form', do: { reply: { status: 403, body: expired } } })
  await sandbox.fault(TRIED_AGAIN)
  await sandbox.agentdrop().send(one, TERMS)
  const profile = await sandbox.hcompany().uploadProfile(zipped(10), PROFILE)
  assert.equal(profile.abandonedProfileIds.length, 1)
  assert.deepEqual(
    records.map(({ level }) => level),
    ['warn'],
  )
  // Names of facts are those of JavaScript.
  assert.match(records[0].message, /upload ticket ran out .* profileId=/)
})

test('records come while a call runs', async () => {
  await sandbox.fault(STALL)
  const records = collected('debug')
  const job = sandbox.agentdrop().startSend([['a', BIG]], TERMS)
  await until(() => records.some(({ message }) => message.startsWith('the service answered')))
  assert(!job.done)
  job.cancel()
  await rejection(job.wait())
  assert.match(records.at(-1).message, /kind=cancelled/)
})

test('a callback is replaced by the next, and ended by null, also by itself', async () => {
  const [first, second] = [collected('debug'), collected('debug')]
  await sandbox.agentdrop().send(one, TERMS)
  assert(first.length === 0 && second.length > 3)
  const counted = second.length
  onLog(null)
  await sandbox.agentdrop().send(one, TERMS)
  assert.equal(second.length, counted)
  let calls = 0
  onLog(() => {
    calls += 1
    onLog(null)
  }, 'debug')
  await sandbox.agentdrop().send(one, TERMS)
  assert.equal(calls, 1)
  assert.deepEqual(native.takeLogs(), [])
})

test('what is no callback or level is refused, and changes nothing', async () => {
  const records = collected('debug')
  thrown(() => onLog(), 'invalid_input', 'callback must be a function', 'undefined')
  thrown(() => onLog({}), 'invalid_input', 'not an Object')
  thrown(() => onLog(() => {}, 'loud'), 'invalid_input', 'level must be', 'debug')
  thrown(() => onLog(null, 'loud'), 'invalid_input', 'level must be')
  thrown(() => onLog(() => {}, 3), 'invalid_input', 'level must be', 'not a number')
  await sandbox.agentdrop().send(one, TERMS)
  assert(records.length > 3)
})

for (const [how, callback] of [
  [
    'throws',
    () => {
      throw new Error('a bad logger')
    },
  ],
  ['rejects', async () => Promise.reject(new Error('a bad logger'))],
]) {
  test(`a callback that ${how} breaks no call and is told of once`, async () => {
    const warnings = []
    const listen = (warning) => warnings.push(warning)
    process.on('warning', listen)
    try {
      onLog(callback, 'debug')
      for (let n = 0; n < 3; n++) assert.equal((await sandbox.agentdrop().send(one, TERMS)).status, 'active')
      await sleep(20)
    } finally {
      process.off('warning', listen)
    }
    assert.deepEqual(
      warnings.map(({ name, code }) => [name, code]),
      [['DropoffWarning', 'DROPOFF_LOG']],
    )
    assert.match(warnings[0].message, /Error: a bad logger/)
  })
}

test('a thread that was busy for long loses the oldest records, and is told how many', async () => {
  const records = collected('debug')
  // Two records each, and no turn of the event loop until all are over.
  const d = sandbox.agentdrop()
  const jobs = Array.from({ length: 6000 }, () => d.startSend(['/nowhere'], TERMS))
  const end = Date.now() + 240_000
  while (!jobs.every((job) => job.done) && Date.now() < end);
  await Promise.all(jobs.map((job) => rejection(job.wait())))
  assert.equal(records.length, 10_001)
  assert.equal(records[0].level, 'warn')
  assert.match(records[0].message, /^2000 records were dropped here/)
  assert.match(records.at(-1).message, /^failed /)
})

// -- in a process of its own

test('NODE_DEBUG prints what happens on stderr, beside a callback or without', async () => {
  for (const callback of ['', `dropoff.onLog((record) => console.log(record.level), 'warn');`]) {
    await sandbox.reset()
    await sandbox.fault(TRIED_AGAIN)
    const body = `${callback} await d.send([['a', Buffer.from('1')]], terms)`
    const { code, out, err } = await child(sandbox, body, { environment: { NODE_DEBUG: 'net_,dropoff' } })
    assert.deepEqual([code, out], [0, ''], err)
    assert.match(err, /^DROPOFF \d+: debug started job=1 operation=send$/m)
    assert.match(err, /^DROPOFF \d+: info trying again job=1 attempt=2 /m)
    assert.match(err.split('\n').at(-1), /^DROPOFF \d+: debug done job=1 operation=send ms=\d+$/)
    assert(
      err.split('\n').every((line) => line.startsWith('DROPOFF ')),
      err,
    )
  }
})

test('without it nothing is printed and nobody listens', async () => {
  const { code, out, err } = await child(
    sandbox,
    `const listens = () => process.listeners('exit').filter((f) => f.name === 'deliver').length
    const seen = [listens()]
    for (const callback of [() => {}, null]) { dropoff.onLog(callback); seen.push(listens()) }
    await d.send([['a', Buffer.from('1')]], terms)
    console.log(...seen)`,
    { environment: { NODE_DEBUG: 'other' } },
  )
  assert.deepEqual([code, out, err], [0, '0 1 0', ''])
})

test('logs do not keep a program alive, and the last of them are told when it exits', async () => {
  for (const [end, code] of [
    ['', 0],
    ['process.exit(3)', 3],
  ]) {
    const ended = await child(
      sandbox,
      `dropoff.onLog(({ message }) => console.log(message.split(' job=')[0]), 'debug')
      d.startSend([['a', Buffer.from('1')]], terms); ${end}`,
    )
    assert.equal(ended.code, code, inspect(ended))
    assert(ended.out.startsWith('started'), ended.out)
    if (code === 0) assert(ended.out.endsWith('done'), ended.out)
  }
})

test('a callback may exit the program, and hears the rest', async () => {
  const { code, out, err } = await child(
    sandbox,
    `const seen = []
    dropoff.onLog(({ message }) => { if (seen.push(message.split(' ')[0]) === 1) process.exit(6) }, 'debug')
    process.on('exit', () => console.log(seen.length > 3, seen.at(-1)))
    const job = d.startSend([['a', Buffer.from('1')]], terms)
    while (!job.done);`,
  )
  assert.deepEqual([code, out, err], [6, 'true done', ''])
})

// -- worker threads

const WORKERS = `
  import { once } from 'node:events'
    import { Worker } from 'node:worker_threads'
  const program = new URL(${JSON.stringify(new URL('worker.mjs', import.meta.url).href)})
  const start = (task) => new Worker(program, {
    workerData: { task, terms, logs: true, settings: { apiKey, ...settings } }, execArgv: [],
  })
  const messages = (workers) => Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))
`

test('a worker has a callback of its own, and the main program hears of the worker', async () => {
  const { code, out, err } = await child(
    sandbox,
    `${WORKERS}
    let own = 0, started = 0
    dropoff.onLog(({ message }) => { own += 1; started += message.startsWith('started') }, 'debug')
    const worker = start('logs')
    const [heard] = await messages([worker])
    await once(worker, 'exit')
    await d.send([['a', Buffer.from('1')]], terms)
    console.log(heard.first, heard.last, started)`,
  )
  assert.deepEqual([code, out, err], [0, 'started done 2', ''])
})

test('NODE_DEBUG prints each record once, however many threads there are', async () => {
  const { code, err } = await child(
    sandbox,
    `${WORKERS}
    const workers = Array.from({ length: 3 }, () => start('logs'))
    await Promise.all(workers.map((worker) => once(worker, 'exit')))`,
    { environment: { NODE_DEBUG: 'dropoff' } },
  )
  assert.equal(code, 0, err)
  const of = (word) => err.match(new RegExp(`: debug ${word} job=`, 'g'))?.length
  assert.deepEqual([of('started'), of('done')], [3, 3], err)
})

test('a worker that hears the log may be ended while its calls run', async () => {
  for (let n = 0; n < 3; n++) {
    await sandbox.reset()
    await sandbox.fault(STALL, STALL_PARTS)
    const { code, signal, out } = await child(
      sandbox,
      `${WORKERS}
      const seen = []
      dropoff.onLog(({ message }) => seen.push(message), 'debug')
      for (let round = 0; round < 3; round++) {
        const workers = Array.from({ length: 3 }, () => start('busy'))
        await messages(workers)
        await Promise.all(workers.map((worker) => worker.terminate()))
      }
      await fetch(${JSON.stringify(sandbox.where.control_url)} + '/reset', { method: 'POST', body: '{}' })
      seen.length = 0
      const { status } = await d.send([['m', Buffer.alloc(2_000_000)]], terms)
      console.log(status, seen.at(-1).startsWith('done'))`,
      { environment: { NODE_DEBUG: 'dropoff' } },
    )
    assert.deepEqual([code, signal, out], [0, null, 'active true'])
  }
})

// -- secrets

test('nothing that is logged, thrown or printed holds a secret', async () => {
  await sandbox.settings({ upload_expires_in: 3600 })
  const { where } = sandbox
  const { code, out, err } = await child(
    sandbox,
    `import { printSecrets } from ${JSON.stringify(new URL('print_secrets.mjs', import.meta.url).href)}
    await printSecrets(dropoff, ${JSON.stringify(where)})`,
    { environment: { NODE_DEBUG: 'dropoff' } },
  )
  assert.equal(code, 0, err)
  const known = JSON.parse(out.split('\n').at(-1))
  const printed = out.slice(0, out.lastIndexOf('\n')) + err
  // It is about what is printed: a canary that prints nothing proves nothing.
  for (const words of [
    'LOG debug started',
    'LOG info failed',
    'DROPOFF ',
    'DropoffError:',
    'toJSON:',
    'stack:',
    'KeyPair(publicKey: ',
    'Encryption(<presealed>)',
    'is of another call',
    'going on from a journal',
    'part 1 of 1',
    '[hidden]',
  ])
    assert(printed.includes(words), `${words} is not printed`)
  for (const word of [KEY_WORD, SIGNATURE_WORD, FIELD_WORD, PRIVATE_WORD, WRAPPED_WORD])
    assert(
      !printed.includes(word),
      printed
        .split('\n')
        .filter((line) => line.includes(word))
        .join('\n'),
    )
  for (const secret of [where.h_api_key, where.agentdrop_api_key, ...known]) {
    assert(secret.length > 10)
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
      assert(
        !printed.includes(form),
        printed
          .split('\n')
          .filter((line) => line.includes(form))
          .join('\n'),
      )
  }
})
