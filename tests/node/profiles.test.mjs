// Browser profiles, packed and looked at: what is of this language and not of the scenarios.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { afterEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { DropoffError, inspectProfile, onLog, startInspectProfile } from '../../bindings-node/index.mjs'
import { NOWHERE, child, failure, isWindows, rejection, soon, thrown, until } from './helpers.mjs'
import { makeProfile } from './profiles.mjs'
import { PROFILE, sandboxForTests, temporaryFolder } from './sandbox.mjs'
import { zipped } from './sources.mjs'
import { namesOf } from './zip.mjs'

const sandbox = await sandboxForTests()
const folder = temporaryFolder()
const PACKAGE = fileURLToPath(new URL('../../bindings-node/index.js', import.meta.url))
const spoolDir = mkdtempSync(join(folder, 'spool-'))
const h = sandbox.hcompany({ spoolDir })
afterEach(() => onLog(null))

const SITE = 'https_secret-site.example_0.indexeddb.leveldb'
const NAMES = {
  'Local State': { text: '{}' },
  'Last Version': { text: '131.0.6778.85' },
  'Default/Preferences': { text: '{}' },
  'Default/Cookies': 100,
  'Default/History': 10,
  'Default/Cache/data_0': 500,
  'Default/Code Cache/js/a': 20,
  'Default/New Thing': 3,
  [`Default/IndexedDB/${SITE}/000003.log`]: 900,
  'Profile 2/Preferences': { text: '{}' },
  'Profile 2/Cookies': 50,
  SingletonLock: { symlink: 'another-host-12' },
}
const browser = join(folder, 'browser')
makeProfile(NAMES, browser)

/** One that takes minutes to pack, and no room on the disk. */
const endless = join(folder, 'endless')
makeProfile(
  {
    'Local State': { text: '{}' },
    'Last Version': { text: '131' },
    'Default/Cookies': 1,
    'Default/large': 0,
  },
  endless,
)
truncateSync(join(endless, 'Default/large'), 2 ** 37)

/** One that takes a moment to look at. */
const many = join(folder, 'many')
makeProfile({ ...NAMES, 'Default/large': { random: 30_000_000 } }, many)
for (let n = 0; n < 60; n++) {
  mkdirSync(join(many, `Default/Extensions/${n}`), { recursive: true })
  for (let m = 0; m < 100; m++) writeFileSync(join(many, `Default/Extensions/${n}/${m}`), '')
}

// -- pack

const packed = async (pack) => {
  const { id, packed } = await h.uploadProfile(browser, { ...PROFILE, pack })
  const names = namesOf(await sandbox.content())
  assert.equal(packed.files, names.length)
  await sandbox.reset()
  assert.match(id, /^[0-9a-f-]{36}$/)
  return names
}

test('every setting of a pack reaches the archive', async () => {
  const usual = await packed()
  const has = (names, ...wanted) => wanted.map((name) => names.includes(name))
  const asked = ['Default/History', 'Default/Cache/data_0', 'Default/Cookies', 'Profile 2/Cookies']
  assert.deepEqual(has(usual, ...asked), [true, false, true, true])
  assert.deepEqual(has(await packed({ level: 'minimal' }), ...asked), [false, false, true, true])
  assert.deepEqual(has(await packed({ level: 'full' }), ...asked), [true, true, true, true])
  assert.deepEqual(has(await packed({ profile: 'Profile 2' }), ...asked), [false, false, false, true])
  const cache = await packed({ include: ['Default/Cache'], exclude: ['**/History'] })
  assert.deepEqual(has(cache, ...asked), [false, true, true, true])
  const two = await packed({ include: ['Default/Cache', 'Default/Code Cache'], level: 'minimal' })
  assert.deepEqual(has(two, 'Default/Cache/data_0', 'Default/Code Cache/js/a'), [true, true])
  assert.deepEqual(
    await packed({ prefix: 'user-data' }),
    usual.map((name) => `user-data/${name}`),
  )
})

