// What users test with: the sandbox, and the hooks that give one to the tests of a file.

import assert from 'node:assert/strict'
import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { AgentDrop, Encryption, HCompany, KeyPair } from '../../bindings-node/index.mjs'
import { Sandbox, sandboxForTests, startSandbox } from '../../bindings-node/testing.mjs'
import { failure, thrown, until } from './helpers.mjs'
import { PROGRAM, ROOT, temporaryFolder } from './sandbox.mjs'

const folder = temporaryFolder()
const terms = { sender: 'a', recipient: 'b' }
const files = [['report.pdf', Buffer.from('%PDF')]]
const refused = { on: 'put', times: 2, do: { reply: { status: 503 } } }
process.env.DROPOFF_SANDBOX = PROGRAM
process.env.http_proxy = 'http://127.0.0.1:9'
process.env.AGENTDROP_API_KEY = 'the developer’s own'

const sandbox = sandboxForTests({ before, after, beforeEach })
// Registered later, so it runs after the sandbox's own.
after(() => {
  assert.equal(process.env.http_proxy, 'http://127.0.0.1:9')
  assert.equal(process.env.AGENTDROP_API_KEY, 'the developer’s own')
  assert.equal(process.env.DROPOFF_TRUSTED_STORAGE, undefined)
  assert.throws(() => sandbox.apiUrl, /the sandbox is stopped, and what it had is gone/)
})

assert.throws(() => sandbox.apiUrl, /the sandbox is not started yet; .* use it within tests/)

test('a program runs against it unchanged', async () => {
  await sandbox.faults({ ...refused, do: { delay_ms: 1 } })
  const sent = await new AgentDrop().send(files, terms)
  assert.equal(sent.status, 'active')
  const [stored] = await sandbox.objects()
  assert.equal(String(await sandbox.content(stored.key)), '%PDF')
  assert.deepEqual(
    (await sandbox.transfers()).map(({ id }) => id),
    [sent.id],
  )
  assert((await new HCompany().initiateUpload()).profileId)
})

test('it is empty again before the next', async () => {
  assert.deepEqual(await sandbox.objects(), [])
  assert.deepEqual(await sandbox.requests(), [])
})

test('so does a program that a test starts', async () => {
  const url = new URL('../../bindings-node/index.mjs', import.meta.url).href
  const program = `import { AgentDrop } from ${JSON.stringify(url)}
    console.log((await new AgentDrop().send([['x', Buffer.from('1')]], ${JSON.stringify(terms)})).status)`
  // Not synchronously, which would be no test of a server in this process.
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program])
  assert.equal(stdout, 'active\n')
})

test('and one over TLS', async () => {
  const url = new URL('../../bindings-node/index.mjs', import.meta.url).href
  const program = `import { AgentDrop } from ${JSON.stringify(url)}
    console.log((await new AgentDrop().send([['x', Buffer.from('1')]], ${JSON.stringify(terms)})).status)`
  const other = await startSandbox({ options: ['--tls'] })
  const env = { ...process.env, ...other.environment() }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    env,
  })
  await other.stop()
  assert.equal(stdout, 'active\n')
})

test('and one in a worker thread, whose environment is its own', async () => {
  const testing = join(ROOT, 'bindings-node/testing.js')
  const index = join(ROOT, 'bindings-node/index.js')
  const program = `
    const hooks = {}
    const hook = (name) => (call) => (hooks[name] = call)
    const { sandboxForTests } = require(${JSON.stringify(testing)})
    sandboxForTests({ beforeAll: hook('before'), afterAll: hook('after'), beforeEach: hook('each') })
    const { AgentDrop } = require(${JSON.stringify(index)})
    void (async () => {
      await hooks.before()
      await hooks.each()
      const sent = await new AgentDrop().send([['x', Buffer.from('1')]], ${JSON.stringify(terms)})
      await hooks.after()
      require('node:worker_threads').parentPort.postMessage(sent.status)
    })()`
  const env = { DROPOFF_SANDBOX: PROGRAM }
  const worker = new Worker(program, { eval: true, env })
  const status = await new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject))
  assert.equal(status, 'active')
  await worker.terminate()
})

test('arguments of a client go first', async () => {
  await failure(() => new AgentDrop({ apiKey: 'agd_wrong' }).getTransfer('tr_1'), 'authentication')
  await failure(() => new AgentDrop({ trustedStorage: [] }).send(files, terms), 'unsafe_target')
  assert.equal((await new AgentDrop({ apiKey: null }).send(files, terms)).status, 'active')
  thrown(() => new AgentDrop('agd_wrong'), 'invalid_input', 'takes an object')
})

