// The inspector's command line lists and calls, in both generations of the protocol.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { start } from './served.mjs'

const INSPECTOR = fileURLToPath(
  new URL('node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js', import.meta.url),
)
const served = await start()
after(() => served.stop())
beforeEach(() => served.reset())

/** Starts the inspector with a file of settings, as users have one. */
function started(era, settings, ...args) {
  const config = join(served.folder, '.mcp.json')
  writeFileSync(config, JSON.stringify({ mcpServers: { dropoff: { type: 'stdio', ...settings } } }))
  const all = ['--cli', '--config', config, '--server', 'dropoff', '--protocol-era', era, '--format', 'json']
  // What it keeps, it keeps in the home folder.
  const env = { ...process.env, HOME: served.folder }
  return spawn(process.execPath, [INSPECTOR, ...all, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function inspected(era, settings, ...args) {
  const child = started(era, settings, ...args)
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { out, err, code }
}

const call = (tool, given) => [
  ...['--method', 'tools/call', '--tool-name', tool],
  ...['--tool-args-json', JSON.stringify(given)],
]

for (const era of ['legacy', 'modern']) {
  test(`${era}: tools are listed, and no schema of theirs is doubtful`, async () => {
    const { out, err, code } = await inspected(era, served.settings(), '--method', 'tools/list', '--strict')
    assert.equal(code, 0, err)
    const { result } = JSON.parse(out)
    assert.equal((result ?? JSON.parse(out)).tools.length, 5)
  })

  test(`${era}: a file is sent, and one elsewhere is refused`, async () => {
    const sent = await inspected(
      era,
      served.settings(),
      ...call('send_files', { paths: ['report.pdf'], recipient: 'b' }),
    )
    assert.equal(sent.code, 0, sent.err)
    assert.match(sent.out, /"status": ?"active"/)
    const refused = await inspected(
      era,
      served.settings(),
      ...call('send_files', { paths: ['../secret'], recipient: 'b' }),
    )
    assert.match(refused.out, /is not in a folder that this program allows/)
    assert.equal((await served.requests('presign')).length, 1)
  })
}

test('a call that is interrupted leaves nothing', async () => {
  await served.fault({ on: 'put_part', times: -1, do: { hold: true } })
  const child = started(
    'legacy',
    served.settings(),
    ...call('send_files', { paths: ['large.bin'], recipient: 'b' }),
  )
  const ended = once(child, 'exit')
  await served.seen('put_part')
  child.kill('SIGINT')
  await ended
  await served.seen('abort_multipart')
})
