// @ts-check
'use strict'

// A sandbox that lasts as long as the tests of a file, by the hooks of whichever runner there is.

const { setDefaults } = require('../defaults.js')
const { invalid } = require('../errors.js')
const { unstarted } = require('./sandbox.js')

/** With a proxy of the developer's own, loopback could be looked for elsewhere. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()])

/** @param {any} [options] */
async function startSandbox(options) {
  const { sandbox, start } = unstarted(options)
  await start()
  return sandbox
}

/** @param {any} [hooks] @param {any} [options] */
function sandboxForTests(hooks = globalThis, options = undefined) {
  const before = hooks.before ?? hooks.beforeAll
  const after = hooks.after ?? hooks.afterAll
  const { beforeEach } = hooks
  if ([before, after, beforeEach].some((hook) => typeof hook !== 'function')) {
    throw invalid('sandboxForTests needs the hooks of the test runner: { before, after, beforeEach }')
  }
  const { sandbox, start } = unstarted(options)
  /** @type {(() => void) | undefined} */
  let restore
  before(async () => {
    await start()
    restore = pointAt(sandbox)
  })
  beforeEach(() => sandbox.reset())
  after(async () => {
    restore?.()
    await sandbox.stop()
  })
  return sandbox
}

/**
 * Lets clients without arguments lead to the sandbox, also in programs that a test starts.
 * @param {any} sandbox
 */
function pointAt(sandbox) {
  const { apiUrl: baseUrl, storageUrl, caFile } = sandbox
  const trust = { trustedStorage: [storageUrl], ...(caFile && { caFile }) }
  const environment = sandbox.environment()
  const before = [...PROXIES, ...Object.keys(environment)].map((name) => ({ name, value: process.env[name] }))
  for (const name of PROXIES) delete process.env[name]
  Object.assign(process.env, environment)
  setDefaults({
    AgentDrop: { apiKey: sandbox.agentdropApiKey, baseUrl, ...trust },
    HCompany: { apiKey: sandbox.hApiKey, baseUrl, ...trust },
    Storage: trust,
  })
  return () => {
    setDefaults({})
    for (const { name, value } of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

module.exports = { sandboxForTests, startSandbox }
