// Packs what npm publishes: `dropoff`, which is JavaScript alone and installs everywhere, and the package of
// each platform that is given, which npm installs where it fits. `npm pack` in a clone instead makes one
// package with the module of this very machine inside.
//
//   node scripts/pack.mjs OUT linux-x64-gnu=target/release/libdropoff_node.so [NAME=FILE ...]

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import platforms from '../lib/platforms.js'

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
  pack({ ...manifest, files: own, optionalDependencies }, [
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
  pack(own, [...licences, [resolve(file), fileOf(name)]], readme)
}

/** Copies of files, as [FROM, TO], and a manifest, as a tarball. */
function pack(own, copies, readme) {
  const stage = mkdtempSync(join(tmpdir(), 'dropoff-pack-'))
  try {
    for (const [from, to] of copies) cpSync(from, join(stage, to), { recursive: true })
    if (readme) writeFileSync(join(stage, 'README.md'), readme)
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(own, null, 2)}\n`)
    // npm is a script on Windows, which a shell alone runs, and which is given the words as they stand.
    const shell = process.platform === 'win32'
    const to = shell ? `"${resolve(out)}"` : resolve(out)
    const command = ['pack', '--silent', '--pack-destination', to]
    const done = spawnSync('npm', command, { cwd: stage, shell, stdio: ['ignore', 'ignore', 'inherit'] })
    if (done.error) throw done.error
    if (done.status !== 0) process.exit(done.status ?? 1)
  } finally {
    rmSync(stage, { recursive: true })
  }
}
