// Runs the shared scenarios of tests/vectors/scenarios through the Node API.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { DropoffError, Encryption, KeyPair, inspectProfile, openSealed } from '../../bindings-node/index.mjs'
import { expect } from './expect.mjs'
import { HANGS, rejection, until } from './helpers.mjs'
import { ROOT, sandboxForTests, temporaryFolder, vectors } from './sandbox.mjs'
import { make } from './sources.mjs'
import { camel, snakeKeys, snakeWords } from './spelling.mjs'

const sandbox = await sandboxForTests()
const folder = temporaryFolder()
// Part of a name: only those scenarios are run, and what passed is told elsewhere. See tests/scenario.py.
const chosen = process.env.DROPOFF_SCENARIO ?? ''
const passed = join(ROOT, chosen ? 'target/scenario/node' : 'target/scenarios/node')
rmSync(passed, { recursive: true, force: true })
mkdirSync(passed, { recursive: true })

const files = readdirSync(join(ROOT, 'tests/vectors/scenarios')).filter((name) => name.endsWith('.json'))
const every = files.sort().flatMap((name) => vectors(`scenarios/${name}`))
const scenarios = every.filter(({ name }) => name.includes(chosen))
assert(scenarios.length > 0, 'no scenarios')

/** Options and arguments in camelCase, `{"ms": 300}` as 300. */
function converted(given = {}) {
  const value = (v) => (v !== null && typeof v === 'object' && Object.keys(v).join() === 'ms' ? v.ms : v)
  return Object.fromEntries(Object.entries(given).map(([name, v]) => [camel(name), value(v)]))
}

/** Objects are merged, `null` removes, anything else replaces. */
function merged(into, changes) {
  const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v)
  if (!isObject(into) || !isObject(changes)) return changes
  const result = { ...into }
  for (const [name, change] of Object.entries(changes)) {
    if (change === null) delete result[name]
    else result[name] = merged(result[name], change)
  }
  return result
}

/** The ways to end a call from outside; a scenario that ends its call is run with each of them. */
const ENDINGS = {
  cancel: (job) => job.cancel(),
  signal: (_, controller) => controller.abort(),
}

/** As a scenario's `args.encrypt` says. */
function encryption({ presealed, privateKey, ...more }) {
  if (presealed !== undefined) return Encryption.presealed(presealed, more)
  return new Encryption(KeyPair.fromPrivateKey(privateKey), more)
}

/** Other bytes into the same file. */
function writeOthers(path) {
  writeFileSync(
    path,
    readFileSync(path).map((byte) => byte ^ 1),
  )
}

/** Makes the call a scenario names. */
class Caller {
  constructor(scenario, ending) {
    this.scenario = scenario
    this.ending = ending
    const { target, pack, no_browser: noBrowser, ...args } = scenario.args ?? {}
    this.target = target ?? {}
    this.args = converted(args)
    this.pack = pack && converted(pack)
    this.client = {
      ...converted(scenario.options),
      ...('api_key' in scenario ? { apiKey: scenario.api_key } : {}),
    }
    const browser = noBrowser ? {} : { browserName: 'chromium', browserVersion: '131' }
    this.details = { name: 'scenario', ...browser, ...this.args }
    this.folder = mkdtempSync(join(folder, 'scenario-'))
  }

  /** The arguments of a transfer; making them may be what fails. */
  terms(changes) {
    const { encrypt, journal, ...args } = { ...this.args, ...converted(changes) }
    const terms = { sender: 'sender-agent', recipient: 'recipient-agent', ...args }
    if (encrypt !== undefined) terms.encrypt = encryption(converted(encrypt))
    if (journal !== undefined) terms.journal = join(this.folder, journal)
    return terms
  }

  sources(own = mkdtempSync(join(folder, 'again-'))) {
    return (this.scenario.sources ?? []).map((spec, at) => make(spec, at, own))
  }

  orderFaults() {
    return sandbox.fault(...(this.scenario.faults ?? []))
  }

