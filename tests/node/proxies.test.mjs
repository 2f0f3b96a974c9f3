// The environment's proxy and certificate variables, as a Node program meets them.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { inspect } from 'node:util'

import { AgentDrop, Storage } from '../../bindings-node/index.mjs'

import { NOWHERE, isWindows, rejection } from './helpers.mjs'
import { sandboxForTests } from './sandbox.mjs'

const sandbox = await sandboxForTests()
const TERMS = { sender: 'a', recipient: 'b' }
const NAMES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'ALL_PROXY', 'SSL_CERT_FILE']
const before = Object.fromEntries(NAMES.map((name) => [name, process.env[name]]))

/** A message that has the name of a variable, which on Windows is the same in any case. */
const named = (words) => new RegExp(words, isWindows ? 'i' : '')

function restore() {
  for (const name of NAMES) {
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  }
}
beforeEach(restore)
after(restore)

/** What storage and a service that are somewhere else give. */
async function refusals() {
  const storage = new Storage({ maxAttempts: 1 })
  const service = new AgentDrop({ apiKey: 'ad_canary_0123', baseUrl: 'https://api.example', maxAttempts: 1 })
  return [
    await rejection(storage.put('https://bucket.s3.example/k', Buffer.from('x'))),
    await rejection(service.send([['a', Buffer.from('x')]], TERMS)),
  ]
}

test('a proxy that its password breaks is refused unread', async () => {
  for (const value of ['http://alice:S3cret#Pw@127.0.0.1:9', 'http://alice:12345/S3cret@127.0.0.1:9']) {
    process.env.HTTPS_PROXY = value
    const errors = await refusals()
    for (const error of errors) {
      assert.equal(error.code, 'invalid_input')
      assert.match(error.message, named('HTTPS_PROXY.*%23 for #'))
    }
    errors.push(await rejection(Promise.resolve().then(() => new Storage({ proxy: value }))))
    for (const part of ['alice', 'S3cret', '12345']) {
      assert.ok(!inspect(errors, { depth: 9, showHidden: true }).includes(part), part)
    }
  }
})

test('a proxy that is down is told with the variable that names it', async () => {
  process.env.https_proxy = 'http://127.0.0.1:1'
  for (const error of await refusals()) {
    assert.match(error.message, /the proxy 127\.0\.0\.1:1 of https_proxy: the connection was refused/)
    assert.equal(error.outcome, 'not_completed')
  }
})

test('this machine is not behind a proxy, and one of another kind is not passed by', async () => {
  process.env.ALL_PROXY = 'socks5://127.0.0.1:9'
  process.env.HTTP_PROXY = 'http://127.0.0.1:9'
  for (const error of await refusals()) assert.match(error.message, named('ALL_PROXY.*socks5'))
  assert.equal((await sandbox.agentdrop().send([['a', Buffer.from('x')]], TERMS)).status, 'active')
})

test('roots that cannot be read are named', async () => {
  process.env.SSL_CERT_FILE = join(NOWHERE, 'roots.pem')
  for (const error of await refusals()) {
    assert.equal(error.code, 'invalid_input')
    assert(error.message.includes(`SSL_CERT_FILE names ${join(NOWHERE, 'roots.pem')}`), error.message)
  }
})
