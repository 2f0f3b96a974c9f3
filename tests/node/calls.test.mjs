// Calls on their way: abort signals, progress, jobs, and many at once.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { DropoffError, Job, ProfileTicket, TransferTicket } from '../../bindings-node/index.mjs'
import { child, failure, rejection, soon, thrown, until } from './helpers.mjs'
import { BIG, HELD, PROFILE, STALL, TERMS, sandboxForTests } from './sandbox.mjs'
import { chunks, pattern, zipped } from './sources.mjs'

const sandbox = await sandboxForTests()
const d = sandbox.agentdrop()
const h = sandbox.hcompany()
const s = sandbox.storage()
const one = [['a', Buffer.from('1')]]
const big = [['a', BIG]]
const held = (on) => ({ on, times: -1, do: { hold: true } })

// -- abort

/** Where a call is when it is aborted, and what is known of it then. */
const PHASES = {
  'while the target is asked for': {
    fault: held('presign'),
    at: 'presign',
    outcome: 'not_completed',
    id: false,
  },
  'before the first byte': { fault: held('put'), at: 'put', outcome: 'not_completed', id: true },
  'among the bytes': { fault: STALL, at: 'put', outcome: 'not_completed', id: true },
  'while it is confirmed': {
    fault: held('confirm'),
    at: 'confirm',
    outcome: 'unknown',
    id: true,
    small: true,
  },
  'between two tries': {
    fault: { on: 'put', times: -1, do: { reply: { status: 503, headers: { 'Retry-After': '30' } } } },
    at: 'put',
    outcome: 'not_completed',
    id: true,
    small: true,
    retries: 1,
  },
}
for (const [phase, { fault, at, outcome, id, small, retries = 0 }] of Object.entries(PHASES)) {
  test(`abort ${phase}`, async () => {
    await sandbox.fault(fault)
    const controller = new AbortController()
    const reason = new RangeError('enough')
    let last
    const onProgress = (progress) => (last = progress)
    const sent = d.send(small ? one : big, { ...TERMS, signal: controller.signal, onProgress })
    await until(async () => (await sandbox.requests(at)).length > 0)
    await until(() => last?.retries === retries)
    assert.equal(getEventListeners(controller.signal, 'abort').length, 1)
    controller.abort(reason)
    assert.equal(await soon(rejection(sent)), reason)
    assert.deepEqual(
      [reason.dropoff.code, reason.dropoff.outcome, reason.dropoff.transferId !== null],
      ['cancelled', outcome, id],
    )
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  })
}

test('abort of a profile upload tells the reserved id', async () => {
  await sandbox.fault(held('complete_upload'))
  const controller = new AbortController()
  const sent = h.uploadProfile(zipped(10), { ...PROFILE, signal: controller.signal })
  await until(async () => (await sandbox.requests('complete_upload')).length > 0)
  controller.abort()
  const reason = await rejection(sent)
  assert.equal(reason.name, 'AbortError')
  assert.match(reason.dropoff.profileId, /^[0-9a-f-]{36}$/)
  assert.equal(reason.dropoff.outcome, 'unknown')
})

test('every call takes a signal', async () => {
  const aborted = { signal: AbortSignal.abort('why') }
  const ticket = await h.initiateUpload()
  const pending = await d.presign(one, TERMS)
  await sandbox.reset()
  const calls = [
    () => h.uploadProfile(zipped(10), { ...PROFILE, ...aborted }),
    () => h.initiateUpload(aborted),
    () => h.upload(ticket, zipped(10), aborted),
    () => h.completeUpload(ticket.profileId, { ...PROFILE, ...aborted }),
    () => h.getProfile(ticket.profileId, aborted),
    () => d.send(one, { ...TERMS, ...aborted }),
    () => d.presign(one, { ...TERMS, ...aborted }),
    () => d.upload(pending, one, aborted),
    () => d.confirm(pending.id, aborted),
    () => d.getTransfer(pending.id, aborted),
    () => s.put('https://h.example/k', zipped(10), aborted),
    () => s.postForm('https://h.example/', {}, zipped(10), aborted),
    () => s.putParts(['https://h.example/k'], zipped(10), aborted),
    () => d.plan(one, { ...TERMS, ...aborted }),
  ]
  for (const call of calls) assert.equal(await rejection(call()), 'why', call)
  assert.deepEqual(await sandbox.requests(), [])
})

test('a signal that is aborted already starts nothing', async () => {
  const reason = new Error('before')
  const signal = AbortSignal.abort(reason)
  const stream = Readable.from(chunks(BIG))
  assert.equal(await rejection(d.send([['a', stream]], { ...TERMS, signal })), reason)
  assert(stream.destroyed)
  assert.throws(() => d.startSend(one, { ...TERMS, signal }), reason)
  assert.deepEqual([await sandbox.requests(), 'dropoff' in reason], [[], false])
})

