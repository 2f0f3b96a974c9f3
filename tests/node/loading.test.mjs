// When the compiled half cannot be loaded: the true reason is said, and nothing else is looked for. Each time
// by a program of its own with copies of the packages. What npm installs where is in installing.test.mjs.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  constants,
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { ROOT, temporaryFolder } from './sandbox.mjs'

const run = promisify(execFile)
const source = join(ROOT, 'bindings-node')
const part = (name) => createRequire(join(source, 'index.js'))(`./lib/${name}.js`)
const { PLATFORMS, fileOf, packageOf } = part('platforms')
const { loadError, refuseOther } = part('load_error')
const { libcOf, platformOf, thisSystem } = part('system')
const PLATFORM = platformOf(thisSystem())
const MODULE = fileOf(PLATFORM)
const BYTES = readFileSync(join(source, MODULE))
const VERSION = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')).version
const project = temporaryFolder()
const modules = join(project, 'node_modules')
const installed = join(modules, 'dropoff')
mkdirSync(installed, { recursive: true })
const shipped = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isFile())
for (const { name } of shipped.filter(({ name }) => name !== MODULE && name !== 'Cargo.toml'))
  copyFileSync(join(source, name), join(installed, name))
cpSync(join(source, 'lib'), join(installed, 'lib'), { recursive: true })
const file = packageOfPlatform(PLATFORM)

/** Makes the package of a platform, for now without its file, and says where that belongs. */
function packageOfPlatform(name) {
  const folder = join(modules, packageOf(name))
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: packageOf(name), version: VERSION, main: fileOf(name) }),
  )
  return join(folder, fileOf(name))
}
const TELL = `console.log(JSON.stringify([e.name, e.code, e.message, e.cause?.message]))`
writeFileSync(join(project, 'use.mjs'), `import 'dropoff'`)
writeFileSync(join(project, 'use.cjs'), `try { require('dropoff'); console.log('[]') } catch (e) { ${TELL} }`)

/** How a program ends that loads the package. */
const ended = (...args) =>
  run(process.execPath, args, { cwd: project, timeout: 240_000 }).catch((error) => error)

/** Loads the package by import and by require; gives `{ name, code, message, cause }`, or nothing if it
 * loads. */
async function load(...flags) {
  const imported = await ended(...flags, 'use.mjs')
  const required = await ended(...flags, 'use.cjs')
  const [name, code, message, cause] = JSON.parse(required.stdout)
  if (name === undefined) {
    assert.equal(imported.code, undefined, imported.stderr)
    return undefined
  }
  assert.equal(imported.code, 1)
  assert(imported.stderr.includes(`${name}: ${message}\n`), imported.stderr)
  assert(!message.includes('\n') && !/npm has a bug|package-lock/.test(message), message)
  return { name, code, message, cause }
}

/** With this compiled half. */
async function loadWith(bytes, ...flags) {
  rmSync(file, { force: true })
  if (bytes !== undefined) writeFileSync(file, bytes)
  return await load(...flags)
}

/** With these bytes of it changed. */
function changed(...edits) {
  const bytes = Buffer.from(BYTES)
  for (const [at, value] of edits) bytes.set(value, at)
  return bytes
}

function replaced(from, to) {
  assert.equal(from.length, to.length)
  const at = BYTES.indexOf(`${from}\0`)
  assert(at > 0, from)
  return changed([at, Buffer.from(to)])
}

// What the permission model is called, and whether addons may be let through it.
const [major] = process.versions.node.split('.').map(Number)
const PERMISSION = major >= 24 ? '--permission' : '--experimental-permission'

test('it loads', async () => {
  copyFileSync(join(source, MODULE), file, constants.COPYFILE_FICLONE)
  assert.equal(await load(), undefined)
  assert.equal(await load(PERMISSION, '--allow-fs-read=*', '--allow-addons'), undefined)
})

