// The package as npm installs it from a registry: `dropoff`, JavaScript alone, beside the package of this
// system.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import platforms from '../../bindings-node/lib/platforms.js'
import systems from '../../bindings-node/lib/system.js'

const BINDING = fileURLToPath(new URL('../../bindings-node/', import.meta.url))

/** Puts both into the `node_modules` of a folder, and asks no registry. @param {string} folder */
export function install(folder) {
  const modules = join(folder, 'node_modules')
  unpackMain(join(modules, 'dropoff'))
  const system = systems.platformOf(systems.thisSystem())
  const [name, file] = [platforms.packageOf(system), platforms.fileOf(system)]
  const place = join(modules, name)
  mkdirSync(place, { recursive: true })
  const { version } = JSON.parse(readFileSync(join(BINDING, 'package.json'), 'utf8'))
  // Not packed: what the tests build is large, and is compressed for longer than a bundler takes.
  cpSync(join(BINDING, file), join(place, file), { dereference: true })
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version, main: file }))
}

/** @param {string} place */
function unpackMain(place) {
  const packed = mkdtempSync(join(tmpdir(), 'dropoff-packed-'))
  try {
    execFileSync(process.execPath, [join(BINDING, 'scripts/pack.mjs'), packed])
    const [tarball] = readdirSync(packed)
    mkdirSync(place, { recursive: true })
    execFileSync('tar', ['-xzf', join(packed, tarball), '-C', place, '--strip-components=1'])
  } finally {
    rmSync(packed, { recursive: true, force: true })
  }
}
