// Plays the release workflow's own commands over empty files with the names of all packages: each system that
// npm's packages name is built, each package is published once, halves first, and has one list of its parts.
// Looks whether pack.sh is such as macOS' bash reads, too.
//
//     node tests/lint/release.mjs

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import platforms from '../../bindings-node/lib/platforms.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(`${root}.github/workflows/release.yml`, 'utf8')
const VERSION = '1.2.3'
const SYSTEMS = { linux: 'linux', darwin: 'macos', win32: 'windows' }
const PROCESSORS = { x64: 'x86_64', arm64: 'aarch64' }
// As `npm pack` calls a package in a scope.
const halves = Object.keys(platforms.PLATFORMS).flatMap((name) => [
  `dropoff-${name}-${VERSION}.tgz`,
  `dropoff-cli-${name}-${VERSION}.tgz`,
])
const mains = [`dropoff-${VERSION}.tgz`, `dropoff-cli-${VERSION}.tgz`]
const BOMS = ['c', 'cli', 'node', 'python', 'sandbox'].map((part) => `dropoff-${part}.cdx.json`)

/** A system's name in the files of pack.sh. */
function systemOf({ os, cpu, libc }) {
  return `${SYSTEMS[os]}-${PROCESSORS[cpu]}${libc === 'musl' ? '-musl' : ''}`
}

/** What pack.sh and sbom.sh leave in dist/ on one system. */
function packed(name, platform) {
  const system = systemOf(platform)
  const tarballs = ['c', 'cli', 'sandbox'].map((part) => `dropoff-${part}-${VERSION}-${system}.tar.gz`)
  const wheels = [
    `dropoff-${VERSION}-cp311-abi3-${system}.whl`,
    `dropoff_cli-${VERSION}-py3-none-${system}.whl`,
  ]
  const npm = [`dropoff-${name}-${VERSION}.tgz`, `dropoff-cli-${name}-${VERSION}.tgz`, ...mains]
  const boms = platform.os === 'linux' ? BOMS : []
  return [...tarballs, ...wheels, ...npm, ...boms, `dropoff-${VERSION}.tar.gz`]
}

/** The text of a step, by its name. */
function step(name, among = text) {
  const [, found] = among.split(`      - name: ${name}\n`)
  assert.ok(found, `there is no step "${name}"`)
  return found.split(/^ {6}(?:- name:|# )|^ {2}\S/m)[0]
}

/** The lines of a step's `run` or of another block in it. */
function block(of, key) {
  const [, rest] = new RegExp(`^ +${key}: (.*\\n(?: {10,}.*\\n)*)`, 'm').exec(of)
  return rest.startsWith('|') ? rest.slice(rest.indexOf('\n') + 1).replace(/^ {10}(?: {2})?/gm, '') : rest
}

function job(name) {
  const [, found] = text.split(new RegExp(`^ {2}${name}:\\n`, 'm'))
  return found.split(/^ {2}\S/m)[0]
}

/** Runs a command of the workflow where it would; npm and others tell what they were asked. */
function play(script, folder, environment = {}) {
  const programs = join(folder, '.programs')
  mkdirSync(programs, { recursive: true })
  writeFileSync(join(programs, 'npm'), '#!/bin/sh\nfor last; do :; done; echo "$last"\n')
  chmodSync(join(programs, 'npm'), 0o755)
  const settings = { PATH: `${programs}:${process.env.PATH}`, ...environment }
  return execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: settings,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), 'dropoff-release-'))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function dist(folder, names) {
  mkdirSync(join(folder, 'dist'))
  for (const name of names) writeFileSync(join(folder, 'dist', name), '')
}

/** What later jobs download: the shares of all systems, and what these have in common. */
function downloaded() {
  const all = []
  for (const [name, platform] of Object.entries(platforms.PLATFORMS)) {
    withFolder((folder) => {
      dist(folder, packed(name, platform))
      const runner = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' }[platform.os]
      play(block(step('Set aside what all systems share'), 'run'), folder, { RUNNER_OS: runner })
      all.push(...readdirSync(join(folder, 'dist')))
      if (name === 'linux-x64-gnu') all.push(...readdirSync(join(folder, 'common')))
    })
  }
  assert.deepEqual(all.toSorted(), [...new Set(all)].toSorted(), 'two systems keep a file of one name')
  return all
}

function checkRows() {
  const rows = [...job('build').matchAll(/\{ name: (\S+), system: \S+, target: \S+ \}/g)].map(
    ([, row]) => row,
  )
  assert.deepEqual(rows.toSorted(), Object.values(platforms.PLATFORMS).map(systemOf).toSorted())
  const used = [...job('use').matchAll(/packages: (\S+),/g)].map(([, row]) => row)
  assert.deepEqual([...new Set(used)].toSorted(), rows.toSorted(), 'what is built is used')
}

/** Nothing goes on before each job that tries what was built. */
function checkOrder() {
  const trying = [...text.matchAll(/^ {2}(\S+):\n {4}name: .*\n {4}needs: build$/gm)].map(([, name]) => name)
  const [, needed] = /^ {4}needs: \[(.*)\]$/m.exec(job('attest'))
  assert.deepEqual(needed.split(', ').toSorted(), trying.toSorted(), 'what attest waits for')
}

function checkNpm(all) {
  const published = withFolder((folder) => {
    dist(folder, all)
    return play(block(step('Publish', job('npm')), 'run'), folder)
      .trim()
      .split('\n')
  }).map((path) => path.split('/').at(-1))
  assert.deepEqual(published.slice(-mains.length).toSorted(), mains.toSorted(), 'last')
  assert.deepEqual(published.toSorted(), [...halves, ...mains].toSorted(), 'published on npm')
}

function checkPypi(all) {
  const published = withFolder((folder) => {
    dist(folder, all)
    play(block(step('Wheels and source alone'), 'run'), folder)
    return readdirSync(join(folder, 'pypi'))
  })
  const wanted = all.filter((name) => name.endsWith('.whl') || name === `dropoff-${VERSION}.tar.gz`)
  assert.deepEqual(published.toSorted(), wanted.toSorted(), 'published on PyPI')
}

/** Each package that something is compiled into has one list of what that is. */
function checkBoms(all) {
  const steps = job('attest')
    .split('      - name: ')
    .filter((each) => each.includes('sbom-path'))
  const lists = steps.map((each) => block(`${each}\n`, 'subject-path').trim().split(/\s+/).map(asPattern))
  for (const name of all.filter(
    (each) => !each.endsWith('.cdx.json') && !each.endsWith(`-${VERSION}.tar.gz`),
  )) {
    const found = lists.filter((patterns) => patterns.some((pattern) => pattern.test(`dist/${name}`)))
    assert.equal(found.length, 1, `lists of what ${name} is made of`)
  }
  for (const each of steps) assert.ok(all.includes(/sbom-path: dist\/(\S+)/.exec(each)[1]))
}

/** The bash of macOS, 3.2, takes a list without elements for a variable that nobody set, and ends. */
function checkPack() {
  const script = readFileSync(`${root}tests/dist/pack.sh`, 'utf8')
  assert.deepEqual(script.match(/\b\w+=\(\s*\)/g) ?? [], [], 'empty lists in pack.sh')
}

function asPattern(glob) {
  return new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`)
}

checkRows()
checkOrder()
const all = downloaded()
checkNpm(all)
checkPypi(all)
checkBoms(all)
checkPack()
console.log(`release: ${all.length} files, each where it belongs`)
