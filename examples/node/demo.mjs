// The tour that `make demo` gives: both flows against the sandbox, no account needed.
//
// Starts the sandbox, uploads a small browser-profile folder, sends two files, and prints what the services then
// hold. The sandbox ends when its standard input closes, so nothing is left behind even if this program is
// killed.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { AgentDrop, HCompany } from 'dropoff'

/** A folder with what a browser's user-data folder has: state, locks and caches. */
function makeProfile(folder) {
  const profile = join(folder, 'chrome-profile')
  const files = {
    'Local State': '{}',
    'Default/Preferences': '{"profile": {"name": "demo"}}',
    'Default/Network/Cookies': Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(20_000)]),
    'Default/Cache/data_0': Buffer.alloc(500_000),
  }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(profile, name)), { recursive: true })
    writeFileSync(join(profile, name), content)
  }
  symlinkSync('demo-host-4711', join(profile, 'SingletonLock'))
  return profile
}

async function main(sandboxProgram) {
  const folder = mkdtempSync(join(tmpdir(), 'dropoff-demo-'))
  const sandbox = spawn(sandboxProgram, ['serve', '--exit-with-stdin'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const [line] = await once(createInterface({ input: sandbox.stdout }), 'line')
    const services = JSON.parse(line)
    console.log(`sandbox: both services at ${services.api_url}, storage at ${services.storage_url}`)
    await tour(services, folder)
  } finally {
    sandbox.stdin.end()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function tour(services, folder) {
  const where = { baseUrl: services.api_url, trustedStorage: [services.storage_url] }

  console.log('\nNode: a browser profile')
  const h = new HCompany({ apiKey: services.h_api_key, ...where })
  const profile = await h.uploadProfile(makeProfile(folder), {
    name: 'demo-login',
    browserName: 'chromium',
    browserVersion: '131',
    labels: { team: 'demo' },
  })
  console.log(
    `  packed     ${profile.packed.files} files, ${profile.packed.leftOut} locks and caches left out`,
  )
  console.log(`  id         ${profile.id}`)
  console.log(`  bytes      ${profile.fileSizeBytes}`)
  console.log(`  SHA-256    ${profile.upload.sha256}`)
  console.log(`  verified: ${profile.verified}`)
  assert(profile.verified && profile.upload.bytes === profile.fileSizeBytes)
  assert.equal((await h.getProfile(profile.id)).checksum, profile.upload.sha256)

  console.log('\nNode: a transfer of two files')
  const report = join(folder, 'report.pdf')
  writeFileSync(report, Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(3_000_000)]))
  const rows = Buffer.from('a,b\n1,2\n')
  const d = new AgentDrop({ apiKey: services.agentdrop_api_key, ...where })
  const sent = await d.send([report, ['rows.csv', rows]], {
    sender: 'data-pipeline',
    recipient: 'analysis-agent',
  })
  console.log(`  id         ${sent.id}`)
  for (const [at, content] of [readFileSync(report), rows].entries()) {
    const file = sent.files[at]
    const digest = createHash('sha256').update(content).digest('hex')
    console.log(`  ${file.name.padEnd(10)} ${file.size} bytes, SHA-256 ${digest}, verified: ${file.verified}`)
    assert(file.verified)
  }
  const { status } = await d.getTransfer(sent.id)
  console.log(`  status     ${status} (as the service reports it)`)
  assert(status === sent.status && status === 'active')
  console.log('\nBoth arrived.')
}

const built = fileURLToPath(new URL('../../target/debug/dropoff-sandbox', import.meta.url))
await main(process.argv[2] ?? built)