test('ifRunning is what a running browser meets', async () => {
  const running = join(folder, 'running')
  const stop = makeProfile({ ...NAMES, SingletonLock: { symlink: '$live' } }, running)
  try {
    const upload = (ifRunning) => h.uploadProfile(running, { ...PROFILE, pack: { ifRunning } })
    for (const ifRunning of [undefined, null, 'error']) {
      const error = await failure(() => upload(ifRunning), 'browser_running', 'ifRunning "snapshot"')
      assert.deepEqual([error.path, error.outcome, error.side], [running, 'not_completed', 'caller'])
    }
    assert.equal((await upload('snapshot')).packed.consistency, 'snapshot')
    assert.equal((await upload('force')).packed.consistency, 'forced')
    const { lock, lockProcess } = await inspectProfile(running)
    assert.equal(lock, 'live')
    assert(lockProcess > 1)
  } finally {
    stop()
  }
})

test('patterns in every iterable, and what is not given is the default', async () => {
  const usual = await packed()
  for (const pack of [null, undefined, {}, { level: null, include: [], ifRunning: undefined, prefix: '' }])
    assert.deepEqual(await packed(pack), usual)
  const one = ['**/History']
  for (const exclude of [one, Object.freeze(one), new Set(one), one.values(), new Map([[one[0], 1]]).keys()])
    assert.deepEqual(
      await packed({ exclude }),
      usual.filter((name) => !name.endsWith('History')),
    )
})

test('the step takes a pack too', async () => {
  const ticket = await h.initiateUpload()
  const stored = await h.upload(ticket, pathToFileURL(browser), { pack: { prefix: 'top', level: 'minimal' } })
  assert((await sandbox.content()).length === stored.bytes)
  const names = namesOf(await sandbox.content())
  assert(names.includes('top/Default/Cookies') && !names.includes('top/Default/History'))
  const profile = await h.completeUpload(ticket.profileId, { ...PROFILE, uploaded: stored })
  assert.deepEqual([profile.verified, profile.packed, profile.unchanged], [true, null, false])
})

test('a pack of a wrong type is refused at once, by its name', async () => {
  const ticket = await h.initiateUpload()
  const starts = [
    (pack) => h.startUploadProfile(browser, { ...PROFILE, pack }),
    (pack) => h.startUpload(ticket, browser, { pack }),
    (pack) => startInspectProfile(browser, { pack }),
  ]
  const cases = [
    ['minimal', 'pack must be an object such as { level: "minimal" }, not a string'],
    [['minimal'], 'pack must be an object', 'not an array'],
    [new Map([['level', 'minimal']]), 'pack must be an object', 'not a Map'],
    [3, 'pack must be', 'not a number'],
    [() => {}, 'pack must be', 'not a function'],
    [{ level: 3 }, 'pack.level must be a string, not a number'],
    [{ level: ['full'] }, 'pack.level must be a string, not an array'],
    [{ profile: 2 }, 'pack.profile must be a string'],
    [{ ifRunning: true }, 'pack.ifRunning must be a string, not a boolean'],
    [{ prefix: new URL('file:///x') }, 'pack.prefix must be a string, not an URL'],
    [{ include: 'Default/Cache' }, 'pack.include must be a list of strings', 'put a single one in brackets'],
    [{ exclude: 3 }, 'pack.exclude must be a list of strings, not a number'],
    [{ exclude: ['a', null] }, 'pack.exclude[1] must be a string, not null'],
    [{ include: [/x/] }, 'pack.include[0] must be a string, not a RegExp'],
    [{ exclude: ['a\ud800'] }, 'pack.exclude[0] holds characters'],
    [{ levels: 'full' }, 'pack has no setting named "levels"', 'level, profile, include'],
    [{ Level: 'full' }, 'perhaps level is meant'],
  ]
  for (const [pack, ...words] of cases)
    for (const start of starts) thrown(() => start(pack), 'invalid_input', ...words)
  assert.deepEqual(await sandbox.objects(), [])
})