  /** Waits for the job that `start` gives, or ends it where the scenario says so. */
  async finish(start) {
    const controller = new AbortController()
    const job = start({ signal: controller.signal })
    const { cancel_at: operation } = this.scenario
    if (operation === undefined) return await job.wait()
    await until(async () => (await sandbox.requests(operation)).length > 0)
    ENDINGS[this.ending](job, controller)
    return await job.wait({ timeout: HANGS }).catch((error) => {
      // A signal's own reason is what the call rejects with; what became of the call is attached to it.
      if (this.ending === 'cancel') throw error
      assert.equal(error, controller.signal.reason)
      throw error.dropoff
    })
  }

  async 'hcompany.upload_profile'([made]) {
    const h = sandbox.hcompany(this.client)
    await this.orderFaults()
    let { ifChangedFrom, ...terms } = this.details
    terms.pack = this.pack
    if (this.scenario.first) {
      const [same] = this.sources(this.folder)
      const { id } = await h.uploadProfile(same.source, terms).finally(same.stop)
      await sandbox.forgetRequests()
      ifChangedFrom = ifChangedFrom.replace('$profile', id)
    }
    return await this.finish((more) =>
      h.startUploadProfile(made.source, { ...terms, ifChangedFrom, ...more }),
    )
  }

  async inspect_profile([made]) {
    return await inspectProfile(made.source, { pack: this.pack })
  }

  async 'hcompany.steps'([made]) {
    const h = sandbox.hcompany(this.client)
    await this.orderFaults()
    const ticket = await h.initiateUpload()
    const uploaded = await h.upload(ticket, made.source, { pack: this.pack })
    const profile = await h.completeUpload(ticket.profileId, { ...this.details, uploaded })
    assert.equal((await h.getProfile(profile.id)).checksum, profile.checksum)
    return profile
  }

  async 'agentdrop.send'(made) {
    const d = sandbox.agentdrop(this.client)
    await this.orderFaults()
    const files = made.map((m) => m.file())
    return await this.finish((more) => d.startSend(files, { ...this.terms(), ...more }))
  }

  async 'agentdrop.plan'(made) {
    const d = sandbox.agentdrop(this.client)
    const files = made.map((m) => m.file())
    return await d.plan(files, this.terms())
  }

  async 'agentdrop.resume'(made) {
    const d = sandbox.agentdrop(this.client)
    await this.orderFaults()
    const terms = { journal: join(this.folder, 'journal'), ...this.terms() }
    const files = made.map((m) => m.file())
    const error = await rejection(this.finish((more) => d.startSend(files, { ...terms, ...more })))
    assert(error instanceof DropoffError, error)
    assert.equal(error.journal, terms.journal)
    const again = await this.betweenCalls(terms.journal)
    const { args } = this.scenario.between ?? {}
    const sent = await d.send(
      again.map((m) => m.file()),
      { ...terms, ...this.terms(args) },
    )
    assert(!existsSync(terms.journal), 'the journal is left behind')
    return sent
  }

  async betweenCalls(path) {
    await sandbox.clearFaults()
    const { rewrite, touch, remove, journal, settings = {}, faults = [] } = this.scenario.between ?? {}
    await sandbox.settings(settings)
    await sandbox.fault(...faults)
    if (journal !== undefined) writeFileSync(path, journal)
    const again = this.sources(this.folder)
    if (rewrite) again.forEach(({ source }) => typeof source === 'string' && writeOthers(source))
    if (touch) again.forEach(({ source }) => typeof source === 'string' && utimesSync(source, 1e9, 1e9))
    if (remove) again.forEach(({ source }) => typeof source === 'string' && rmSync(source))
    return again
  }

  async 'agentdrop.steps'(made) {
    const d = sandbox.agentdrop(this.client)
    await this.orderFaults()
    const ticket = await d.presign(
      made.map((m) => m.file()),
      this.terms(),
    )
    const sent = await d.upload(
      ticket,
      this.sources().map((m) => m.file()),
    )
    const confirmed = await d.confirm(ticket.id)
    assert.equal((await d.getTransfer(ticket.id)).status, confirmed.status)
    return { ...confirmed, files: sent }
  }

