// Packs what npm publishes: `dropoff`, which is JavaScript alone and installs everywhere, and the package of
// each platform that is given, which npm installs where it fits. `npm pack` in a clone instead makes one
// package with the module of this very machine inside.
//
//   node scripts/pack.mjs OUT linux-x64-gnu=target/release/libdropoff_node.so [NAME=FILE ...]

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import platforms from '../lib/platforms.js'
import { pack } from './tarball.mjs'

const { PLATFORMS, fileOf, packageOf } = platforms
const folder = fileURLToPath(new URL('..', import.meta.url))
const licences = ['LICENSE', 'THIRD-PARTY-LICENSES.txt'].map((name) => [join(folder, '..', name), name])
// What is said of the clone alone is left out.
const { scripts, devDependencies, files, ...manifest } = JSON.parse(
  readFileSync(join(folder, 'package.json'), 'utf8'),
)

const [out, ...modules] = process.argv.slice(2)
const given = modules.map((argument) => argument.split('='))
if (!out || given.some(([name, file]) => !PLATFORMS[name] || !file)) {
  console.error(`usage: pack.mjs OUT [NAME=FILE ...], with NAME one of ${Object.keys(PLATFORMS).join(', ')}`)
  process.exit(2)
}

packMain()
for (const [name, file] of given) packPlatform(name, file)

function packMain() {
  const own = files.filter((name) => !name.endsWith('.node'))
  const optionalDependencies = Object.fromEntries(
    Object.keys(PLATFORMS).map((name) => [packageOf(name), manifest.version]),
  )
  const copied = [...own, 'README.md'].filter((name) => name !== 'THIRD-PARTY-LICENSES.txt')
  pack(out, { ...manifest, files: own, optionalDependencies }, [
    ...licences,
    ...copied.map((name) => [join(folder, name), name]),
  ])
}

function packPlatform(name, file) {
  const { os, cpu, libc, words } = PLATFORMS[name]
  const { version, homepage, bugs, license, author, repository, engines, publishConfig } = manifest
  const half = `The compiled half of [dropoff](${homepage}) for ${words}`
  const readme = `# ${packageOf(name)}\n\n${half}. npm installs it with dropoff where it fits.\n`
  const own = {
    name: packageOf(name),
    version,
    description: `The compiled half of dropoff for ${words}`,
    ...{ homepage, bugs, license, author, repository, engines, publishConfig },
    ...{ os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) },
    type: 'commonjs',
    main: fileOf(name),
    files: [fileOf(name), 'THIRD-PARTY-LICENSES.txt'],
  }
  pack(out, own, [...licences, [resolve(file), fileOf(name)]], readme)
}