test('orders are followed and forgotten', async () => {
  const d = sandbox.agentdrop({ maxAttempts: 1 })
  await sandbox.faults({ ...refused, times: -1 }, { on: 'get_profile', do: { reply: { status: 503 } } })
  await failure(() => d.send(files, terms), 'unavailable')
  await sandbox.clearFaults('put')
  assert.equal((await d.send(files, terms)).status, 'active')
  const id = '00000000-0000-4000-8000-000000000000'
  await failure(() => sandbox.hcompany({ maxAttempts: 1 }).getProfile(id), 'unavailable')
  await sandbox.forgetRequests()
  assert.deepEqual(await sandbox.requests(), [])
  await sandbox.settings({ max_file_bytes: 3 })
  await failure(() => d.send(files, terms), 'too_large')
  const pair = KeyPair.generate()
  await sandbox.reset()
  await sandbox.agents({ agent_id: 'b', public_key: pair.publicKey })
  assert((await d.send(files, { ...terms, encrypt: new Encryption(KeyPair.generate()) })).encrypted)
  assert.deepEqual(await sandbox.profiles(), [])
  await sandbox.hostile(100, 7)
  await d.getTransfer('tr_1', { signal: AbortSignal.timeout(2_000) }).catch(() => {})
  assert((await sandbox.requests()).at(-1).fault)
})

test('a slip is told', async () => {
  await assert.rejects(sandbox.settings({ no_such: 1 }), /the sandbox: unknown setting/)
  await assert.rejects(sandbox.faults({ on: 'put', do: { no_such: 1 } }), /the sandbox: /)
  await assert.rejects(sandbox.content('no such object'), /the sandbox: not found/)
  thrown(() => new Sandbox(), 'invalid_input', 'is made by startSandbox()')
  thrown(() => sandboxForTests({ before, after }), 'invalid_input', '{ before, after, beforeEach }')
})

test('storage over TLS is trusted, and a sandbox ends with its block', async () => {
  const other = await startSandbox({ program: PROGRAM, options: ['--tls'] })
  assert(other.storageUrl.startsWith('https://') && other.caFile)
  const ticket = await other.agentdrop().presign(files, terms)
  const [{ upload_url: url, headers }] = ticket.reveal().upload_urls
  assert((await other.storage().put(url, Buffer.from('%PDF'), { headers })).verified)
  const { controlUrl } = other
  await other[Symbol.asyncDispose]()
  await assert.rejects(fetch(`${controlUrl}/healthz`))
})

test('settings that are undefined lead nowhere else', async () => {
  // The environment, and what clients are given that are made without arguments, lead to the first.
  const other = await startSandbox({ program: PROGRAM, options: null })
  try {
    for (const nothing of [undefined, null]) {
      const options = { apiKey: nothing, baseUrl: nothing, trustedStorage: nothing, backoffBase: nothing }
      const sent = await other.agentdrop(options).send(files, terms)
      assert.equal(sent.status, 'active')
      assert((await other.hcompany(options).initiateUpload()).profileId)
      const [{ upload_url: url, headers }] = (await other.agentdrop().presign(files, terms)).reveal()
        .upload_urls
      const stored = await other.storage({ trustedStorage: nothing }).put(url, files[0][1], { headers })
      assert.equal(stored.bytes, 4)
    }
    assert.equal((await other.transfers()).length, 4)
    thrown(() => other.agentdrop('agd_wrong'), 'invalid_input', 'takes an object')
  } finally {
    await other.stop()
  }
})

/** Hooks that are called by the test, as runners would. */
function hooksByHand() {
  const calls = {}
  const hook = (name) => (call) => (calls[name] = call)
  return { calls, hooks: { before: hook('before'), after: hook('after'), beforeEach: hook('each') } }
}

test('hooks within hooks give back what was there', async () => {
  const { calls, hooks } = hooksByHand()
  const inner = sandboxForTests(hooks, { options: ['--tls'] })
  await calls.before()
  await calls.each()
  await new AgentDrop().send(files, terms)
  assert.equal((await inner.transfers()).length, 1)
  await calls.after()
  process.env.AGENTDROP_BASE_URL = 'http://127.0.0.1:9' // under Jest the compiled half sees none
  await new AgentDrop().send(files, terms)
  process.env.AGENTDROP_BASE_URL = sandbox.apiUrl
  assert.equal((await sandbox.transfers()).length, 1)
})

