// The package in every runtime that docs/platforms.md names: the same program, in each that is installed
// beside this file. Their binaries come inside of npm packages.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const MODULES = join(HERE, 'node_modules')
const { dependencies } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'))
const PROGRAM = join(HERE, 'program.mjs')
/** Deno asks for what Node allows: the compiled module is called, files and the environment are read. */
const ALLOWED = '--allow-ffi --allow-read --allow-write --allow-env --allow-net --allow-run --allow-sys'

const RUNTIMES = {
  ...Object.fromEntries(
    [20, 22, 24, 25].map((major) => [`node-${major}`, [[join(MODULES, `node-${major}/bin/node`)], []]]),
  ),
  // Its install script moves the binary there, whatever the system.
  bun: [[join(MODULES, 'bun/bin/bun.exe')], []],
  deno: [[join(MODULES, '@deno/linux-x64-glibc/deno')], ['run', '--no-prompt', ...ALLOWED.split(' ')]],
}

test('every runtime that is a dependency is tried', () => {
  assert.deepEqual(
    Object.keys(dependencies)
      .filter((name) => name !== 'dropoff')
      .sort(),
    Object.keys(RUNTIMES).sort(),
  )
})

for (const [name, [[binary], flags]] of Object.entries(RUNTIMES)) {
  test(name, () => {
    assert(existsSync(binary), `${binary} is not there; make test-runtimes installs it`)
    const version = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout
    const pinned = dependencies[name].split('@').at(-1)
    assert(version.includes(pinned), `${version} is not ${pinned}`)
    // A hang ends it; there is no other limit.
    const ran = spawnSync(binary, [...flags, PROGRAM], { cwd: HERE, encoding: 'utf8', timeout: 300_000 })
    assert.equal(ran.status, 0, `${ran.stdout}\n${ran.stderr}`)
    const { checks } = JSON.parse(ran.stdout.trim().split('\n').at(-1))
    assert(checks >= 25, `${checks} checks`)
  })
}
