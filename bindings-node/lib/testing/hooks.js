// @ts-check
'use strict'

// A sandbox that lasts as long as the tests of a file, by the hooks of whichever runner there is.

const { runInThisContext } = require('node:vm')
const { setDefaults } = require('../defaults.js')
const { invalid } = require('../errors.js')
const { unstarted } = require('./sandbox.js')

/** With a proxy of the developer's own, loopback could be looked for elsewhere. */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()])

/** @param {any} [options] */
async function startSandbox(options) {
  const { sandbox, start } = unstarted('startSandbox', options)
  await start()
  return sandbox
}

/** @param {any} [hooks] @param {any} [options] */
function sandboxForTests(hooks, options) {
  hooks ??= globalThis
  const before = hooks.before ?? hooks.beforeAll
  const after = hooks.after ?? hooks.afterAll
  const { beforeEach } = hooks
  if ([before, after, beforeEach].some((hook) => typeof hook !== 'function')) {
    throw invalid('sandboxForTests needs the hooks of the test runner: { before, after, beforeEach }')
  }
  const { sandbox, share } = unstarted('sandboxForTests', options)
  before(() => share(() => pointAt(sandbox)))
  beforeEach(() => sandbox.reset())
  after(() => sandbox.stop())
  return sandbox
}

/**
 * Lets clients without arguments lead to the sandbox, also in programs that a test starts.
 * @param {any} sandbox
 */
function pointAt(sandbox) {
  const { apiUrl: baseUrl, storageUrl, caFile } = sandbox
  const trust = { trustedStorage: [storageUrl], ...(caFile && { caFile }) }
  const restored = environments().map((environment) => pointed(environment, sandbox.environment()))
  const defaults = setDefaults({
    AgentDrop: { apiKey: sandbox.agentdropApiKey, baseUrl, ...trust },
    HCompany: { apiKey: sandbox.hApiKey, baseUrl, ...trust },
    Storage: trust,
  })
  return () => {
    setDefaults(defaults)
    for (const restore of restored) restore()
  }
}

/** Under Jest `process.env` is a copy, which programs that a test starts are not given. */
function environments() {
  /** @type {NodeJS.ProcessEnv | undefined} */
  const programs = runInThisContext('globalThis.process?.env')
  return programs === undefined || programs === process.env ? [process.env] : [programs, process.env]
}

/**
 * Sets these variables, and no proxies. Gives what sets them back.
 * @param {NodeJS.ProcessEnv} environment @param {Record<string, string>} variables
 */
function pointed(environment, variables) {
  const names = [...PROXIES, ...Object.keys(variables)]
  const before = names.map((name) => ({ name, value: environment[name] }))
  for (const name of PROXIES) delete environment[name]
  Object.assign(environment, variables)
  return () => {
    for (const { name, value } of before) {
      if (value === undefined) delete environment[name]
      else environment[name] = value
    }
  }
}

module.exports = { sandboxForTests, startSandbox }