test('files whose hooks all run before the first test share one', async () => {
  const [one, two] = [hooksByHand(), hooksByHand()]
  const [first, second] = [one, two].map(({ hooks }) => sandboxForTests(hooks, { options: ['--tls'] }))
  // Both at once, as no runner does.
  await Promise.all([one.calls.before(), two.calls.before()])
  await one.calls.each()
  await two.calls.each()
  await new AgentDrop().send(files, terms)
  assert.deepEqual([(await first.transfers()).length, (await second.transfers()).length], [1, 1])
  const { controlUrl } = second
  await one.calls.after()
  assert.throws(() => first.apiUrl, /the sandbox is stopped/)
  await new AgentDrop().send(files, terms)
  assert.equal((await second.transfers()).length, 2)
  await two.calls.after()
  await assert.rejects(fetch(`${controlUrl}/healthz`))
  assert.equal(process.env.AGENTDROP_BASE_URL, sandbox.apiUrl)
  // The first again, as in a runner's watch mode.
  await one.calls.before()
  await new AgentDrop().send(files, terms)
  assert.equal((await first.transfers()).length, 1)
  await one.calls.after()
})

test('files that ask for different ones are each led to their own', async () => {
  const [one, two] = [hooksByHand(), hooksByHand()]
  const first = sandboxForTests(one.hooks, { options: ['--tls'] })
  const second = sandboxForTests(two.hooks, { program: join(dirname(PROGRAM), 'dropoff') })
  const authority = process.env.SSL_CERT_FILE
  await one.calls.before()
  await two.calls.before()
  for (const [{ calls }, own] of [
    [one, first],
    [two, second],
    [one, first],
  ]) {
    await calls.each()
    await new AgentDrop().send(files, terms)
    assert.equal((await own.transfers()).length, 1)
    assert.equal(process.env.SSL_CERT_FILE, own.caFile ?? authority)
  }
  await one.calls.after()
  await two.calls.each()
  await new AgentDrop().send(files, terms)
  assert.equal((await second.transfers()).length, 1)
  await two.calls.after()
  assert.equal(process.env.AGENTDROP_BASE_URL, sandbox.apiUrl)
  assert.equal(process.env.SSL_CERT_FILE, authority)
  await new AgentDrop().send(files, terms)
  assert.equal((await sandbox.transfers()).length, 1)
})

test('a sandbox that clients cannot be led to is stopped', async () => {
  const pid = join(folder, 'pid of the unled')
  const program = join(folder, 'unled')
  writeFileSync(program, `#!/bin/sh\necho $$ > "${pid}"\nexec ${PROGRAM} "$@"\n`, { mode: 0o755 })
  const { calls, hooks } = hooksByHand()
  sandboxForTests(hooks, { program })
  const { env } = process
  const set = (_, name, value) => {
    if (name === 'AGENTDROP_BASE_URL' && value !== sandbox.apiUrl) throw new Error('no such variable')
    return Reflect.set(env, name, value)
  }
  process.env = new Proxy(env, { set })
  try {
    await assert.rejects(calls.before(), /no such variable/)
  } finally {
    process.env = env
  }
  assert.throws(() => process.kill(Number(readFileSync(pid, 'utf8')), 0), { code: 'ESRCH' })
  await new AgentDrop().send(files, terms)
  assert.equal((await sandbox.transfers()).length, 1)
})

test('a program that does not start is started anew by the next hooks', async () => {
  const path = join(folder, 'later')
  const { calls, hooks } = hooksByHand()
  const later = sandboxForTests(hooks, { program: path })
  await assert.rejects(calls.before(), /there is no program/)
  symlinkSync(PROGRAM, path)
  await calls.before()
  assert.deepEqual(await later.objects(), [])
  await calls.after()
})

test('a module that is loaded anew leads there too', async () => {
  const { env } = process
  const require = createRequire(import.meta.url)
  const loaded = Object.keys(require.cache).filter((path) => path.includes('bindings-node/lib'))
  const index = join(ROOT, 'bindings-node/index.js')
  for (const path of [...loaded, index]) delete require.cache[path]
  env.AGENTDROP_BASE_URL = 'http://127.0.0.1:9' // in a worker thread the compiled half sees another
  const { AgentDrop: Anew } = require(index)
  assert.notEqual(Anew, AgentDrop)
  await new Anew().send(files, terms)
  env.AGENTDROP_BASE_URL = sandbox.apiUrl
  assert.equal((await sandbox.transfers()).length, 1)
})