test('a pack of a wrong value is refused at once, by its name', async () => {
  const ticket = await h.initiateUpload()
  const cases = [
    [{ level: 'all' }, 'level must be "default", "minimal" or "full", not "all"'],
    [{ level: '' }, 'level must be'],
    [{ ifRunning: 'wait' }, 'ifRunning must be "error", "snapshot" or "force", not "wait"'],
    [{ include: ['['] }, 'include "[" is no glob'],
    [{ exclude: ['ok', ''] }, 'exclude is a glob'],
    [{ prefix: '../x' }, 'prefix must be a plain folder'],
  ]
  for (const [pack, ...words] of cases) {
    thrown(() => h.startUploadProfile(browser, { ...PROFILE, pack }), 'invalid_input', ...words)
    thrown(() => h.startUpload(ticket, browser, { pack }), 'invalid_input', ...words)
    thrown(() => startInspectProfile(browser, { pack }), 'invalid_input', ...words)
  }
  const calls = [
    () => h.uploadProfile(browser, { ...PROFILE, pack: { profile: 'Work' } }),
    () => h.upload(ticket, browser, { pack: { profile: 'Work' } }),
    () => inspectProfile(browser, { pack: { profile: 'Work' } }),
  ]
  for (const call of calls) await failure(call, 'invalid_input', 'no profile "Work"; it has "Default"')
})

// -- the browser, and an earlier profile

test('a folder tells its browser, and nothing else does', async () => {
  const guessed = await h.uploadProfile(browser, { name: 'n', browserName: null })
  assert.deepEqual([guessed.browserName, guessed.browserVersion], ['chromium', '131.0.6778.85'])
  assert.equal(guessed.packed.browserGuessed, true)
  const given = await h.uploadProfile(browser, { ...PROFILE, browserVersion: '7' })
  assert.deepEqual([given.browserVersion, given.packed.browserGuessed], ['7', false])
  for (const [more, ...due] of [
    [{ browserName: 'chromium' }, 'chromium', '131.0.6778.85'],
    [{ browserVersion: '7' }, 'chromium', '7'],
  ]) {
    const half = await h.uploadProfile(browser, { name: 'n', ...more })
    assert.deepEqual([half.browserName, half.browserVersion, half.packed.browserGuessed], [...due, true])
  }
  await failure(
    () => h.uploadProfile(browser, { name: 'n', browserName: 'firefox' }),
    'invalid_input',
    'browserVersion is missing',
  )
  await failure(() => h.uploadProfile(zipped(10), { name: 'n' }), 'invalid_input', 'browserName is missing')
  const ticket = await h.initiateUpload()
  thrown(() => h.startCompleteUpload(ticket.profileId, { name: 'n' }), 'invalid_input', 'browserName')
  for (const version of [131, ['131'], {}])
    thrown(
      () => h.startUploadProfile(browser, { name: 'n', browserName: 'b', browserVersion: version }),
      'invalid_input',
      'browserVersion must be a string',
    )
})

test('what did not change is not sent, and what did is', async () => {
  const own = join(folder, 'changing')
  makeProfile(NAMES, own)
  const first = await h.uploadProfile(own, PROFILE)
  assert.equal(first.unchanged, false)
  const again = await h.uploadProfile(own, { ...PROFILE, name: 'other', ifChangedFrom: first.id })
  assert.deepEqual([again.id, again.name, again.unchanged], [first.id, first.name, true])
  assert.deepEqual([again.verified, again.upload], [true, null])
  assert.deepEqual(again.packed, first.packed)
  assert.equal((await sandbox.requests('post_form')).length, 1)
  appendFileSync(join(own, 'Default/Cookies'), 'x')
  const changed = await h.uploadProfile(own, { ...PROFILE, ifChangedFrom: first.id })
  assert.notEqual(changed.id, first.id)
  assert.deepEqual([changed.unchanged, changed.verified], [false, true])
  // A zip is compared as it is.
  const zip = await h.uploadProfile(zipped(100), PROFILE)
  const same = await h.uploadProfile(zipped(100), { ...PROFILE, ifChangedFrom: zip.id })
  assert.deepEqual([same.id, same.unchanged, same.packed], [zip.id, true, null])
})