test('Node keeps compiled modules out', async () => {
  copyFileSync(join(source, MODULE), file)
  const restricted = await load(PERMISSION, '--allow-fs-read=*')
  assert.equal(restricted.code, 'ERR_DLOPEN_DISABLED')
  assert.match(
    restricted.message,
    /^dropoff's compiled module cannot be loaded: .*permission model.* --allow-addons too$/,
  )
  assert.match(restricted.cause, /loading addons is disabled/)
  const off = await load('--no-addons')
  assert.equal(off.code, 'ERR_DLOPEN_DISABLED')
  assert.match(off.message, /without --no-addons$/)
})

test('its package is there without it', async () => {
  const { name, code, message, cause } = await loadWith(undefined)
  assert.deepEqual([name, code], ['Error', 'ERR_DLOPEN_FAILED'])
  assert(message.endsWith(`: ${file} is missing; install dropoff again`), message)
  assert.match(cause, /^Cannot find module '/)
})

test('its package is not there', async () => {
  rmSync(join(modules, '@dropoff'), { recursive: true })
  const { code, message } = await load()
  const wanted = packageOf(PLATFORM)
  assert.equal(code, 'ERR_DLOPEN_FAILED')
  assert.equal(
    message,
    `dropoff's compiled module cannot be loaded: ${wanted}, its package for ${PLATFORMS[PLATFORM].words}, is not ` +
      `installed; run "npm install --include=optional", or "npm install ${wanted}@${VERSION}" if a lock file leaves it out`,
  )
  // A folder that was copied from another system.
  const other = Object.keys(PLATFORMS).find((name) => name !== PLATFORM)
  packageOfPlatform(other)
  const copied = await load()
  assert(
    copied.message.endsWith(
      `: this is ${PLATFORMS[PLATFORM].words}, and node_modules was made for another system, with ` +
        `${packageOf(other)}; run "npm install" on this system, without a node_modules that was copied`,
    ),
    copied.message,
  )
  packageOfPlatform(PLATFORM)
})

test('a clone is told how it is built, and a bundle that it has to leave dropoff out', async () => {
  rmSync(join(modules, '@dropoff'), { recursive: true })
  writeFileSync(join(installed, 'Cargo.toml'), '')
  const clone = await load()
  assert(
    clone.message.endsWith(
      `${join(installed, MODULE)} is missing; run "npm run build:release" in that folder`,
    ),
    clone.message,
  )
  rmSync(join(installed, 'Cargo.toml'))
  const wanted = { system: thisSystem(), name: PLATFORM, file: undefined, folder: '/app/dist', others: [] }
  assert.match(
    loadError(Object.assign(new Error(''), { code: 'MODULE_NOT_FOUND' }), wanted).message,
    /: @dropoff\/\S+ is not to be found from \/app\/dist; tell your bundler that dropoff is external, and install it there$/,
  )
  packageOfPlatform(PLATFORM)
})

test('a bundler put the path of the module in its place', () => {
  const wanted = { system: thisSystem(), name: PLATFORM, file, folder: '/app/dist', others: [] }
  for (const half of ['./dropoff.node', {}]) {
    assert.throws(
      () => refuseOther(half, VERSION),
      (cause) => {
        assert.match(
          loadError(cause, wanted).message,
          /: something else .*; tell your bundler that dropoff is external$/,
        )
        return true
      },
    )
  }
})

test('it is of another release', async () => {
  const manifest = join(installed, 'package.json')
  const before = readFileSync(manifest, 'utf8')
  writeFileSync(manifest, before.replace(`"version": "${VERSION}"`, '"version": "0.0.7"'))
  const { message } = await loadWith(BYTES)
  writeFileSync(manifest, before)
  assert(
    message.endsWith(`: it is of version ${VERSION}, and its JavaScript of 0.0.7; install dropoff again`),
    message,
  )
})

test('nothing else is looked for', async () => {
  // What a stranger could publish, and what the environment may say.
  for (const name of ['dropoff-linux-x64-gnu', 'dropoff-linux-x64-musl', 'dropoff-wasm32-wasi']) {
    mkdirSync(join(modules, name), { recursive: true })
    writeFileSync(join(modules, name, 'index.js'), "process.stdout.write('a stranger ran ')")
  }
  process.env.NAPI_RS_NATIVE_LIBRARY_PATH = join(modules, 'dropoff-linux-x64-gnu/index.js')
  try {
    assert.match((await loadWith(undefined)).message, /is missing/)
  } finally {
    delete process.env.NAPI_RS_NATIVE_LIBRARY_PATH
  }
  const entries = readdirSync(join(installed, 'lib'), { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const texts = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  for (const text of [join(installed, 'native.js'), join(installed, 'index.js'), ...texts]) {
    for (const [, wanted] of readFileSync(text, 'utf8').matchAll(/require\('([^']*)'\)/g)) {
      assert.match(wanted, /^(\.\.?\/|node:|@dropoff\/)/, text)
    }
  }
})

test('it is damaged', async () => {
  // Wherever it was cut: what is loaded of a file that is too short ends the process.
  for (const length of [0, 20, 64, 5_000, BYTES.length / 2, BYTES.length - 1]) {
    const { code, message, cause } = await loadWith(BYTES.subarray(0, length))
    assert.equal(code, 'ERR_DLOPEN_FAILED')
    assert(
      message.includes(
        `${file} is damaged or for another machine (it is for ${PLATFORMS[PLATFORM].words}, and this is `,
      ),
      message,
    )
    assert.match(cause, /file too short|cannot read file data/)
  }
  assert.match(
    (await loadWith('version https://git-lfs.github.com/spec/v1\n'.repeat(9))).message,
    /is damaged/,
  )
})

test('it is for another machine', async () => {
  // e_machine of aarch64, and the class of 32 bits: see elf(5).
  for (const edit of [
    [18, [183]],
    [4, [1]],
  ])
    assert.match((await loadWith(changed(edit))).message, /is damaged or for another machine/)
})

test('the system is too old, or lacks a library', async () => {
  const old = await loadWith(replaced('GLIBC_2.2.5', 'GLIBC_9.2.5'))
  const { glibcVersionRuntime } = process.report.getReport().header
  assert(
    old.message.includes(
      `it needs GLIBC_9.2.5, and this system has glibc ${glibcVersionRuntime}; use a newer system`,
    ),
    old.message,
  )
  assert.match(
    (await loadWith(replaced('libgcc_s.so.1', 'libgcc_x.so.1'))).message,
    /has no libgcc_x\.so\.1, which/,
  )
})

test('systems that are not here', () => {
  const here = { platform: 'linux', arch: 'x64', libc: 'glibc', restricted: false }
  const told = (words, system, code = 'ERR_DLOPEN_FAILED') => {
    const cause = Object.assign(new Error(words), { code })
    const all = { ...here, ...system }
    const name = platformOf(all)
    const error = loadError(cause, { system: all, name, file: '/p/x.node', folder: source, others: [] })
    assert.equal(error.cause, cause)
    assert.equal(error.code, 'ERR_DLOPEN_FAILED')
    assert(!error.message.includes('\n'))
    return error.message
  }
  const systems = 'Linux x86-64 with glibc, .*, macOS arm64 and Windows x86-64'
  const unsupported = (words) =>
    new RegExp(`: it is for ${systems}, and this is ${words}; use such a machine`)
  const plan9 = { platform: 'plan9', arch: 'arm64', libc: undefined }
  assert.match(told('Cannot find module', plan9, 'MODULE_NOT_FOUND'), unsupported('plan9 arm64'))
  assert.match(told('x', { arch: 's390x' }), unsupported('linux s390x with glibc'))
  assert.match(told('x', { arch: 'ia32', libc: 'musl' }), unsupported('linux ia32 with musl'))
  // The words of musl's loader for a file of glibc's, for one of another machine, and for a library that is
  // not there.
  const musl = { libc: 'musl' }
  const of = 'it is for Linux x86-64 with musl, and this is linux x64 with musl'
  const glibcs =
    'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /p/x.node)'
  assert(
    told(glibcs, musl).includes(`/p/x.node is damaged or for another machine (${of}); install dropoff again`),
  )
  assert(
    told('Error loading shared library /p/x.node: Exec format error', musl).includes('for another machine'),
  )
  assert.match(
    told('Error loading shared library libgcc_s.so.1: No such file or directory (needed by /p/x.node)', musl),
    /: this system has no libgcc_s\.so\.1, which it needs; install that$/,
  )
  assert.match(told('/p/x.node: failed to map segment from shared object'), /noexec/)
  const denied = '/p/x.node: cannot open shared object file: Permission denied'
  assert.match(told(denied), /this user may not read \/p\/x\.node; change its permissions/)
  assert.match(
    told('something\nnew'),
    /: something \(it is for Linux x86-64 with glibc, and this is linux x64 with glibc\); see the cause/,
  )
  // Those of macOS' dyld and of Windows.
  const mac = { platform: 'darwin', arch: 'arm64', libc: undefined }
  const tried = (why) => `dlopen(/p/x.node, 0x0001): tried: '/p/x.node' (${why})`
  assert(
    told(
      tried("mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64')"),
      mac,
    ).includes(
      '/p/x.node is damaged or for another machine (it is for macOS arm64, and this is darwin arm64)',
    ),
  )
  const policy = /a policy of this system lets no code run from \/p\/x\.node; ask whoever/
  assert.match(told(tried('code signature in <9> not valid for use in process'), mac), policy)
  const windows = { platform: 'win32', arch: 'x64', libc: undefined }
  assert.match(told('\\\\?\\C:\\x.node is not a valid Win32 application.\r\n', windows), /is damaged or/)
  for (const what of ['module', 'procedure'])
    assert.match(
      told(`The specified ${what} could not be found.\r\nC:\\x.node`, windows),
      /: this system lacks a library, .* that Windows 10 and later have; use such a Windows with all its parts$/,
    )
  assert.match(told('Access is denied.\r\nC:\\x.node', windows), /this user may not read \/p\/x\.node/)
  assert.match(told('An Application Control policy has blocked this file.\r\n', windows), policy)
  const bare = { system: here, name: 'linux-x64-gnu', file: '/p/x.node', folder: source, others: [] }
  assert.match(loadError('no error', bare).message, /: no error \(/)
  assert.match(loadError(undefined, bare).message, /: undefined \(/)
})

test('the platform is that of the C library', () => {
  const linux = { platform: 'linux', arch: 'arm64' }
  assert.equal(platformOf({ ...linux, libc: 'musl' }), 'linux-arm64-musl')
  assert.equal(platformOf({ ...linux, libc: 'glibc' }), 'linux-arm64-gnu')
  assert.equal(platformOf({ ...linux, libc: undefined }), 'linux-arm64-gnu')
  assert.equal(platformOf({ platform: 'linux', arch: 'arm', libc: 'glibc' }), undefined)
  assert.equal(platformOf({ platform: 'win32', arch: 'x64', libc: undefined }), 'win32-x64-msvc')
  assert.equal(platformOf({ platform: 'darwin', arch: 'arm64', libc: undefined }), 'darwin-arm64')
  const { glibcVersionRuntime } = process.report.getReport().header
  const libc = glibcVersionRuntime ? 'glibc' : 'musl'
  assert.equal(libcOf(process.execPath), libc)
  // A program that names no loader, and one that cannot be read: Node's report tells.
  const script = join(project, 'script')
  writeFileSync(script, '#!/bin/sh\n')
  assert.deepEqual([libcOf(script), libcOf('/nowhere')], [libc, libc])
  const other = join(project, 'other')
  const bytes = readFileSync(process.execPath).subarray(0, 8192)
  const at = bytes.indexOf('/ld-linux-')
  assert(libc !== 'glibc' || at > 0)
  if (at > 0) bytes.write('/ld-musl--', at)
  writeFileSync(other, bytes)
  assert.equal(libcOf(other), 'musl')
})

test('each platform is written out for bundlers', () => {
  const text = readFileSync(join(source, 'native.js'), 'utf8')
  const written = [...text.matchAll(/require\('([^']*)'\)/g)].map(([, wanted]) => wanted)
  const halves = written.filter((name) => name.endsWith('.node') || name.startsWith('@'))
  const rows = Object.keys(PLATFORMS).flatMap((name) => [`./${fileOf(name)}`, packageOf(name)])
  assert.deepEqual(halves.sort(), rows.sort())
})