  // The targets come from the sandbox's own replies; the key stays out of the raw client.

  async putTarget(made) {
    const ticket = await sandbox
      .agentdrop()
      .presign([['raw.bin', made.content ?? Buffer.alloc(0)]], this.terms())
    const [given] = ticket.reveal().upload_urls
    return merged({ url: given.upload_url, headers: given.headers }, this.target)
  }

  async 'storage.resume'([made]) {
    const { url, headers } = await this.putTarget(made)
    await this.orderFaults()
    const s = sandbox.storage(this.client)
    const told = { headers, journal: join(this.folder, 'journal') }
    const error = await rejection(this.finish((more) => s.startPut(url, made.source, { ...told, ...more })))
    assert(error instanceof DropoffError, error)
    assert.equal(error.journal, told.journal)
    const [again] = await this.betweenCalls(told.journal)
    const stored = await s.put(url, again.source, told)
    assert(!existsSync(told.journal), 'the journal is left behind')
    return stored
  }

  async 'storage.put'([made]) {
    const { url, headers } = await this.putTarget(made)
    await this.orderFaults()
    const s = sandbox.storage(this.client)
    return await this.finish((more) => s.startPut(url, made.source, { headers, ...more }))
  }

  async 'storage.post_form'([made]) {
    const ticket = (await sandbox.hcompany().initiateUpload()).reveal()
    const target = merged({ url: ticket.upload_url, fields: ticket.upload_fields }, this.target)
    await this.orderFaults()
    const s = sandbox.storage(this.client)
    const given = { fileField: this.args.fileField }
    return await this.finish((more) =>
      s.startPostForm(target.url, target.fields, made.source, { ...given, ...more }),
    )
  }

  async 'storage.post'([made]) {
    const given = (await sandbox.hcompany().initiateUpload()).reveal()
    const { url } = merged({ url: given.upload_url }, this.target)
    const { headers } = this.args
    await this.orderFaults()
    const s = sandbox.storage(this.client)
    return await this.finish((more) => s.startPost(url, made.source, { headers, ...more }))
  }

  async 'storage.put_parts'([made]) {
    const { partSize, partSizes, partHeaders, headers, blocks, ...args } = this.terms()
    const urls = blocks ? await this.blockUrls(made, blocks) : await this.partUrls(made, args)
    await this.orderFaults()
    const s = sandbox.storage(this.client)
    const given = { partSize, partSizes, partHeaders, headers }
    return await this.finish((more) => s.startPutParts(urls, made.source, { ...given, ...more }))
  }

  async partUrls(made, args) {
    const ticket = await sandbox
      .agentdrop(this.client)
      .presign([['raw.bin', made.content ?? Buffer.alloc(0)]], { ...args, multipart: true })
    const parts = ticket.reveal().files[0].part_urls.sort((a, b) => a.part_number - b.part_number)
    return parts.map((part) => part.upload_url)
  }

  /** A SAS URL with the name of each block. */
  async blockUrls(made, blocks) {
    const ticket = await sandbox.agentdrop().presign([['raw.bin', made.content ?? Buffer.alloc(0)]], {
      sender: 'sender-agent',
      recipient: 'recipient-agent',
    })
    const [{ upload_url: url }] = ticket.reveal().upload_urls
    return blocks.map((block) => `${url}&comp=block&blockid=${block}`)
  }