test('an earlier profile that is none is refused at once', () => {
  for (const id of [3, ['x'], {}, Buffer.from('x')])
    thrown(
      () => h.startUploadProfile(browser, { ...PROFILE, ifChangedFrom: id }),
      'invalid_input',
      'ifChangedFrom must be a string',
    )
  for (const id of ['', 'x', '../x'])
    thrown(
      () => h.startUploadProfile(browser, { ...PROFILE, ifChangedFrom: id }),
      'invalid_input',
      'must be a UUID',
    )
})

// -- looking

test('a folder in every form of its path', async () => {
  const inside = join(process.env.HOME, 'browser')
  renameSync(browser, inside)
  try {
    const forms = [inside, pathToFileURL(inside), '~/browser', relative(process.cwd(), inside), `${inside}/`]
    for (const form of forms) assert.equal((await inspectProfile(form)).browserVersion, '131.0.6778.85')
  } finally {
    renameSync(inside, browser)
  }
  for (const path of [undefined, null, 3, Buffer.from(browser), {}, [browser], new Blob(['x'])])
    thrown(() => startInspectProfile(path), 'invalid_input', 'path must be a path')
  thrown(() => startInspectProfile(new URL('https://h/?canary')), 'invalid_input', 'not another URL')
  thrown(() => startInspectProfile(`${browser}\ud800`), 'invalid_input', 'UTF-8')
  const missing = await failure(() => inspectProfile(NOWHERE), 'source_unreadable', NOWHERE)
  assert.deepEqual([missing.errno, missing.path], [2, NOWHERE])
  const none = await failure(() => inspectProfile(spoolDir), 'invalid_input', 'not a browser')
  assert.equal(none.operation, 'inspect_profile')
})

test('wrong arguments of looking', () => {
  for (const given of ['x', 3, [], () => {}])
    thrown(() => startInspectProfile(browser, given), 'invalid_input', 'must be an object')
  thrown(() => startInspectProfile(browser, { onProgress() {} }), 'invalid_input', 'no argument named')
  thrown(() => startInspectProfile(browser, { level: 'full' }), 'invalid_input', 'its arguments are pack')
  thrown(() => startInspectProfile(browser, { signal: 3 }), 'invalid_input', 'signal must be')
  for (const given of [undefined, null, {}, { pack: null, signal: null }]) startInspectProfile(browser, given)
})

test('what is seen is a plain frozen object that prints, and travels', async () => {
  const job = startInspectProfile(browser, { pack: { level: 'minimal' } })
  assert.match(inspect(job), /inspect_profile/)
  const found = await job.wait()
  assert.equal(await job.wait(), found)
  const { files, bytes, family, product, profiles, cookies, lock, lockProcess, verdict, unknown } = found
  assert.deepEqual([family, product, lock, lockProcess], ['chrome', 'Chromium', 'foreign', 12])
  assert.deepEqual([profiles, verdict], [['Default', 'Profile 2'], 'unknown'])
  assert.deepEqual(cookies, { system: 'unknown', keyVersions: [] })
  assert.deepEqual(unknown, ['Default/New Thing'])
  const due = (await packed({ level: 'minimal' })).length
  assert.equal(files, due)
  const kinds = found.sizes.filter((size) => size.packed)
  assert.equal(
    kinds.reduce((sum, size) => sum + size.bytes, 0),
    bytes,
  )
  assert.deepEqual(found.leftOut[0], {
    path: 'Default/Cache',
    category: 'cache',
    reason: found.leftOut[0].reason,
    files: 1,
    bytes: 500,
  })
  assert.deepEqual(found.largest[0], { path: 'Default/IndexedDB/(a site)/000003.log', bytes: 900 })
  assert(found.warnings.includes(found.advice))
  const parts = [found, found.sizes, found.sizes[0], found.leftOut[0], found.largest[0], cookies, unknown]
  for (const part of parts) assert(Object.isFrozen(part))
  assert.throws(() => (found.files = 0), TypeError)
  assert.throws(() => found.warnings.push('x'), TypeError)
  assert.deepEqual(JSON.parse(JSON.stringify(found)), found)
  assert.deepEqual(structuredClone(found), found)
  assert.match(inspect(found), /browserVersion: '131\.0\.6778\.85'/)
  const { packed: report } = await h.uploadProfile(browser, PROFILE)
  assert(Object.isFrozen(report) && Object.isFrozen(report.warnings) && Object.isFrozen(report.unknown))
})

