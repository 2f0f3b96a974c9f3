// What Windows alone decides, and what its users do: `make test-platforms TARGET=windows` runs it under Wine.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, parse, toNamespacedPath } from 'node:path'
import { test } from 'node:test'
import { Encryption, KeyPair, inspectProfile, openSealed } from '../../bindings-node/index.mjs'
import { makeTools } from '../../bindings-node/tools.mjs'
import { child, failure, sha256, until } from '../node/helpers.mjs'
import { PROFILE, STALL_PARTS, TERMS, sandboxForTests, temporaryFolder } from '../node/sandbox.mjs'
import { pattern } from '../node/sources.mjs'
import { namesOf } from '../node/zip.mjs'

const sandbox = await sandboxForTests()
const folder = temporaryFolder()
const d = sandbox.agentdrop()
const h = sandbox.hcompany()

function written(name, content = pattern(1000)) {
  const path = join(folder, name)
  mkdirSync(toNamespacedPath(dirname(path)), { recursive: true })
  writeFileSync(toNamespacedPath(path), content)
  return path
}

/** Sends a file, and gives what storage has of it. */
async function arrived(path, more) {
  const sent = await d.send([path], { ...TERMS, ...more })
  assert.equal(sent.status, 'active')
  return { name: sent.files[0].name, content: await sandbox.content() }
}