test('reasons of every sort are kept', async () => {
  for (const reason of [
    'text',
    0,
    null,
    Symbol('s'),
    Object.freeze({ frozen: true }),
    Object.freeze(new Error('frozen')),
  ]) {
    await sandbox.reset()
    await sandbox.fault(STALL)
    const controller = new AbortController()
    const sent = d.send(big, { ...TERMS, signal: controller.signal })
    setTimeout(() => controller.abort(reason), 50)
    assert.equal(await rejection(sent), reason)
  }
})

test('a time limit by signal', async () => {
  await sandbox.fault(STALL)
  const reason = await rejection(d.send(big, { ...TERMS, signal: AbortSignal.timeout(100) }))
  assert.equal(reason.name, 'TimeoutError')
  assert.equal(reason.dropoff.code, 'cancelled')
})

test('abort after success changes nothing, and no listener stays', async () => {
  const controller = new AbortController()
  const job = d.startSend(one, { ...TERMS, signal: controller.signal })
  const sent = await job.wait()
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  controller.abort()
  assert.equal(await job.wait(), sent)
  await failure(
    () => d.send(['/nowhere'], { ...TERMS, signal: new AbortController().signal }),
    'source_unreadable',
  )
})

test('one signal stops many calls, with one listener and no warning', async () => {
  const warnings = []
  const warned = (warning) => warnings.push(warning)
  process.on('warning', warned)
  await sandbox.fault(STALL)
  const controller = new AbortController()
  const sent = Array.from({ length: 30 }, () => d.send(big, { ...TERMS, signal: controller.signal }))
  assert.equal(getEventListeners(controller.signal, 'abort').length, 1)
  setTimeout(() => controller.abort(), 100)
  const reasons = await soon(Promise.all(sent.map(rejection)))
  assert(reasons.every((reason) => reason === controller.signal.reason))
  assert(controller.signal.reason.dropoff instanceof DropoffError)
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  await sleep(20)
  process.off('warning', warned)
  assert.deepEqual(warnings, [])
})

// -- progress

test('an upload that needs longer than its ticket lasts is foreseen', async () => {
  await sandbox.settings({ upload_expires_in: 600 })
  await sandbox.fault({ on: 'put', do: { slow: 100_000 } })
  const job = sandbox.agentdrop().startSend([['a', Buffer.alloc(200_000_000)]], TERMS)
  const before = job.progress()
  assert.deepEqual([before.ticketLeft, before.timeNeeded, before.warning], [null, null, null])
  await until(() => job.progress().timeNeeded !== null)
  const { ticketLeft, timeNeeded, warning, elapsed } = job.progress()
  assert(elapsed >= 2000 && ticketLeft > 500_000 && ticketLeft <= 600_000, `${elapsed} ${ticketLeft}`)
  assert.equal(warning !== null, timeNeeded > ticketLeft, `${timeNeeded} ${ticketLeft}`)
  await until(() => job.progress().warning !== null)
  assert.match(
    job.progress().warning,
    /^sending needs about \d+ min more and the upload ticket lasts \d+ min; /,
  )
  job.cancel()
  await rejection(job.wait())
  const after = job.progress()
  assert.deepEqual([after.ticketLeft, after.timeNeeded, after.warning], [null, null, null])
})

test('progress is told on the way and at the end', async () => {
  // Held until enough was told, and slow after that.
  await sandbox.fault({ on: 'put', do: { hold: true, slow: 4_000_000 } })
  const seen = []
  const content = pattern(2_000_000)
  const onProgress = (progress) => {
    if (seen.push(progress) === 3) return sandbox.clearFaults()
  }
  await d.send([['a', content]], { ...TERMS, onProgress })
  const last = seen.at(-1)
  assert(seen.length >= 3 && seen.length <= last.elapsed / 100 + 2, String(seen.length))
  // The clock may strike between the end and its being told.
  const before = seen.slice(0, -1).filter(({ phase }, at) => !(phase === 'done' && at === seen.length - 2))
  assert(before.every((p) => ['preparing', 'requesting', 'sending', 'completing'].includes(p.phase)))
  assert.deepEqual(
    [last.phase, last.bytesDone, last.bytesTotal, last.filesDone, last.filesTotal, last.retries],
    ['done', 2_000_000, 2_000_000, 1, 1, 0],
  )
  assert(last.elapsed > 300 && last.activeFor > 300 && last.activeFor < last.elapsed)
  assert(Math.abs(last.bytesPerSecond - (last.bytesDone / last.activeFor) * 1000) < 1)
  assert(Object.isFrozen(last))
})

