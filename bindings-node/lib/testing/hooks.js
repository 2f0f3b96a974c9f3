// @ts-check
'use strict'

// A sandbox that lasts as long as the tests of a file, by the hooks of whichever runner there is.

const { runInThisContext } = require('node:vm')
const { setDefaults } = require('../defaults.js')
const { invalid } = require('../errors.js')
const { environmentOf, unstarted } = require('./sandbox.js')

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
  const { sandbox, share, ready } = unstarted('sandboxForTests', options)
  before(() => share({ lead, leave }))
  beforeEach(async () => {
    // Another file's hooks may have led to another.
    lead(ready())
    await sandbox.reset()
  })
  after(() => sandbox.stop())
  return sandbox
}

/** Those that clients may be led to, the last before the others. @type {any[]} */
const running = []
/** The one that they are led to. @type {any} */
let current
/** Gives back what was there before any of them. @type {(() => void) | undefined} */
let restore

/** Lets clients without arguments lead to it, also in programs that a test starts. @param {any} ready */
function lead(ready) {
  if (current === ready) return
  forget(ready)
  running.push(ready)
  change()
}

/** Lets them lead to the one before it, or to where they led before any. @param {any} ready */
function leave(ready) {
  forget(ready)
  change()
}

/** @param {any} ready */
function forget(ready) {
  const at = running.indexOf(ready)
  if (at >= 0) running.splice(at, 1)
}

function change() {
  restore?.()
  restore = undefined
  current = undefined
  if (running.length === 0) return
  restore = pointAt(running.at(-1))
  current = running.at(-1)
}

/** Gives what leads them back. @param {any} ready */
function pointAt(ready) {
  const { api_url: baseUrl, storage_url: storageUrl, ca_file: caFile } = ready
  const trust = { trustedStorage: [storageUrl], ...(caFile && { caFile }) }
  const variables = environmentOf(ready)
  /** @type {(() => void)[]} */
  const backs = []
  const back = () => {
    for (const put of backs) put()
  }
  try {
    for (const environment of environments()) {
      backs.push(saved(environment, [...PROXIES, ...Object.keys(variables)]))
      for (const name of PROXIES) delete environment[name]
      Object.assign(environment, variables)
    }
  } catch (error) {
    back()
    throw error
  }
  const defaults = setDefaults({
    AgentDrop: { apiKey: ready.agentdrop_api_key, baseUrl, ...trust },
    HCompany: { apiKey: ready.h_api_key, baseUrl, ...trust },
    Storage: trust,
  })
  return () => {
    setDefaults(defaults)
    back()
  }
}

/** Under Jest `process.env` is a copy, which programs that a test starts are not given. */
function environments() {
  /** @type {NodeJS.ProcessEnv | undefined} */
  const programs = runInThisContext('globalThis.process?.env')
  return programs === undefined || programs === process.env ? [process.env] : [programs, process.env]
}

/**
 * Gives what sets these variables back.
 * @param {NodeJS.ProcessEnv} environment @param {string[]} names
 */
function saved(environment, names) {
  const before = names.map((name) => ({ name, value: environment[name] }))
  return () => {
    for (const { name, value } of before) {
      if (value === undefined) delete environment[name]
      else environment[name] = value
    }
  }
}

module.exports = { sandboxForTests, startSandbox }