test('looking needs no key, no client and no network', async () => {
  const body = `
    const found = await dropoff.inspectProfile(${JSON.stringify(browser)}, { pack: { level: 'full' } })
    console.log(found.files, found.browserVersion)`
  const { code, out, err } = await child(sandbox, body)
  assert.deepEqual([code, out, err], [0, '11 131.0.6778.85', ''])
  assert.deepEqual(await sandbox.requests(), [])
})

test('looking may be stopped', async () => {
  const controller = new AbortController()
  controller.abort(new RangeError('before'))
  thrownBy(() => startInspectProfile(browser, { signal: controller.signal }), controller.signal.reason)
  const later = new AbortController()
  const looking = startInspectProfile(many, { signal: later.signal })
  later.abort(new RangeError('enough'))
  const error = await soon(rejection(looking.wait()))
  assert.equal(error, later.signal.reason)
  assert.deepEqual([error.dropoff.code, error.dropoff.operation], ['cancelled', 'inspect_profile'])
  assert.equal(getEventListeners(later.signal, 'abort').length, 0)
  const job = startInspectProfile(many)
  job.cancel()
  await failure(() => job.wait(), 'cancelled')
  assert(job.done)
})

function thrownBy(call, reason) {
  try {
    call()
  } catch (error) {
    assert.equal(error, reason)
    return
  }
  assert.fail('it must throw')
}

test('sites are named nowhere', async () => {
  const heard = []
  onLog((record) => heard.push(record), 'debug')
  const found = await inspectProfile(browser)
  const profile = await h.uploadProfile(browser, PROFILE)
  const only = { include: [], exclude: ['Local State', 'Last Version', '**/Cookies', '**/Preferences'] }
  const small = await h.uploadProfile(browser, { ...PROFILE, pack: only })
  await sandbox.settings({ max_profile_bytes: 10 })
  const error = await rejection(h.uploadProfile(browser, PROFILE))
  assert.equal(error.code, 'too_large')
  for (const value of [found, profile, small, error, heard])
    assert(!inspect(value, { depth: 9, showHidden: true }).includes('secret-site'))
  assert(heard.length > 10)
})

// -- on its way

test('phases come in their order, each with its bytes', async () => {
  const requests = { requesting: 'initiate_upload', sending: 'post_form', completing: 'complete_upload' }
  await sandbox.fault(...Object.values(requests).map((on) => ({ on, do: { hold: true } })))
  const seen = []
  const job = h.startUploadProfile(many, PROFILE)
  while (!job.done) {
    seen.push(job.progress())
    const { phase } = seen.at(-1)
    if (requests[phase]) await sandbox.clearFaults(requests[phase])
    delete requests[phase]
    await turn()
  }
  const { packed } = await job.wait()
  seen.push(job.progress())
  const phases = seen.map(({ phase }) => phase).filter((phase, at, all) => phase !== all[at - 1])
  const due = ['inspecting', 'packing', 'requesting', 'sending', 'completing', 'done']
  assert.deepEqual(
    phases.filter((phase) => phase !== 'preparing'),
    due,
  )
  const of = (phase) => seen.filter((progress) => progress.phase === phase)
  const rising = (list) => list.every(({ bytesDone }, at) => at === 0 || bytesDone >= list[at - 1].bytesDone)
  const packing = of('packing').filter(({ bytesTotal }) => bytesTotal > 0)
  assert(packing.every(({ bytesTotal, bytesDone }) => bytesTotal === packed.bytes && bytesDone <= bytesTotal))
  assert(packing.some(({ bytesDone }) => bytesDone > 0 && bytesDone < packed.bytes))
  assert(packing.some(({ bytesPerSecond, activeFor, elapsed }) => bytesPerSecond > 0 && activeFor <= elapsed))
  const sending = of('sending')
  assert(rising(packing) && rising(sending))
  assert(sending.every(({ bytesTotal }) => bytesTotal === packed.archiveBytes))
  const last = seen.at(-1)
  assert.deepEqual([last.bytesDone, last.bytesTotal], [packed.archiveBytes, packed.archiveBytes])
  assert(last.activeFor > 0 && last.activeFor < last.elapsed)
})