/** Another program that has a file open and shares it with nobody. */
async function held(path) {
  const program = spawn(process.env.DROPOFF_HOLD, [path], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(program.stdout, 'data')
  return async () => {
    const over = once(program, 'exit')
    program.stdin.end()
    await over
  }
}

/** The command's exit code, and the object that it prints. */
function command(...words) {
  const settings = { cwd: folder, encoding: 'utf8' }
  const { status, stdout } = spawnSync(process.env.DROPOFF_PROGRAM, ['--json', ...words], settings)
  return { status, ...JSON.parse(stdout) }
}

/** Chrome's folder as it lies on Windows. */
function chromeProfile() {
  const root = 'Users/me/AppData/Local/Google/Chrome/User Data'
  const files = {
    'Local State': '{}',
    'Last Version': '131.0.6778.85',
    'Default/Preferences': '{}',
    'Default/Network/Cookies': pattern(5000),
    'Default/Local Storage/leveldb/000003.log': pattern(300),
    'Default/Bücher ☕ 書.bin': pattern(10),
  }
  for (const [name, content] of Object.entries(files)) written(`${root}/${name}`, content)
  return { path: join(folder, root), names: Object.keys(files) }
}

// -- profiles

test('a folder of Chrome is packed with slashes in its names, and known by its place', async () => {
  const { path, names } = chromeProfile()
  const { packed } = await h.uploadProfile(path, { ...PROFILE })
  const inside = namesOf(await sandbox.content())
  assert.equal(packed.files, inside.length)
  for (const name of names) assert(inside.includes(name), `${name} is not among ${inside}`)
  assert(!inside.some((name) => name.includes('\\')), String(inside))
  const seen = await inspectProfile(path)
  assert.deepEqual([seen.product, seen.lock], ['Google Chrome', 'none'])
})

test('a browser that has its lockfile open is running, and one that left it behind is not', async () => {
  const { path } = chromeProfile()
  const lock = join(path, 'lockfile')
  const close = await held(lock)
  try {
    assert.equal((await inspectProfile(path)).lock, 'live')
    const error = await failure(() => h.uploadProfile(path, { ...PROFILE }), 'browser_running', 'close')
    assert.deepEqual([error.path, error.outcome], [path, 'not_completed'])
  } finally {
    await close()
  }
  assert(existsSync(lock))
  assert.equal((await inspectProfile(path)).lock, 'none')
  await h.uploadProfile(path, { ...PROFILE })
  assert(!namesOf(await sandbox.content()).includes('lockfile'))
})

test('cookies that a program shares with nobody are told so', async () => {
  const { path } = chromeProfile()
  const cookies = join(path, 'Default/Network/Cookies')
  const close = await held(cookies)
  try {
    for (const ifRunning of ['force', 'snapshot'])
      await failure(
        () => h.uploadProfile(path, { ...PROFILE, pack: { ifRunning } }),
        'source_unreadable',
        `another program has ${cookies} open and does not share it; close that program`,
      )
  } finally {
    await close()
  }
})

// -- files

test('a file that another program holds is told so, and sent once it is let go', async () => {
  const path = written('held.bin')
  const close = await held(path)
  try {
    const words = `another program has ${path} open and does not share it; close that program`
    const error = await failure(() => d.send([path], TERMS), 'source_unreadable', words)
    assert.deepEqual([error.errno, error.path], [32, path])
  } finally {
    await close()
  }
  assert.deepEqual((await arrived(path)).content, pattern(1000))
})

test('a path of 400 characters, and names in any script', async () => {
  const deep = join('long', ...Array.from({ length: 8 }, (_, n) => `${n}`.repeat(48)))
  const path = written(join(deep, 'Отчёт ☕ 報告.pdf'))
  assert(path.length > 400, String(path.length))
  const { name, content } = await arrived(path)
  assert.equal(name, 'Отчёт ☕ 報告.pdf')
  assert.deepEqual(content, pattern(1000))
  // With slashes, in another case, and as Windows itself writes long ones.
  for (const same of [path.replaceAll('\\', '/'), path.toUpperCase(), toNamespacedPath(path)]) {
    await sandbox.reset()
    assert.deepEqual((await arrived(same)).content, pattern(1000))
  }
})

test('a folder is told to be one, and what is no file is none', async () => {
  const error = await failure(() => d.send([folder], TERMS), 'source_unreadable', 'zip it first')
  assert.equal(error.path, folder)
  written('ab')
  for (const name of ['NUL', 'nul', 'CON', 'COM1', 'ab.', 'ab ', 'ab:stream', 'ab::$DATA'])
    for (const path of [name, `${folder}\\${name}`])
      await failure(() => d.send([path], TERMS), 'invalid_input', 'names no file')
  await failure(() => d.send(['\\\\127.0.0.1\\nowhere\\a.bin'], TERMS), 'source_unreadable', 'nowhere')
  await failure(() => d.send([join(folder, 'a?b')], TERMS), 'source_unreadable', 'a?b')
  await failure(
    () => d.send([`${parse(folder).root}none\\a.bin`], TERMS),
    'source_unreadable',
    'there is no file',
  )
})

test('~ is the folder of the user, with either slash, and none is needed', async () => {
  const home = join(folder, 'home')
  const before = process.env.USERPROFILE
  written('home/in home.bin', pattern(77))
  process.env.USERPROFILE = home
  try {
    for (const path of ['~/in home.bin', '~\\in home.bin']) {
      await sandbox.reset()
      assert.equal((await arrived(path)).content.length, 77)
    }
  } finally {
    process.env.USERPROFILE = before
  }
  const body = `console.log((await d.send([['a', Buffer.from('1')]], terms)).status)`
  const environment = { USERPROFILE: undefined, HOME: undefined, HOMEDRIVE: undefined, HOMEPATH: undefined }
  const { code, out, err } = await child(sandbox, body, { environment })
  assert.deepEqual([code, out], [0, 'active'], err)
})

// -- tools

/** What the tools say of a path that a model gives them; they name files in these roots. */
async function refusals(roots, path) {
  const terms = { agentdrop: d, sender: 'a', recipients: ['b'], hcompany: h, keyPair: KeyPair.generate() }
  const tools = Object.fromEntries(makeTools({ roots, ...terms }).map((tool) => [tool.name, tool]))
  const sealed = { path: 'sealed', sender_public_key: '', encrypted_key: '', encryption_iv: '' }
  const told = [
    await tools.send_files.run({ paths: [path], recipient: 'b' }),
    await tools.open_sealed.run({ ...sealed, to: path }),
    await tools.open_sealed.run({ ...sealed, path, to: 'new' }),
    await tools.inspect_profile.run({ path }),
  ]
  return told.map(({ error }) => {
    assert.equal(error?.kind, 'invalid_input', JSON.stringify(error))
    return error.message
  })
}

test('a server or a device that a model names is not asked about', async () => {
  const name = `dropoff-${process.pid}`
  let asked = 0
  const pipe = createServer((socket) => {
    asked++
    socket.destroy()
  })
  await once(pipe.listen(`\\\\.\\pipe\\${name}`), 'listening')
  try {
    for (const path of [
      `\\\\.\\pipe\\${name}`,
      `//./pipe/${name}`,
      `\\\\?\\pipe\\${name}`,
      `\\\\localhost\\pipe\\${name}`,
      `//localhost/pipe/${name}`,
      `\\\\?\\UNC\\localhost\\pipe\\${name}`,
    ])
      for (const message of await refusals(folder, path))
        assert.match(message, /is not in a folder that this program allows/, path)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(asked, 0)
    // Whoever asks is heard.
    assert.throws(() => statSync(`\\\\.\\pipe\\${name}`))
    await until(() => asked > 0)
  } finally {
    pipe.close()
  }
})

test('a server is asked where a root is on what it shares, and elsewhere is not', async () => {
  const { DROPOFF_SHARE: share, DROPOFF_SHARED_FOLDER: behind } = process.env
  const name = `shared ${process.pid}.bin`
  const path = join(behind, name)
  writeFileSync(path, pattern(1000))
  // So would the system say where it is, which is in a root.
  assert.equal(realpathSync.native(`${share}\\${name}`), path)
  const forms = [share, share.replaceAll('\\', '/'), share.replace('\\\\', '\\\\?\\UNC\\')]
  try {
    for (const form of forms)
      for (const message of await refusals(behind, `${form}\\${name}`))
        assert.match(message, /is not in a folder/, form)
    for (const root of forms)
      for (const named of [`${share}\\${name}`, name, `${share}\\${name}`.toUpperCase()]) {
        await sandbox.reset()
        const [send] = makeTools({ roots: root, agentdrop: d, sender: 'a', recipients: ['b'] })
        const sent = await send.run({ paths: [named], recipient: 'b' })
        assert.equal(sent.status, 'active', `${root} ${named}: ${JSON.stringify(sent)}`)
        assert.deepEqual(await sandbox.content(), pattern(1000))
      }
    // Nor does a root on what one server shares let in what another does.
    for (const message of await refusals(share, `\\\\another${share.slice(1)}\\${name}`))
      assert.match(message, /is not in a folder/)
  } finally {
    rmSync(path)
  }
})

test('a stream of a file, or a name that Windows reads as another, is refused to a model', async () => {
  written('secret.key')
  written('a.txt')
  const streams = ['secret.key::$DATA', 'secret.key:stream', 'a.txt:stream', 'a.txt::$DATA']
  streams.push('a.txt:stream\\..\\a.txt', '.::$INDEX_ALLOCATION\\a.txt', 'none::$INDEX_ALLOCATION/a.txt')
  const others = ['a.txt.', 'a.txt ', 'secret.key.', 'secret.key ', 'NUL', 'com1.txt', 'CON\\a.txt']
  const paths = [...streams, ...others].flatMap((name) => [name, `${folder}\\${name}`])
  paths.push(...streams.map((name) => `${toNamespacedPath(folder)}\\${name}`))
  for (const path of paths)
    for (const message of await refusals(folder, path)) assert.match(message, /names no file/, path)
  assert.deepEqual(await sandbox.requests(), [])
})

// -- the command

test('output that nobody reads is no error', async () => {
  for (const words of [['--help'], ['completion', 'bash']]) {
    const program = spawn(process.env.DROPOFF_PROGRAM, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    program.stdout.destroy()
    let said = ''
    program.stderr.on('data', (data) => (said += data))
    const [code] = await once(program, 'close')
    assert.deepEqual([code, said], [0, ''])
  }
})

// -- journals and seals

test('a send that was killed goes on', async () => {
  const path = written('large.bin', pattern(12_000_000))
  const journal = join(folder, 'journal')
  const terms = { ...TERMS, journal, multipart: true }
  await sandbox.fault({ ...STALL_PARTS, skip: 1 })
  const call = `await d.send([${JSON.stringify(path)}], ${JSON.stringify(terms)})`
  const begun = async () => {
    await until(async () => (await sandbox.requests('put_part')).length > 1)
  }
  const { code, signal } = await child(sandbox, call, { killed: begun })
  assert(code !== 0, `${code} ${signal}`)
  assert(existsSync(journal))
  await sandbox.clearFaults()
  const sent = await d.send([path], terms)
  assert.equal(sent.status, 'active')
  assert(!existsSync(journal))
  // Three parts, one of which storage had already.
  assert.equal((await sandbox.requests('presign_multipart')).length, 1)
  assert((await sandbox.requests('put_part')).length < 6)
  assert.equal(sha256(await sandbox.content()), sha256(pattern(12_000_000)))
})

test('a journal that another program holds is told so, and written once it is let go', async () => {
  const path = written('journaled.bin')
  const journal = join(folder, 'held.journal')
  const close = await held(journal)
  try {
    const words = `another program has the journal ${journal} open and does not share it; close that program`
    const error = await failure(() => d.send([path], { ...TERMS, journal }), 'conflict', words)
    assert.deepEqual([error.errno, error.path, error.outcome], [32, journal, 'not_completed'])
  } finally {
    await close()
  }
  assert.deepEqual(await sandbox.requests(), [])
  assert.deepEqual((await arrived(path, { journal })).content, pattern(1000))
})

// Devices, a stream of a file, and a name that loses its end.
const MISREAD = ['NUL', 'nul', 'COM1', 'com1.txt', 'k:x', 'k::$DATA', 'k.', 'k ']

test('a journal or a key is never written under a name that means something else', async () => {
  const path = written('k')
  const names = readdirSync(folder)
  for (const name of MISREAD) {
    const place = `${folder}\\${name}`
    await failure(() => d.send([path], { ...TERMS, journal: place }), 'invalid_input', 'names no file')
    const { status, error } = command('key', 'new', place)
    assert.deepEqual([status, error.kind], [2, 'invalid_input'], name)
    assert.match(error.message, /names no file/)
  }
  for (const name of ['NUL', 'COM1']) {
    await failure(() => d.send([path], { ...TERMS, journal: name }), 'invalid_input', 'names no file')
    assert.match(command('key', 'new', name).error.message, /names no file/)
  }
  assert.deepEqual(readdirSync(folder), names)
  assert.deepEqual(await sandbox.requests(), [])
  assert.equal(command('key', 'new', 'a key').status, 0)
})

/** A file of this content as storage keeps it, sealed, and what opens it. */
async function sealedFile(content) {
  const [sender, recipient] = [KeyPair.generate(), KeyPair.generate()]
  await sandbox.agents([
    { agent_id: TERMS.sender, public_key: sender.publicKey },
    { agent_id: TERMS.recipient, public_key: recipient.publicKey },
  ])
  const sent = await d.send([written('secret.bin', content)], { ...TERMS, encrypt: new Encryption(sender) })
  assert.equal(sent.encrypted, true)
  const headers = { authorization: `Bearer ${sandbox.where.agentdrop_api_key}` }
  const reply = await fetch(`${sandbox.where.api_url}/v1/transfers/${sent.id}/download`, { headers })
  const { encrypted_key: encryptedKey, sender_public_key: senderPublicKey, files } = await reply.json()
  const sealed = written('sealed', await sandbox.content())
  return [sealed, { keyPair: recipient, senderPublicKey, encryptedKey, encryptionIv: files[0].encryption_iv }]
}

test('a sealed file opens, and never under a name that means something else', async () => {
  const secret = pattern(3_000_000)
  const [sealed, given] = await sealedFile(secret)
  const to = join(folder, 'opened ☕.bin')
  await openSealed(sealed, { ...given, to })
  assert.equal(sha256(readFileSync(to)), sha256(secret))
  const names = readdirSync(folder)
  for (const name of [...MISREAD, 'a\0b', 'a?'])
    await failure(() => openSealed(sealed, { ...given, to: `${folder}\\${name}` }), 'invalid_input', 'give')
  for (const name of ['NUL', 'COM1'])
    await failure(() => openSealed(sealed, { ...given, to: name }), 'invalid_input', 'give')
  for (const name of MISREAD)
    await failure(() => openSealed(`${folder}\\${name}`, { ...given, to: `${to}.2` }), 'invalid_input')
  await failure(() => openSealed(sealed, { ...given, to }), 'invalid_input', 'opened')
  assert.deepEqual(readdirSync(folder), names)
})

test('a sealed file is opened to a path of 400 characters', async () => {
  const secret = pattern(100_000)
  const [sealed, given] = await sealedFile(secret)
  const deep = join(folder, ...Array.from({ length: 8 }, (_, n) => `${n}`.repeat(48)))
  mkdirSync(toNamespacedPath(deep), { recursive: true })
  const to = join(deep, 'opened ☕.bin')
  assert(to.length > 400, String(to.length))
  for (const place of [to, to.replaceAll('\\', '/').replace('.bin', '.2'), toNamespacedPath(`${to}.3`)]) {
    await openSealed(sealed, { ...given, to: place })
    assert.equal(sha256(readFileSync(toNamespacedPath(place))), sha256(secret))
    await failure(() => openSealed(sealed, { ...given, to: place }), 'invalid_input', 'opened')
  }
  assert.equal(readdirSync(toNamespacedPath(deep)).length, 3)
})
