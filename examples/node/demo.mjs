// The tour that `make demo` gives: both flows against the sandbox, no account needed.
//
// Starts the sandbox, uploads a small browser-profile folder, sends two files, sends them once more sealed
// and opens them as the recipient, and prints what the services then hold. The sandbox ends when its standard
// input closes, so nothing is left behind even if this program is killed.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { AgentDrop, Encryption, HCompany, KeyPair, openSealed } from 'dropoff'

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
  // A Chrome of Windows has another lock, and a link wants rights there.
  if (process.platform !== 'win32') symlinkSync('demo-host-4711', join(profile, 'SingletonLock'))
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
    console.log(
      `  ${file.name.padEnd(10)} ${file.bytes} bytes, SHA-256 ${digest(content)}, verified: ${file.verified}`,
    )
    assert(file.verified)
  }
  const { status } = await d.getTransfer(sent.id)
  console.log(`  status     ${status} (as the service reports it)`)
  assert(status === sent.status && status === 'active')

  await sealedTour(services, d, [report, ['rows.csv', rows]], folder)
  console.log('\nAll arrived.')
}

/** Both agents have a key pair, and the service knows the public halves, as after the official SDK's
 * `register`. */
async function sealedTour(services, d, files, folder) {
  console.log('\nNode: the same files, sealed for the recipient')
  const [ours, theirs] = [KeyPair.generate(), KeyPair.generate()]
  const agents = [
    { agent_id: 'data-pipeline', public_key: ours.publicKey },
    { agent_id: 'analysis-agent', public_key: theirs.publicKey },
  ]
  const registered = await fetch(`${services.control_url}/agents`, {
    method: 'POST',
    body: JSON.stringify(agents),
  })
  assert(registered.ok)
  const sent = await d.send(files, {
    sender: 'data-pipeline',
    recipient: 'analysis-agent',
    encrypt: new Encryption(ours),
    journal: join(folder, 'send.journal'), // the same call would go on from here, had this one been killed
  })
  console.log(`  id         ${sent.id}`)
  console.log(`  sealed for ${sent.recipientKeyFingerprint} (named by the ${sent.recipientKeySource})`)
  assert.equal(sent.recipientKeyFingerprint, digest(Buffer.from(theirs.publicKey, 'base64')))
  for (const file of sent.files)
    console.log(`  ${file.name.padEnd(10)} ${file.bytes} bytes sealed, verified: ${file.verified}`)
  assert(sent.encrypted && sent.files.every((file) => file.verified))

  // What the recipient does: download, then open.
  const authorization = `Bearer ${services.agentdrop_api_key}`
  const reply = await fetch(`${services.api_url}/v1/transfers/${sent.id}/download`, {
    headers: { authorization },
  })
  const download = await reply.json()
  for (const [at, file] of download.files.entries()) {
    const sealed = join(folder, `${at}.sealed`)
    const stored = await fetch(file.download_url)
    writeFileSync(sealed, Buffer.from(await stored.arrayBuffer()))
    const opened = await openSealed(sealed, {
      to: join(folder, `opened-${file.name}`),
      keyPair: theirs,
      senderPublicKey: download.sender_public_key,
      encryptedKey: download.encrypted_key,
      encryptionIv: file.encryption_iv,
    })
    const [source] = [files[at]].flat().slice(-1)
    const content = typeof source === 'string' ? readFileSync(source) : source
    assert(readFileSync(opened.path).equals(content))
    console.log(`  opened     ${file.name}, ${opened.bytes} bytes, the same as before`)
  }
}

function digest(content) {
  return createHash('sha256').update(content).digest('hex')
}

const built = fileURLToPath(new URL('../../target/debug/dropoff-sandbox', import.meta.url))
await main(process.argv[2] ?? built)