test('a callback hears of packing', async () => {
  const heard = []
  const stop = new Error('heard enough')
  const error = await rejection(
    h.uploadProfile(endless, {
      ...PROFILE,
      onProgress: (progress) => {
        heard.push(progress)
        if (progress.phase === 'packing' && progress.bytesDone > 0) throw stop
      },
    }),
  )
  assert.equal(error, stop)
  assert.deepEqual([error.dropoff.code, error.dropoff.outcome], ['cancelled', 'not_completed'])
  assert(heard.at(-1).bytesTotal > 2 ** 37)
  assert.deepEqual(await sandbox.requests(), [])
})

test('warnings of a packing are in the result, and are logged', async () => {
  const heard = []
  onLog(({ level, message }) => heard.push(`${level} ${message}`), 'warn')
  const { packed } = await h.uploadProfile(browser, PROFILE)
  assert.equal(packed.warnings.length, 2)
  assert.match(packed.warnings[0], /locked by process 12 on "another-host"/)
  assert.match(packed.warnings[1], /will log in on Linux: unknown/)
  for (const warning of packed.warnings)
    assert.equal(heard.filter((line) => line.startsWith('warn ') && line.includes(warning)).length, 1, heard)
})

// -- ends

/** Nothing of the call is left: no name in the folder, no file without one, no thread that packs. */
async function nothingLeft() {
  if (isWindows) return await until(() => readdirSync(spoolDir).length === 0)
  assert.deepEqual(readdirSync(spoolDir), [])
  await until(() => !openFiles().some((path) => path.startsWith(spoolDir)))
  await until(() => packers() === 0)
}

/** How many threads pack. Nobody tells that on Windows. */
function packers() {
  if (process.platform === 'win32') return 0
  return readdirSync('/proc/self/task').filter((thread) => {
    try {
      return readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').startsWith('dropoff-pack')
    } catch {
      return false // it just ended
    }
  }).length
}

/** On Windows a file without a name is one that is removed when it is closed. */
function openFiles() {
  if (isWindows) return readdirSync(spoolDir).map((name) => join(spoolDir, name))
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)]
    } catch {
      return [] // the folder's own is closed again
    }
  })
}

const isPacking = (job) => until(() => job.progress().phase === 'packing' && job.progress().bytesDone > 0)

const ENDS = {
  'a signal': (_, controller) => controller.abort(new RangeError('enough')),
  cancel: (job) => job.cancel(),
}

for (const [name, end] of Object.entries(ENDS)) {
  for (const ifRunning of ['error', 'snapshot']) {
    test(`${name} while a folder is packed, ifRunning ${ifRunning}`, async () => {
      const controller = new AbortController()
      const { signal } = controller
      const job = h.startUploadProfile(endless, { ...PROFILE, pack: { ifRunning }, signal })
      await isPacking(job)
      assert(openFiles().some((path) => path.startsWith(spoolDir)) && (isWindows || packers() > 0))
      end(job, controller)
      const error = await soon(rejection(job.wait()))
      const facts = error instanceof DropoffError ? error : error.dropoff
      assert.equal(error, signal.aborted ? signal.reason : facts)
      assert.deepEqual(
        [facts.code, facts.outcome, facts.cleanup, facts.operation],
        ['cancelled', 'not_completed', 'none', 'upload_profile'],
      )
      await nothingLeft()
      assert.deepEqual(await sandbox.requests(), [])
    })
  }
}

