// The packages as users get them: packed, installed in an empty project, and used from there, as the examples
// and the README do. What npm chooses for which system is in installing.test.mjs.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { inspect, promisify } from 'node:util'
import { KeyPair, version } from '../../bindings-node/index.mjs'
import { soon, until } from './helpers.mjs'
import { PLATFORM, PLATFORMS, packPackages } from './packages.mjs'
import { makeProfile } from './profiles.mjs'
import { PROGRAM, ROOT, STALL, sandboxForTests, temporaryFolder } from './sandbox.mjs'

const sandbox = await sandboxForTests()
const source = join(ROOT, 'bindings-node')
const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'))
const project = temporaryFolder()
const run = promisify(execFile)
const options = { cwd: project, encoding: 'utf8', timeout: 240_000 }

const [main, compiled] = await packPackages(project)
writeFileSync(join(project, 'package.json'), '{"private": true}')
const install = ['install', '--offline', '--no-audit', '--no-fund', main.tarball, compiled.tarball]
await run('npm', install, options)

const { api_url, storage_url, h_api_key, agentdrop_api_key } = sandbox.where
const environment = {
  ...process.env,
  HAI_API_KEY: h_api_key,
  AGENTDROP_API_KEY: agentdrop_api_key,
  DROPOFF_BASE_URL: api_url,
  DROPOFF_SANDBOX: PROGRAM,
  DROPOFF_STORAGE: storage_url,
}

/** A program in the project; gives `{ code, out, err }`. */
async function program(args, input, during) {
  const child = spawn(process.execPath, args, {
    cwd: project,
    env: environment,
    timeout: 240_000,
    killSignal: 'SIGKILL',
  })
  const texts = { out: '', err: '' }
  child.stdout.on('data', (data) => (texts.out += data))
  child.stderr.on('data', (data) => (texts.err += data))
  const ended = new Promise((resolve) => child.on('close', resolve))
  child.stdin.end(input)
  await during?.(child)
  return { code: await ended, ...texts }
}

test('the versions are one', () => {
  const cargo = readFileSync(join(ROOT, 'Cargo.toml'), 'utf8').match(/^version = "(.*)"$/m)[1]
  assert.deepEqual([manifest.version, version], [cargo, cargo])
})

test('it needs its compiled half alone, and runs nothing when it is installed', () => {
  const halves = Object.keys(PLATFORMS).map((name) => [`@dropoff/${name}`, version])
  assert.deepEqual(main.manifest.optionalDependencies, Object.fromEntries(halves))
  for (const { manifest } of [main, compiled]) {
    for (const name of ['dependencies', 'peerDependencies', 'devDependencies', 'scripts'])
      assert(!(name in manifest), name)
    assert.equal(manifest.version, version)
    assert.match(manifest.engines.node, /^>=20/)
    assert.equal(manifest.license, 'MIT OR Apache-2.0')
  }
  for (const name of ['os', 'cpu', 'libc']) assert(!(name in main.manifest), name)
  const { os, cpu, libc } = PLATFORMS[PLATFORM]
  assert.deepEqual(
    [compiled.manifest.os, compiled.manifest.cpu, compiled.manifest.libc],
    [[os], [cpu], libc && [libc]],
  )
  // There is no lock file (see .npmrc), so what the build needs is named exactly.
  for (const wanted of Object.values(manifest.devDependencies)) assert.match(wanted, /^\d+\.\d+\.\d+$/)
})

test('they hold what they need and no more', () => {
  const entries = readdirSync(join(source, 'lib'), { recursive: true, withFileTypes: true })
  const lib = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(source, join(entry.parentPath ?? entry.path, entry.name)))
  const rest = [
    'LICENSE',
    'README.md',
    'THIRD-PARTY-LICENSES.txt',
    'package.json',
    'index.js',
    'index.mjs',
    'index.d.ts',
    'index.d.mts',
    'tools.js',
    'tools.mjs',
    'tools.d.ts',
    'tools.d.mts',
    'testing.js',
    'testing.mjs',
    'testing.d.ts',
    'testing.d.mts',
    'native.js',
  ]
  assert.deepEqual(main.files, [...lib, ...rest].sort())
  assert.deepEqual(
    compiled.files,
    ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', `dropoff.${PLATFORM}.node`, 'package.json'].sort(),
  )
})

test('npm pack in a clone makes one package with everything in it', async () => {
  const dry = await run('npm', ['pack', '--json', '--dry-run'], { ...options, cwd: source })
  const files = JSON.parse(dry.stdout)[0].files.map(({ path }) => path)
  assert.deepEqual(files.sort(), [...main.files, `dropoff.${PLATFORM}.node`].sort())
})

