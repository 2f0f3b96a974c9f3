// npm installs dropoff everywhere, with the compiled half for the system; where that is not there, loading
// says which one is wanted and how it is had. A registry on this machine serves the packages; npm itself is
// told to be elsewhere.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { version } from '../../bindings-node/index.mjs'
import { PLATFORM, PLATFORMS, packPackages, packageOf, startRegistry } from './packages.mjs'
import { temporaryFolder } from './sandbox.mjs'

const run = promisify(execFile)
const temporary = temporaryFolder()
const here = PLATFORMS[PLATFORM]
const others = Object.keys(PLATFORMS).filter((name) => name !== PLATFORM)
// Never loaded: they are for other systems.
writeFileSync(join(temporary, 'other.node'), 'of another system')
const registry = await startRegistry(
  await packPackages(
    temporary,
    Object.fromEntries(others.map((name) => [name, join(temporary, 'other.node')])),
  ),
)
after(() => registry.close())

const flags = ['--no-audit', '--no-fund', '--cache', join(temporary, 'cache'), '--registry', registry.url]

/** A project into which `npm install` put these. */
async function project(...wanted) {
  const folder = mkdtempSync(join(temporary, 'project-'))
  writeFileSync(join(folder, 'package.json'), '{"private": true}')
  await npm(folder, ...wanted)
  return folder
}
const npm = (folder, ...wanted) =>
  run('npm', ['install', ...flags, ...wanted], { cwd: folder, timeout: 240_000 })

/** The platforms whose packages are there. */
function installed(folder) {
  assert(existsSync(join(folder, 'node_modules/dropoff/index.js')))
  const scope = join(folder, 'node_modules/@dropoff')
  return existsSync(scope) ? readdirSync(scope) : []
}

/** What is said when it is loaded there: its version, or the error's message. */
async function loaded(folder) {
  const program = `
    try { console.log(require('dropoff').version) } catch (e) { console.log(e.code + ': ' + e.message) }
  `
  return (await run(process.execPath, ['-e', program], { cwd: folder, timeout: 240_000 })).stdout.trim()
}
const begin = "ERR_DLOPEN_FAILED: dropoff's compiled module cannot be loaded: "
const elsewhere = (name) =>
  `${begin}this is ${here.words}, and node_modules was made for another system, with ${packageOf(name)}; ` +
  'run "npm install" on this system, without a node_modules that was copied'

test('what fits this system is installed, and nothing else', async () => {
  const folder = await project('dropoff')
  assert.deepEqual(installed(folder), [PLATFORM])
  assert.equal(await loaded(folder), version)
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
  for (const name of Object.keys(PLATFORMS))
    assert(lock.packages[`node_modules/${packageOf(name)}`].optional, `the lock file lacks ${name}`)
})

test('without optional packages it is installed, and says which one it needs', async () => {
  const folder = await project('dropoff', '--omit=optional')
  assert.deepEqual(installed(folder), [])
  const wanted = packageOf(PLATFORM)
  assert.equal(
    await loaded(folder),
    `${begin}${wanted}, its package for ${here.words}, is not installed; run "npm install --include=optional", ` +
      `or "npm install ${wanted}@${version}" if a lock file leaves it out`,
  )
  // Both of what it advises help.
  await npm(folder, '--include=optional')
  assert.equal(await loaded(folder), version)
  const again = await project('dropoff', '--omit=optional')
  await npm(again, `${wanted}@${version}`)
  assert.equal(await loaded(again), version)
})

test('for another processor', async () => {
  const name = others.find((name) => PLATFORMS[name].cpu !== here.cpu && PLATFORMS[name].libc === here.libc)
  const { os, cpu, libc } = PLATFORMS[name]
  const folder = await project('dropoff', `--os=${os}`, `--cpu=${cpu}`, `--libc=${libc}`)
  assert.deepEqual(installed(folder), [name])
  assert.equal(await loaded(folder), elsewhere(name))
})

test('for another C library', async () => {
  const name = others.find((name) => PLATFORMS[name].cpu === here.cpu && PLATFORMS[name].libc !== here.libc)
  const { os, cpu, libc } = PLATFORMS[name]
  const folder = await project('dropoff', `--os=${os}`, `--cpu=${cpu}`, `--libc=${libc}`)
  assert.deepEqual(installed(folder), [name])
  assert.equal(await loaded(folder), elsewhere(name))
  // As the message advises.
  await npm(folder)
  assert.equal(await loaded(folder), version)
})

test('where nothing fits', async () => {
  const folder = await project('dropoff', '--os=plan9', '--cpu=mips')
  assert.deepEqual(installed(folder), [])
})