test('a time limit while a folder is packed', async () => {
  const started = h.uploadProfile(endless, { ...PROFILE, timeout: 300 })
  const error = await soon(failure(() => started, 'timeout'))
  assert.equal(error.outcome, 'not_completed')
  await nothingLeft()
})

test('a step that is stopped while its folder is packed', async () => {
  const ticket = await h.initiateUpload()
  const job = h.startUpload(ticket, endless)
  await isPacking(job)
  job.cancel()
  const error = await soon(failure(() => job.wait(), 'cancelled'))
  assert.equal(error.profileId, ticket.profileId)
  await nothingLeft()
  assert.deepEqual(await sandbox.requests('post_form'), [])
})

const PACKING = `
  const job = h.startUploadProfile(${JSON.stringify(endless)}, { name: 'p' })
  while (!job.done && job.progress().bytesDone === 0) await sleep(5)
`
const WORKER = `
  const { Worker } = await import('node:worker_threads')
  const { once } = await import('node:events')
  const program = \`
    const { HCompany } = require(${JSON.stringify(PACKAGE)})
    const { parentPort } = require('node:worker_threads')
    const job = new HCompany({ apiKey: 'k' }).startUploadProfile(${JSON.stringify(endless)}, { name: 'p' })
    const timer = setInterval(() => {
      if (job.progress().bytesDone > 0) parentPort.postMessage('packing')
    }, 5)\`
  const worker = new Worker(program, { eval: true, execArgv: [] })
  await once(worker, 'message')
`

// How a program ends while it packs: its code, and what it prints.
const PROGRAMS = {
  'that exits while a folder is packed': [`${PACKING} console.log('end'); process.exit(3)`, 3, 'end'],
  'that fails while a folder is packed': [
    `${PACKING} setTimeout(() => { throw new Error('on purpose') }); await job.wait()`,
    1,
    '',
    /on purpose/,
  ],
  'that is told to end while a folder is packed': [
    `${PACKING} process.on('SIGTERM', () => process.exit(5)); process.kill(process.pid, 'SIGTERM'); await job.wait()`,
    5,
    '',
  ],
  'whose worker is ended while it packs': [
    `import { readdirSync, readFileSync } from 'node:fs'
    ${packers}
    ${WORKER}
    console.log(packers() > 0)
    await worker.terminate()
    while (packers() > 0) await sleep(5)
    console.log('quiet')`,
    0,
    'true\nquiet',
  ],
  'that exits while a worker of it packs': [`${WORKER} process.exit(4)`, 4, ''],
}

for (const [name, [body, code, out, err = /^$/]] of Object.entries(PROGRAMS)) {
  test(`a program ${name}`, async () => {
    // What goes wrong at the end goes wrong by chance.
    for (let n = 0; n < 3; n++) {
      const ended = await child(sandbox, body, {
        environment: { TMPDIR: spoolDir, TEMP: spoolDir, TMP: spoolDir },
      })
      assert.deepEqual([ended.code, ended.signal, ended.out], [code, null, out], inspect(ended))
      assert.match(ended.err, err)
      assert.deepEqual(readdirSync(spoolDir), [])
    }
  })
}

test('the event loop turns while a folder is packed', async () => {
  const job = h.startUploadProfile(endless, PROFILE)
  await isPacking(job)
  for (let turns = 0; turns < 50; turns++) await turn()
  assert(!job.done)
  job.cancel()
  await failure(() => job.wait(), 'cancelled')
})

test('many folders at once', async () => {
  const results = await Promise.all(
    Array.from({ length: 12 }, (_, n) => h.uploadProfile(browser, { ...PROFILE, name: `p${n}` })),
  )
  const [first] = results
  for (const { verified, checksum, packed } of results)
    assert.deepEqual([verified, checksum, packed], [true, first.checksum, first.packed])
  assert.equal((await sandbox.objects()).length, 12)
})
