// Builds the native module of this system: cargo compiles it, napi's own generator writes native.d.ts. Not
// its native.js, which looks for some thirty packages that nobody has reserved, and blames npm for whatever
// goes wrong.
//
// Not `napi build`: that names a target to cargo, which moves everything to another folder and compiles
// every dependency a second time.
//
//   npm run build                                              only this crate, unoptimised
//   npm run build -- --release                                 as it is shipped
//   node scripts/build.mjs --workspace --all-targets           other arguments go to cargo, in place of
//                                                              `--package dropoff-node`
//
// The last one after a build of the whole workspace compiles nothing. By npm it would: npm changes PATH, and
// pyo3 is compiled anew when that changes.

import { spawnSync } from 'node:child_process'
import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateTypeDef } from '@napi-rs/cli'
import platforms from '../lib/platforms.js'
import systems from '../lib/system.js'

const platform = systems.platformOf(systems.thisSystem())
if (platform === undefined)
  throw new Error('lib/platforms.js has no row for this system; add one, and two lines in native.js')
const folder = fileURLToPath(new URL('..', import.meta.url))
const wanted = process.argv.slice(2)
const release = wanted.filter((argument) => argument === '--release')
const others = wanted.filter((argument) => argument !== '--release')
const selection = others.length > 0 ? others : ['--package', 'dropoff-node']

const cargo = spawnSync(
  'cargo',
  ['build', ...release, ...selection, '--message-format=json-render-diagnostics'],
  {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
if (cargo.error) throw cargo.error
if (cargo.status !== 0) process.exit(cargo.status ?? 1)

const messages = cargo.stdout
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line))
const ours = messages.filter(
  (message) => message.manifest_path === `${folder}Cargo.toml` || isOurScript(message),
)
const library = ours
  .flatMap((message) => message.filenames ?? [])
  .find((name) => /dropoff_node\.(so|dylib|dll)$/.test(name))
const script = ours.find(isOurScript)
if (!library || !script) throw new Error('cargo did not say where it put the module; was dropoff-node built?')

const { dts } = await generateTypeDef({ typeDefDir: `${script.out_dir}/types`, cwd: folder })
writeFileSync(`${folder}native.d.ts`, dts)
// Renamed into its place: a program that has the old one loaded keeps it.
const module = `${folder}${platforms.fileOf(platform)}`
copyFileSync(library, `${module}.new`)
renameSync(`${module}.new`, module)

function isOurScript(message) {
  return (
    message.reason === 'build-script-executed' && /[/#]dropoff-node@|bindings-node#/.test(message.package_id)
  )
}
