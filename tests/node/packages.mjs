// The packages that scripts/pack.mjs makes, and a registry on this machine that npm installs them from.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './sandbox.mjs'

const run = promisify(execFile)
const source = join(ROOT, 'bindings-node')
const part = (name) => createRequire(join(source, 'index.js'))(`./lib/${name}.js`)
export const { PLATFORMS, packageOf } = part('platforms')
const { platformOf, thisSystem } = part('system')
export const PLATFORM = platformOf(thisSystem())

/**
 * Packs `dropoff` and the package of this system, and of others with something else as their file. Gives each
 * as `{ tarball, manifest, files }`, dropoff first.
 */
export async function packPackages(folder, others = {}) {
  const modules = { [PLATFORM]: join(source, `dropoff.${PLATFORM}.node`), ...others }
  const given = Object.entries(modules).map(([name, file]) => `${name}=${file}`)
  await run(process.execPath, [join(source, 'scripts/pack.mjs'), folder, ...given])
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  const packages = await Promise.all(tarballs.map((name) => look(join(folder, name))))
  return packages.sort((a, b) => rank(a) - rank(b))
}

/** dropoff, this system's, the others. */
const rank = ({ manifest: { name } }) => ['dropoff', packageOf(PLATFORM)].indexOf(name) >>> 0

async function look(tarball) {
  const listed = await run('tar', ['-tzf', tarball])
  const files = listed.stdout
    .split('\n')
    .filter(Boolean)
    .map((name) => name.replace(/^package\//, ''))
  const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json'])
  return { tarball, manifest: JSON.parse(stdout), files: files.sort() }
}

/** Serves packages as npm's registry does; gives its address and a way to close it. */
export async function startRegistry(packages) {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://h').pathname).slice(1)
    const tarball = packages.find((one) => path === `tarballs/${basename(one.tarball)}`)
    const named = packages.find((one) => one.manifest.name === path)
    if (tarball) return response.end(readFileSync(tarball.tarball))
    if (!named) return response.writeHead(404).end('{}')
    const { name, version } = named.manifest
    const integrity = `sha512-${createHash('sha512').update(readFileSync(named.tarball)).digest('base64')}`
    const dist = { integrity, tarball: `${url}/tarballs/${basename(named.tarball)}` }
    const versions = { [version]: { ...named.manifest, dist } }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  return { url, close: () => new Promise((resolve) => server.close(resolve)) }
}