test('a program that is not there', async () => {
  const { PATH } = process.env
  delete process.env.DROPOFF_SANDBOX
  process.env.PATH = folder
  try {
    await assert.rejects(startSandbox(), /environment variable DROPOFF_SANDBOX/)
    // The command has it as a subcommand; the sandbox alone goes before it.
    for (const name of ['dropoff', 'dropoff-sandbox']) {
      symlinkSync(join(dirname(PROGRAM), name), join(folder, name))
      await (await startSandbox()).stop()
    }
  } finally {
    Object.assign(process.env, { PATH, DROPOFF_SANDBOX: PROGRAM })
  }
})

test('a program that is no sandbox', async () => {
  const script = (name, text) => {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return path
  }
  writeFileSync(join(folder, 'text'), 'no program')
  for (const [program, words] of [
    ['/no/such/program', 'there is no program /no/such/program;'],
    [folder, `${folder} cannot be started (EACCES);`],
    [join(folder, 'text'), 'cannot be started (EACCES);'],
    ['a\0b', 'cannot be started (ERR_INVALID_ARG_VALUE);'],
    ['/bin/false', '/bin/false is not ready, it ended with 1; its standard error says why'],
    [script('killed', 'kill -9 $$'), 'it ended with SIGKILL;'],
    ['/bin/echo', '/bin/echo is no sandbox, or one of another version: it does not say where it listens;'],
    [script('object', 'echo "{}"; cat'), 'is no sandbox'],
    [script('another', `echo '{"control_url": "http://x", "api_url": 5}'; cat`), 'one of another version'],
    [script('null', 'echo null; cat'), 'is no sandbox'],
    [script('endless', 'yes | tr -d "\\n"'), 'is no sandbox'],
  ])
    await assert.rejects(startSandbox({ program }), ({ message }) => {
      assert(message.includes(words), message)
      assert.match(message, /name the right one in the environment variable DROPOFF_SANDBOX$/)
      return true
    })
})

test('wrong options of a sandbox are refused', async () => {
  for (const [wrong, words] of [
    ['x', 'the arguments of startSandbox must be an object such as { program }, not a string'],
    [['--tls'], 'the arguments of startSandbox must be an object'],
    [{ Program: 'x' }, 'startSandbox has no argument named "Program" (perhaps program is meant)'],
    [{ program: 5 }, 'program must be a path'],
    [{ options: '--tls' }, 'options must be a list of strings, not a string'],
    [{ options: [5] }, 'options[0] must be a string'],
  ])
    await failure(() => startSandbox(wrong), 'invalid_input', words)
  thrown(() => sandboxForTests({ before, after, beforeEach }, 'x'), 'invalid_input', 'of sandboxForTests')
})

test('a sandbox that is stopped or killed says so', async () => {
  const other = await startSandbox({ program: PROGRAM })
  await other.stop()
  await other.stop()
  for (const call of [() => other.requests(), () => other.reset(), async () => other.agentdrop()])
    await assert.rejects(call, /^Error: the sandbox is stopped, and what it had is gone; use it before that/)
  const pid = join(folder, 'pid')
  const program = join(folder, 'told')
  writeFileSync(program, `#!/bin/sh\necho $$ > ${pid}\nexec ${PROGRAM} "$@"\n`, { mode: 0o755 })
  const killed = await startSandbox({ program })
  process.kill(Number(readFileSync(pid, 'utf8')), 'SIGKILL')
  await until(() =>
    killed.requests().then(
      () => false,
      () => true,
    ),
  )
  await assert.rejects(killed.requests(), /^Error: the sandbox does not answer \(E\w+\); perhaps its process/)
  await killed.stop()
})

test('a sandbox that nobody stops keeps no program alive, and ends with it', async () => {
  const testing = join(ROOT, 'bindings-node/testing.js')
  const program = `require(${JSON.stringify(testing)}).startSandbox().then((s) => console.log(s.controlUrl))`
  const done = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8', timeout: 120_000 })
  assert.equal(done.status, 0, done.stderr)
  await until(() =>
    fetch(`${done.stdout.trim()}/healthz`).then(
      () => false,
      () => true,
    ),
  )
})

test('Ctrl-C at a terminal, which all processes of a group get, does not reach it', async () => {
  const testing = join(ROOT, 'bindings-node/testing.js')
  const program = `
    process.on('SIGINT', async () => {
      const sent = await s.agentdrop().send([['x', Buffer.from('1')]], ${JSON.stringify(terms)})
      console.log(sent.status)
      await s.stop()
      clearInterval(alive)
    })
    const alive = setInterval(() => {}, 1000)
    let s
    void require(${JSON.stringify(testing)}).startSandbox().then((started) => {
      s = started
      process.kill(-process.pid, 'SIGINT')
    })`
  const child = spawn(process.execPath, ['-e', program], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(child.stdout, 'data')
  assert.equal(String(said), 'active\n')
})