const USE = `
  const d = new AgentDrop({ baseUrl: process.env.DROPOFF_BASE_URL, trustedStorage: [process.env.DROPOFF_STORAGE] })
  d.send([['a', Buffer.from('1')]], { sender: 'a', recipient: 'b' }).then((sent) => console.log(sent.status))
`

test('it works from import and from require', async () => {
  const tools = `if (typeof makeTools !== 'function') throw new Error('no tools')`
  const imported = `import { AgentDrop } from 'dropoff'\nimport { makeTools } from 'dropoff/tools'`
  const required = `const { AgentDrop } = require('dropoff'), { makeTools } = require('dropoff/tools')`
  writeFileSync(join(project, 'use.mjs'), `${imported}\n${tools}${USE}`)
  writeFileSync(join(project, 'use.cjs'), `${required}\n${tools}${USE}`)
  for (const name of ['use.mjs', 'use.cjs']) {
    assert.deepEqual(await program([name]), { code: 0, out: 'active\n', err: '' })
  }
  const from = createRequire(join(project, 'use.cjs'))
  assert.equal(from('dropoff/package.json').name, 'dropoff')
  assert.throws(() => from('dropoff/lib/errors.js'), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' })
})

test('its types are found from import and from require', async () => {
  const sample = `import { Storage } from 'dropoff'
    import { makeTools, type Tool } from 'dropoff/tools'
    export const tools: Tool[] = makeTools({ roots: '.', storage: new Storage(), targets: {} })
    const job = new Storage().startPut('https://h/k', 'x')
    export const bytes: Promise<number> = job.wait().then((stored) => stored.bytes)
  `
  // There is no default export at run time, so there must be none in the types.
  const none = `// @ts-expect-error none
    import dropoff from 'dropoff'
    void dropoff
  `
  writeFileSync(join(project, 'typed.mts'), sample + none)
  writeFileSync(join(project, 'typed.cts'), sample)
  const tsc = join(source, 'node_modules/typescript/bin/tsc')
  const types = ['--typeRoots', join(source, 'node_modules/@types'), '--types', 'node']
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', ...types]
  await run(process.execPath, [tsc, ...flags, 'typed.mts', 'typed.cts'], options).catch((error) =>
    assert.fail(error.stdout),
  )
})

test('a bundler finds its types too', async () => {
  const types = ['--typeRoots', join(source, 'node_modules/@types'), '--types', 'node']
  const flags = ['--noEmit', '--strict', '--module', 'esnext', '--moduleResolution', 'bundler', ...types]
  const tsc = join(source, 'node_modules/typescript/bin/tsc')
  await run(process.execPath, [tsc, ...flags, '--target', 'es2022', 'typed.mts'], options).catch((error) =>
    assert.fail(error.stdout),
  )
})

for (const [tool, arguments_] of [
  ['publint/src/cli.js', ['--strict']],
  ['@arethetypeswrong/cli/dist/index.js', []],
]) {
  test(`${tool.split('/')[0]} finds nothing wrong`, async () => {
    const command = [join(source, 'node_modules', tool), main.tarball, ...arguments_]
    const done = await run(process.execPath, command, options).catch((error) =>
      assert.fail(error.stdout + error.stderr),
    )
    assert.match(done.stdout, /All good|No problems found/)
  })
}

// -- examples

mkdirSync(join(project, 'examples'))
for (const name of readdirSync(join(ROOT, 'examples/node')).filter((name) => name.endsWith('.mjs'))) {
  cpSync(join(ROOT, 'examples/node', name), join(project, 'examples', name))
}
const report = join(project, 'report.pdf')
writeFileSync(report, '%PDF')
const profile = join(process.env.HOME, '.config/google-chrome')
makeProfile(
  { 'Local State': { text: '{}' }, 'Last Version': { text: '131.0.6778.85' }, 'Default/Cookies': 100 },
  profile,
)
// As after the official SDK's `register`.
mkdirSync(join(process.env.HOME, '.agentdrop'))
const pairs = { 'data-pipeline': KeyPair.generate(), 'analysis-agent': KeyPair.generate() }
const config = { agent_id: 'data-pipeline', private_key: pairs['data-pipeline'].revealPrivateKey() }
writeFileSync(join(process.env.HOME, '.agentdrop/config.json'), JSON.stringify(config))
const registered = Object.entries(pairs).map(([agent_id, { publicKey }]) => ({
  agent_id,
  public_key: publicKey,
}))

test('the example that uploads a profile', async () => {
  const { code, out, err } = await program([
    'examples/upload_profile.mjs',
    '~/.config/google-chrome',
    'login',
  ])
  assert.equal(code, 0, err)
  assert.match(out, /^[0-9a-f-]{36} verified: true\n$/)
  assert.match(err, /^will log in on Linux: unknown, because its database of cookies could not be read/)
  assert.match(err, /done: (\d+) of \1 bytes\n$/)
  assert.equal((await sandbox.requests('complete_upload')).length, 1)
  const wrong = await program(['examples/upload_profile.mjs', '/nowhere', 'login'])
  assert.deepEqual([wrong.code, wrong.out], [1, ''])
  assert.match(
    wrong.err,
    /no file or folder at \/nowhere; check the path \(source_unreadable, outcome: not_completed\)/,
  )
  assert.equal((await program(['examples/upload_profile.mjs'])).code, 2)
})

test('the example that uploads a profile, and Ctrl-C', async () => {
  await sandbox.fault({ ...STALL, on: 'initiate_upload', do: { hold: true } })
  const { code, err } = await program(
    ['examples/upload_profile.mjs', profile, 'login'],
    '',
    async (child) => {
      await until(async () => (await sandbox.requests('initiate_upload')).length > 0)
      child.kill('SIGINT')
    },
  )
  assert.equal(code, 1)
  assert.match(err, /cancelled by the caller \(cancelled, outcome: not_completed\)/)
})

test('the example that uploads a profile, and Ctrl-C while it is packed', async () => {
  const endless = join(project, 'endless')
  makeProfile(
    {
      'Local State': { text: '{}' },
      'Last Version': { text: '131' },
      'Default/Cookies': 1,
      'Default/large': 0,
    },
    endless,
  )
  truncateSync(join(endless, 'Default/large'), 2 ** 37)
  const { code, err } = await program(
    ['examples/upload_profile.mjs', endless, 'login'],
    '',
    async (child) => {
      let heard = ''
      child.stderr.on('data', (data) => (heard += data))
      await until(() => /packing: [1-9]/.test(heard))
      child.kill('SIGINT')
      await soon(once(child, 'exit'))
    },
  )
  assert.equal(code, 1)
  assert.match(err, /cancelled by the caller \(cancelled, outcome: not_completed\)/)
  assert.deepEqual(await sandbox.requests(), [])
})

test('the example that sends files', async () => {
  const given = await program(['examples/send_files.mjs', 'a', 'b', report])
  assert.match(given.out, /^tr_\S+ is active\nreport\.pdf: 4 bytes, verified: true\n$/, inspect(given))
  const piped = await program(['examples/send_files.mjs', 'a', 'b'], 'from a pipe')
  assert.match(piped.out, /stdin\.bin: 11 bytes, verified: true\n$/, inspect(piped))
  assert((await sandbox.digests()).has(createHash('sha256').update('from a pipe').digest('hex')))
  const wrong = await program(['examples/send_files.mjs', 'a', 'b', '/nowhere'])
  assert.equal(JSON.parse(wrong.err).code, 'source_unreadable')
})

test('the demo', async () => {
  const { code, out, err } = await program(['examples/demo.mjs', PROGRAM])
  assert.deepEqual([code, err], [0, ''])
  assert.match(out, /packed {5}3 files, 2 locks and caches left out\n/)
  assert.match(
    out,
    /verified: true\n[^]*rows\.csv {3}8 bytes, SHA-256 \w{64}, verified: true\n {2}status {5}active [^]*\nAll arrived\.\n$/,
  )
  assert.match(
    out,
    /sealed for \w{64} \(named by the service\)\n[^]*rows\.csv {3}24 bytes sealed, verified: true\n[^]*opened {5}rows\.csv, 8 bytes/,
  )
})

// -- the examples in texts

const TEXTS = ['bindings-node/README.md'] // tests/docs runs the rest of the documentation
const blocks = TEXTS.flatMap((name) =>
  [...readFileSync(join(ROOT, name), 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map(([, block], at) => ({
    name,
    at,
    block,
  })),
)

test('there are examples in the README', () =>
  assert(blocks.some(({ name }) => name === 'bindings-node/README.md')))

// They show the services' own addresses; here they are the sandbox's.
writeFileSync(
  join(project, 'here.mjs'),
  `
  import * as dropoff from 'dropoff'
  export * from 'dropoff'
  const { DROPOFF_BASE_URL: baseUrl, DROPOFF_STORAGE: storage } = process.env
  export class HCompany extends dropoff.HCompany { constructor(o) { super({ baseUrl, trustedStorage: [storage], ...o }) } }
  export class AgentDrop extends dropoff.AgentDrop { constructor(o) { super({ baseUrl, trustedStorage: [storage], ...o }) } }
`,
)

for (const { name, at, block } of blocks) {
  test(`${name}, block ${at + 1}`, async () => {
    await sandbox.agents(registered)
    writeFileSync(join(project, 'block.mjs'), block.replaceAll(`from 'dropoff'`, `from './here.mjs'`))
    const { code, err } = await program(['block.mjs'])
    assert.deepEqual([code, err], [0, ''])
  })
}