test('the last call comes before the promise settles, after a failure too', async () => {
  const order = []
  await d.send(one, { ...TERMS, onProgress: (p) => order.push(p.phase) }).then(() => order.push('settled'))
  await d
    .send(['/nowhere'], { ...TERMS, onProgress: (p) => order.push(p.phase) })
    .catch(() => order.push('failed'))
  assert.deepEqual(order.slice(-4), ['done', 'settled', 'done', 'failed'])
  const count = order.length
  await sleep(250)
  assert.equal(order.length, count)
})

const enough = () => Object.assign(new Error('enough'), {})

for (const [kind, callback] of [
  [
    'throws',
    (error) => () => {
      throw error
    },
  ],
  [
    'rejects',
    (error) => async () => {
      throw error
    },
  ],
  [
    'rejects later',
    (error) => async () => {
      await sleep(20)
      throw error
    },
  ],
]) {
  test(`a callback that ${kind} cancels, and its error is the one`, async () => {
    await sandbox.fault(STALL)
    const error = enough()
    let calls = 0
    const callback_ = callback(error)
    const onProgress = () => {
      calls++
      return callback_()
    }
    assert.equal(await soon(rejection(d.send(big, { ...TERMS, onProgress }))), error)
    assert.deepEqual([error.dropoff.code, error.dropoff.outcome, calls], ['cancelled', 'not_completed', 1])
    assert.deepEqual(await sandbox.requests('confirm'), [])
  })
}

test('a callback that throws after success says that it was one', async () => {
  for (const callback of [
    (error) => {
      throw error
    },
    async (error) => {
      throw error
    },
  ]) {
    const error = enough()
    assert.equal(await rejection(d.send(one, { ...TERMS, onProgress: () => callback(error) })), error)
    assert.deepEqual([error.dropoff.outcome, error.dropoff.result.status], ['completed', 'active'])
  }
})

test('a callback that fails too late, or never ends, does no harm', async () => {
  const unhandled = []
  const heard = (error) => unhandled.push(error)
  process.on('unhandledRejection', heard)
  await d.send(one, {
    ...TERMS,
    onProgress: async () => {
      await sleep(50)
      throw enough()
    },
  })
  await d.send(one, { ...TERMS, onProgress: () => new Promise(() => {}) })
  await sleep(100)
  process.off('unhandledRejection', heard)
  assert.deepEqual(unhandled, [])
})

test('a callback is not called again before its promise is settled', async () => {
  await sandbox.fault({ on: 'put', do: { delay_ms: 700 } })
  let running = 0
  let most = 0
  const onProgress = async ({ phase }) => {
    most = Math.max(most, ++running)
    if (phase !== 'done') await sleep(250)
    running--
  }
  await d.send(one, { ...TERMS, onProgress })
  assert(most <= 2, `${most} at once`) // the last call is made whatever runs
})

test('abort wins over a callback that throws later, and a callback over a later abort', async () => {
  for (const first of ['abort', 'callback']) {
    await sandbox.reset()
    await sandbox.fault(STALL)
    const controller = new AbortController()
    const [reason, error] = [new Error('reason'), new Error('error')]
    const onProgress = ({ phase }) => {
      if (first === 'abort') controller.abort(reason)
      if (first === 'callback' || phase === 'done') {
        queueMicrotask(() => controller.abort(reason))
        throw error
      }
    }
    const got = await rejection(d.send(big, { ...TERMS, onProgress, signal: controller.signal }))
    assert.equal(got, first === 'abort' ? reason : error)
  }
})

// -- jobs

test('wait with a limit leaves the job running', async () => {
  await sandbox.fault(HELD)
  const job = d.startSend(one, TERMS)
  for (const timeout of [0, 50]) {
    const error = await rejection(job.wait({ timeout }))
    assert(error instanceof DOMException && error.name === 'TimeoutError', inspect(error))
    assert.match(error.message, /still running after \d+ ms; wait again/)
  }
  const controller = new AbortController()
  const waiting = job.wait({ signal: controller.signal })
  controller.abort('tired')
  assert.equal(await rejection(waiting), 'tired')
  assert.equal(await rejection(job.wait({ signal: controller.signal })), 'tired')
  assert(!job.done && job.progress().phase !== 'done')
  assert.match(inspect(job), /^Job\(send, \w+\)$/)
  await sandbox.clearFaults()
  const sent = await job.wait({ timeout: 60_000, signal: new AbortController().signal })
  assert.equal(sent.status, 'active')
  assert(job.done && (await job.wait()) === sent && (await job.wait({ timeout: 0 })) === sent)
  assert.equal(job.progress().phase, 'done')
  for (const timeout of [-1, NaN, 2 ** 31, '1'])
    await failure(() => job.wait({ timeout }), 'invalid_input', 'timeout')
  await failure(() => job.wait({ Timeout: 1 }), 'invalid_input', 'perhaps timeout is meant')
  await failure(() => job.wait(5), 'invalid_input', 'an object')
})

