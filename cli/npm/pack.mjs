// Packs what npm publishes of the command: `dropoff-cli`, a few lines of JavaScript that install everywhere,
// and the package of each platform that is given, with the program.
//
//   node cli/npm/pack.mjs OUT linux-x64-gnu=target/release/dropoff [NAME=FILE ...]

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import platforms from '../../bindings-node/lib/platforms.js'
import { pack } from '../../bindings-node/scripts/tarball.mjs'

const { PLATFORMS } = platforms
const folder = fileURLToPath(new URL('.', import.meta.url))
const cli = join(folder, '..')
const licences = ['LICENSE', 'THIRD-PARTY-LICENSES.txt'].map((name) => [join(cli, '..', name), name])
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const packageOf = (name) => `@dropoff/cli-${name}`

const [out, ...programs] = process.argv.slice(2)
const given = programs.map((argument) => argument.split('='))
if (!out || given.some(([name, file]) => !PLATFORMS[name] || !file)) {
  console.error(`usage: pack.mjs OUT [NAME=FILE ...], with NAME one of ${Object.keys(PLATFORMS).join(', ')}`)
  process.exit(2)
}

const optionalDependencies = Object.fromEntries(
  Object.keys(PLATFORMS).map((name) => [packageOf(name), manifest.version]),
)
pack(out, { ...manifest, optionalDependencies }, [
  ...licences,
  [join(folder, 'dropoff.js'), 'dropoff.js'],
  [join(cli, 'README.md'), 'README.md'],
])

for (const [name, file] of given) {
  const { os, cpu, libc, words } = PLATFORMS[name]
  const program = os === 'win32' ? 'dropoff.exe' : 'dropoff'
  const { version, homepage, bugs, license, author, repository, engines, publishConfig } = manifest
  const own = {
    name: packageOf(name),
    version,
    description: `The program of dropoff-cli for ${words}`,
    ...{ homepage, bugs, license, author, repository, engines, publishConfig },
    ...{ os: [os], cpu: [cpu], ...(libc && { libc: [libc] }) },
    files: [program, 'THIRD-PARTY-LICENSES.txt'],
  }
  const half = `The program of [dropoff-cli](${homepage}) for ${words}`
  const readme = `# ${packageOf(name)}\n\n${half}. npm installs it with dropoff-cli where it fits.\n`
  pack(out, own, [...licences, [resolve(file), program]], readme)
}
