// The rows of docs/guides/bundlers.md: what each bundler makes of a program, with the setting named there,
// runs and sends a file. Next.js is in next.test.mjs; Electron is nowhere, since npm has no program of it,
// only what fetches one.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { nodeFileTrace } from '@vercel/nft'
import resolve from '@rollup/plugin-node-resolve'
import * as esbuild from 'esbuild'
import { rollup } from 'rollup'
import * as vite from 'vite'
import webpack from 'webpack'
import { startSandbox } from 'dropoff/testing'
import { install } from './install.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const APP = join(HERE, 'app.mjs')
const OUT = join(HERE, 'out')
/** @type {import('dropoff/testing').Sandbox} */
let sandbox

before(async () => {
  sandbox = await startSandbox()
  mkdirSync(OUT, { recursive: true })
})
after(async () => {
  await sandbox.stop()
  rmSync(OUT, { recursive: true, force: true })
})

/** @param {string[]} command @param {string} cwd @param {Record<string, string>} [more] */
function sends([program, ...arguments_], cwd, more) {
  const env = { ...process.env, ...sandbox.environment(), ...more }
  assert.equal(execFileSync(program, arguments_, { cwd, env, encoding: 'utf8' }).trim(), 'active')
}

/** @param {string} program */
function runs(program) {
  sends([process.execPath, program], dirname(program))
  assert(!readFileSync(program, 'utf8').includes('class DropoffError'), 'the package stays out of the bundle')
}

test('esbuild', async () => {
  const common = { entryPoints: [APP], bundle: true, platform: 'node', format: 'esm' }
  const outfile = join(OUT, 'esbuild.mjs')
  await esbuild.build({ ...common, external: ['dropoff'], outfile })
  runs(outfile)
  await esbuild.build({ ...common, packages: 'external', outfile })
  runs(outfile)
})

const FORMATS = {
  commonjs: { output: { path: OUT, filename: 'webpack.cjs' } },
  module: {
    experiments: { outputModule: true },
    output: { path: OUT, filename: 'webpack.mjs', module: true, chunkFormat: 'module' },
  },
}
for (const [format, settings] of Object.entries(FORMATS)) {
  test(`webpack, ${format}`, async () => {
    const externals = { dropoff: `${format} dropoff` }
    const compiler = webpack({ mode: 'production', target: 'node', entry: APP, externals, ...settings })
    const stats = await new Promise((done, failed) =>
      compiler.run((error, stats) => (error ? failed(error) : done(stats))),
    )
    assert.deepEqual([stats.compilation.errors, stats.compilation.warnings], [[], []])
    runs(join(OUT, settings.output.filename))
  })
}

test('Rollup', async () => {
  const bundle = await rollup({ input: APP, external: ['dropoff'], plugins: [resolve()] })
  const file = join(OUT, 'rollup.mjs')
  await bundle.write({ file, format: 'es' })
  runs(file)
})

test('Vite', async () => {
  await vite.build({
    root: HERE,
    configFile: false,
    logLevel: 'error',
    ssr: { external: ['dropoff'] },
    build: {
      ssr: APP,
      outDir: join(OUT, 'vite'),
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'vite.mjs' } },
    },
  })
  runs(join(OUT, 'vite', 'vite.mjs'))
})

test('@vercel/nft traces the compiled module, and what it names is enough', async () => {
  const base = realpathSync(join(HERE, '../..'))
  const { fileList } = await nodeFileTrace([APP], { base })
  const copy = mkdtempSync(join(tmpdir(), 'dropoff-nft-'))
  try {
    for (const file of fileList) {
      mkdirSync(dirname(join(copy, file)), { recursive: true })
      cpSync(join(base, file), join(copy, file), { verbatimSymlinks: true })
    }
    assert([...fileList].some((file) => file.endsWith('.node')))
    runs(join(copy, 'tests/bundlers/app.mjs'))
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})

test('Bun embeds the compiled module, and its program needs nothing beside it', () => {
  const app = mkdtempSync(join(tmpdir(), 'dropoff-bun-'))
  try {
    cpSync(APP, join(app, 'app.mjs'))
    install(app)
    const program = join(app, 'alone', 'program')
    const build = ['build', '--compile', 'app.mjs', '--outfile', program]
    // Its install script moves the binary there, whatever the system.
    execFileSync(join(HERE, 'node_modules/bun/bin/bun.exe'), build, { cwd: app, stdio: 'pipe' })
    rmSync(join(app, 'node_modules'), { recursive: true })
    // There it puts the module when it starts, and leaves it.
    sends([program], dirname(program), { TMPDIR: app })
    assert(readdirSync(app).some((name) => name.endsWith('.node')))
  } finally {
    rmSync(app, { recursive: true, force: true })
  }
})