test('waiting leaves no listeners behind', async () => {
  const job = d.startSend(one, TERMS)
  const { signal } = new AbortController()
  await Promise.all([job.wait({ timeout: 60_000, signal }), job.wait({ timeout: 60_000, signal })])
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

test('cancel ends the job, and once more does no harm', async () => {
  await sandbox.fault(STALL)
  const job = d.startSend(big, TERMS)
  await until(async () => (await sandbox.requests('put')).length > 0)
  job.cancel()
  job.cancel()
  const error = await soon(failure(() => job.wait(), 'cancelled'))
  assert(error.transferId && error.outcome === 'not_completed')
  assert.deepEqual(error.resource, { kind: 'transfer', id: error.transferId })
  assert.equal(await rejection(job.wait()), error)
})

test('wrong arguments throw out of start, everything else is the job’s', async () => {
  thrown(() => d.startSend([], TERMS), 'invalid_input', 'empty')
  thrown(() => d.startSend(one, {}), 'invalid_input', 'sender')
  await failure(() => d.startSend(['/nowhere'], TERMS).wait(), 'source_unreadable')
})

test('a job that fails with nobody waiting is no unhandled rejection', async () => {
  const { code, out, err } = await child(
    sandbox,
    `
    d.startSend(['/nowhere'], terms)
    const job = d.startSend(['/nowhere'], terms)
    while (!job.done) await sleep(5)
    console.log(job.done, await job.wait().catch((error) => error.code))
    `,
  )
  assert.deepEqual([code, out, err], [0, 'true source_unreadable', ''])
})

test('jobs of all steps', async () => {
  const ticket = await h.startInitiateUpload().wait()
  assert(ticket instanceof ProfileTicket)
  const uploaded = await h.startUpload(ticket, zipped(1000)).wait()
  const profile = await h.startCompleteUpload(ticket.profileId, { ...PROFILE, uploaded }).wait()
  assert(profile.verified)
  assert.deepEqual(profile.upload, uploaded)
  assert.equal((await h.startGetProfile(profile.id).wait()).checksum, profile.checksum)
  assert((await h.startUploadProfile(zipped(10), PROFILE).wait()).verified)
  const pending = await d.startPresign(one, TERMS).wait()
  assert(pending instanceof TransferTicket)
  assert.deepEqual(
    (await d.startUpload(pending, one).wait()).map((f) => f.verified),
    [true],
  )
  assert.equal((await d.startConfirm(pending.id).wait()).status, 'active')
  const info = await d.startGetTransfer(pending.id).wait()
  assert.deepEqual([info.status, info.fields.status, info.id], ['active', 'active', pending.id])
  const [target] = (await d.presign(one, TERMS)).reveal().upload_urls
  assert((await s.startPut(target.upload_url, Buffer.from('1'), { headers: target.headers }).wait()).verified)
  const form = (await h.initiateUpload()).reveal()
  assert((await s.startPostForm(form.upload_url, form.upload_fields, Buffer.from('1')).wait()).verified)
})

test('only clients make jobs and tickets', () => {
  for (const Class of [Job, ProfileTicket, TransferTicket])
    thrown(() => new Class(), 'invalid_input', 'is made by')
})

test('large numbers stay numbers', async () => {
  await sandbox.fault({ on: 'get_profile', do: { patch: { file_size_bytes: 5_000_000_000 } } })
  const { id } = await h.uploadProfile(zipped(10), PROFILE)
  assert.equal((await h.getProfile(id)).fileSizeBytes, 5_000_000_000)
})

test('one client in many calls at once', async () => {
  const archive = zipped(1000)
  const calls = Array.from({ length: 60 }, async (_, n) => {
    const sent = await d.send(
      [
        [`${n}`, pattern(1000 * n)],
        ['x', Readable.from([Buffer.from('1')])],
      ],
      TERMS,
    )
    assert(sent.files.every((file) => file.verified) && sent.files[0].bytes === 1000 * n)
    assert((await h.uploadProfile(archive, PROFILE)).verified)
  })
  await Promise.all(calls)
  assert.equal((await sandbox.requests('confirm')).length, 60)
})

test('a client’s methods are its own', () => {
  const { send } = d
  return assert.rejects(async () => send.call({}, one, TERMS), TypeError)
})