  // A plan of the sandbox's own replies, changed, or the scenario's alone.
  async 'storage.send'([made]) {
    const { from, plan: changes, text, ...terms } = this.args
    const d = sandbox.agentdrop(this.client)
    const files = [['raw.bin', made.content ?? Buffer.alloc(0)]]
    const who = { sender: 'sender-agent', recipient: 'recipient-agent' }
    let plan = {}
    if (from === 'put') {
      const [given] = (await d.presign(files, { ...who, multipart: false })).reveal().upload_urls
      plan = { url: given.upload_url, headers: given.headers }
    } else if (from === 'form') {
      const given = (await sandbox.hcompany().initiateUpload()).reveal()
      plan = { url: given.upload_url, fields: given.upload_fields }
    } else if (from === 'parts') {
      const ticket = await d.presign(files, { ...who, multipart: true })
      const parts = ticket.reveal().files[0].part_urls.sort((a, b) => a.part_number - b.part_number)
      plan = { parts: parts.map((part) => part.upload_url) }
    }
    await this.orderFaults()
    const s = sandbox.storage(this.client)
    const changed = JSON.stringify(merged(plan, changes ?? {}))
    const given = text ?? JSON.parse(changed.replaceAll('$storage', sandbox.where.storage_url))
    return await this.finish((more) => s.startSend(given, made.source, { ...terms, ...more }))
  }

  async open_sealed([made]) {
    const { privateKey, ...args } = this.args
    const to = join(this.folder, 'opened')
    try {
      const keyPair = KeyPair.fromPrivateKey(privateKey)
      const { path, bytes } = await openSealed(made.source, { to, keyPair, ...args })
      assert.equal(path, to)
      return { bytes, hex: readFileSync(to, 'hex') }
    } catch (error) {
      assert(!existsSync(to), 'there is a file after an error')
      throw error
    }
  }
}

/** An error as the scenarios have it: names, units and words of the other languages. */
function asScenario(error) {
  const { code, number, retryAfter, message, ...facts } = JSON.parse(JSON.stringify(error))
  const seconds = retryAfter === null ? null : retryAfter / 1000
  return {
    ...snakeKeys(facts),
    kind: code,
    code: number,
    retry_after: seconds,
    message: snakeWords(message),
  }
}

for (const scenario of scenarios) {
  test(scenario.name, async () => {
    if (scenario.cancel_at === undefined) await run(scenario)
    else {
      for (const ending of Object.keys(ENDINGS)) {
        await sandbox.reset()
        await run(scenario, ending)
      }
    }
    writeFileSync(join(passed, scenario.name), '')
  })
}

async function run(scenario, ending) {
  await sandbox.settings(scenario.settings ?? {})
  if (scenario.agents) await sandbox.agents(scenario.agents)
  const caller = new Caller(scenario, ending)
  const made = caller.sources(caller.folder)
  try {
    await compared(scenario, caller, made)
  } finally {
    for (const { stop } of made) stop()
  }
}

async function compared(scenario, caller, made) {
  const { result: wantedResult, error: wantedError } = scenario.expect
  if (wantedError !== undefined) {
    const error = await caller[scenario.call](made).then(
      (result) => assert.fail(`it must fail, and gave ${JSON.stringify(result)}`),
      (error) => error,
    )
    assert(error instanceof DropoffError, error)
    assert(error.message && !error.message.includes('\n'))
    expect('error', wantedError, asScenario(error))
  } else {
    const result = await caller[scenario.call](made)
    const wanted = { ...wantedResult }
    if (wanted.checksum?.matches_sent) wanted.checksum = (await sandbox.objects())[0].sha256
    expect('result', wanted, snakeKeys(result))
  }

  const log = await sandbox.requests()
  for (const [operation, count] of Object.entries(scenario.requests ?? {})) {
    if (operation === 'stored') {
      const held = await sandbox.digests()
      for (const { content } of made) {
        if (content !== null)
          assert(held.has(createHash('sha256').update(content).digest('hex')), 'storage lacks a source')
      }
    } else {
      const seen = log.filter((entry) => entry.op === operation)
      assert.equal(seen.length, count, `${operation}: ${JSON.stringify(log, null, 1)}`)
    }
  }
  for (const [operation, entries] of Object.entries(scenario.seen ?? {})) {
    const seen = log.filter((entry) => entry.op === operation)
    expect(`seen.${operation}`, entries, seen)
  }
  // Whatever happens, the key never goes to storage and bytes are never sent chunked.
  for (const entry of log) {
    if (['put', 'put_part', 'post_form'].includes(entry.op))
      assert(!entry.authorization && !entry.chunked, JSON.stringify(entry))
  }
}
