// When the compiled half cannot be loaded: the true reason is said, and nothing else is looked for. Each time by a program
// of its own with a copy of the package.

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
const { loadError } = createRequire(join(source, 'index.js'))('./lib/load_error.js')
const MODULE = 'dropoff.linux-x64-gnu.node'
const BYTES = readFileSync(join(source, MODULE))
const project = temporaryFolder()
const installed = join(project, 'node_modules/dropoff')
mkdirSync(installed, { recursive: true })
for (const { name } of readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isFile())) {
  if (name !== MODULE) copyFileSync(join(source, name), join(installed, name))
}
cpSync(join(source, 'lib'), join(installed, 'lib'), { recursive: true })
const file = join(installed, MODULE)
const TELL = `console.log(JSON.stringify([e.name, e.code, e.message, e.cause?.message]))`
writeFileSync(join(project, 'use.mjs'), `import 'dropoff'`)
writeFileSync(join(project, 'use.cjs'), `try { require('dropoff'); console.log('[]') } catch (e) { ${TELL} }`)

/** How a program ends that loads the package. */
const ended = (...args) =>
  run(process.execPath, args, { cwd: project, timeout: 240_000 }).catch((error) => error)

/** Loads the package by import and by require; gives `{ name, code, message, cause }`, or nothing if it loads. */
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

test('it is not there', async () => {
  const { name, code, message, cause } = await loadWith(undefined)
  assert.deepEqual([name, code], ['Error', 'ERR_DLOPEN_FAILED'])
  assert(
    message.includes(`${file} is missing; install the package again, run "npm run build:release"`),
    message,
  )
  assert.match(cause, /^Cannot find module '\.\/dropoff\.linux-x64-gnu\.node'/)
})

test('nothing else is looked for', async () => {
  // What a stranger could publish, and what the environment may say.
  for (const name of ['dropoff-linux-x64-gnu', 'dropoff-linux-x64-musl', 'dropoff-wasm32-wasi']) {
    mkdirSync(join(project, 'node_modules', name), { recursive: true })
    writeFileSync(join(project, 'node_modules', name, 'index.js'), "process.stdout.write('a stranger ran ')")
  }
  process.env.NAPI_RS_NATIVE_LIBRARY_PATH = join(project, 'node_modules/dropoff-linux-x64-gnu/index.js')
  try {
    assert.match((await loadWith(undefined)).message, /is missing/)
  } finally {
    delete process.env.NAPI_RS_NATIVE_LIBRARY_PATH
  }
  const texts = readdirSync(join(installed, 'lib')).map((name) => join(installed, 'lib', name))
  for (const text of [join(installed, 'native.js'), join(installed, 'index.js'), ...texts]) {
    for (const [, wanted] of readFileSync(text, 'utf8').matchAll(/require\('([^']*)'\)/g)) {
      assert.match(wanted, /^(\.\.?\/|node:)/, text)
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
        `${file} is damaged or for another machine (it is for Linux x86-64 with glibc, and this is `,
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
  const here = { platform: 'linux', arch: 'x64', glibc: '2.36', restricted: false }
  const told = (words, system, code = 'ERR_DLOPEN_FAILED') => {
    const cause = Object.assign(new Error(words), { code })
    const error = loadError(cause, '/p/x.node', { ...here, ...system })
    assert.equal(error.cause, cause)
    assert.equal(error.code, 'ERR_DLOPEN_FAILED')
    assert(!error.message.includes('\n'))
    return error.message
  }
  const mac = { platform: 'darwin', arch: 'arm64', glibc: null }
  assert.match(told('not a mach-o file', mac), /Linux x86-64 with glibc, and this is darwin arm64; use such/)
  assert.match(told('Cannot find module', mac, 'MODULE_NOT_FOUND'), /this is darwin arm64/)
  assert.match(told('x', { platform: 'win32' }), /this is win32 x64/)
  assert.match(told('x', { arch: 'arm64' }), /this is linux arm64/)
  // musl's own words.
  const musl =
    'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /p/x.node)'
  assert.match(told(musl, { glibc: null }), /another C library, as Alpine has musl; use an image with glibc/)
  assert.match(told('/p/x.node: failed to map segment from shared object'), /noexec/)
  const denied = '/p/x.node: cannot open shared object file: Permission denied'
  assert.match(told(denied), /this user may not read \/p\/x\.node; change its permissions/)
  assert.match(
    told('something\nnew'),
    /: something \(it is for Linux x86-64 with glibc, and this is linux x64 with glibc 2\.36\); see the cause/,
  )
  assert.match(loadError('no error', '/p/x.node', here).message, /: no error \(/)
  assert.match(loadError(undefined, '/p/x.node', here).message, /: undefined \(/)
})
