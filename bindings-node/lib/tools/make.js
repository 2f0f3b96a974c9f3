// @ts-check
'use strict'

// Makes tools of clients: which there are, what a model may choose, and the calls they make.

const { AgentDrop } = require('../agentdrop.js')
const {
  check,
  milliseconds,
  pairs,
  path,
  refuseUnknown,
  required,
  signal: signalKind,
  table,
  text,
  url,
} = require('../arguments.js')
const { called, describe, invalid } = require('../errors.js')
const native = require('../../native.js')
const { HCompany } = require('../hcompany.js')
const { start } = require('../job.js')
const { onAbort } = require('../signals.js')
const { pack: packKind, startInspectProfile } = require('../profiles.js')
const { KeyPair, encryptionKind, startOpenSealed } = require('../sealing.js')
const { Storage } = require('../storage.js')
const { camel, copied, refusal, tools } = require('./description.js')
const { ofProgram } = require('./program.js')
const { Tool } = require('./tool.js')

/** @typedef {import('./description.js').Schema} Schema */
/** @typedef {import('./tool.js').Begin} Begin */
/** @typedef {import('./tool.js').Given} Given */
/** @typedef {import('./tool.js').Ways} Ways */
/** @typedef {Record<string, Begin>} Begins */

/** @param {Function} cls @returns {import('../arguments.js').Kind} */
const instance = (cls) => (value, name) => {
  if (value instanceof cls) return value
  throw invalid(`${name} must be of the class ${cls.name}, not ${describe(value)}`)
}

/** @type {import('../arguments.js').Kind} */
const root = (value, name) => {
  // Of a variable that is not set, say, and would be the folder that the program runs in.
  if (value === '')
    throw invalid(`${name} is empty; name a folder, or "." for the one that the program runs in`)
  return path(value, name)
}
/**
 * One path or several. A text alone would be taken for a list of letters.
 * @type {import('../arguments.js').Kind}
 */
const paths = (value, name) => {
  if (typeof value === 'string' || value instanceof URL) return [root(value, name)]
  if (typeof value === 'object' && Symbol.iterator in value)
    return Array.from(value, (item, at) => root(item, `${name}[${at}]`))
  throw invalid(`${name} must be a path or a list of paths, not ${describe(value)}`)
}
/** A list of ids, or a function that is asked. @type {import('../arguments.js').Kind} */
const ids = (value, name) => {
  if (typeof value === 'function') return value
  if (typeof value !== 'object' || typeof value[Symbol.iterator] !== 'function')
    throw invalid(`${name} must be a list of strings or a function, not ${describe(value)}`)
  const listed = Array.from(value, (item, at) => text(item, `${name}[${at}]`))
  if (listed.length === 0) throw invalid(`${name} is empty; name whom files may be sent to`)
  const empty = listed.indexOf('')
  if (empty >= 0) throw invalid(`${name}[${empty}] is empty; give an id, or leave it out`)
  return listed
}
/** @param {any} target @param {string} name */
const checkTarget = (target, name) => {
  if (typeof target !== 'object' || target === null || Symbol.iterator in target)
    throw invalid(`${name} must be a URL or an object such as { url, headers }, not ${describe(target)}`)
  refuseUnknown(target, ['url', 'headers'], `${name} has no setting named`, 'its settings are')
  url(target.url, `${name}.url`)
  if (target.headers != null) pairs(target.headers, `${name}.headers`)
}
/** A target as an object. @param {any} target */
const addressed = (target) => (typeof target === 'string' || target instanceof URL ? { url: target } : target)
/** URLs by name, or a function that gives them. @type {import('../arguments.js').Kind} */
const byName = (value, name) => {
  if (typeof value === 'function') return value
  // A Map has none of the names that it holds.
  if (typeof value !== 'object' || Symbol.iterator in value)
    throw invalid(`${name} must be an object or a function, not ${describe(value)}`)
  if (Object.keys(value).length === 0) throw invalid(`${name} is empty; give the presigned URLs by name`)
  for (const [key, target] of Object.entries(value)) checkTarget(addressed(target), `${name}.${key}`)
  return value
}
/** Of every transfer. @type {import('../arguments.js').Kind} */
const needed = (value, name) => {
  if (text(value, name) === '') throw invalid(`${name} is empty; every transfer needs one`)
  return value
}
/** Within the range of a call's. @type {import('../arguments.js').Kind} */
const limit = (value, name) => {
  const number = milliseconds(value, name)
  if (!(number >= 0 && number <= LONGEST))
    throw invalid(`${name} must be more than 0 and at most 10 000 000 000, in milliseconds`)
  // In whole nanoseconds.
  if (Math.round(number * 1e6) === 0)
    throw invalid(`${name} must be more than zero; leave it out for no limit`)
  return number
}
/** Milliseconds, as the compiled half's. */
const LONGEST = 10_000_000_000

const MAKE = table({
  roots: required(paths),
  agentdrop: instance(AgentDrop),
  sender: needed,
  recipients: ids,
  mode: needed,
  encrypt: (value, name) => encryptionKind(value, name) && value,
  hcompany: instance(HCompany),
  pack: (value, name) => packKind(value, name) && value,
  keyPair: instance(KeyPair),
  storage: instance(Storage),
  targets: byName,
  timeout: limit,
})
/** The arguments that are one of the core's. */
const PACK = ['level', 'profile', 'if_running']

const FIND = table({ signal: signalKind })

/** The files that a model may name. */
class Allowed {
  /** @type {import('../../native.js').ToolRoots} */
  #roots

  /** @param {string[]} roots */
  constructor(roots) {
    this.#roots = called(() => native.toolRoots(roots))
  }

  /**
   * The names that a recipient sees, and the paths. A mount may keep whoever looks waiting.
   * @param {string[]} given @param {Ways} ways @returns {Promise<{ name: string, path: string }[]>}
   */
  async find(given, { signal }) {
    const looking = { convert: () => undefined, begin: () => this.#roots.startFind(given) }
    return await start('makeTools', FIND, { signal }, looking).wait()
  }

  /** @param {string} given @param {Ways} ways */
  async path(given, ways) {
    const [found] = await this.find([given], ways)
    return /** @type {{ path: string }} */ (found).path
  }
}

/** @param {any} given */
function makeTools(given) {
  const { roots, ...made } = check('makeTools', MAKE, given)
  const allowed = new Allowed(roots)
  /** @type {Begins} */
  const begins = {}
  /** @type {Record<string, Record<string, string[]>>} */
  const chosen = {}
  if (made.agentdrop !== undefined) {
    if (made.sender === undefined || made.recipients === undefined)
      throw invalid('agentdrop needs sender and recipients; give both')
    Object.assign(begins, transfers(allowed, made))
    if (Array.isArray(made.recipients)) chosen.send_files = { recipient: made.recipients }
  }
  if (made.hcompany !== undefined) Object.assign(begins, profiles(allowed, made))
  if (made.keyPair !== undefined) begins.open_sealed = opening(allowed, made)
  if (made.storage !== undefined) {
    if (made.targets === undefined) throw invalid('storage needs targets; give the presigned URLs by name')
    begins.put_file = putting(allowed, made)
    if (typeof made.targets !== 'function') chosen.put_file = { target: Object.keys(made.targets) }
  }
  if (Object.keys(begins).length === 0)
    throw invalid('there are no tools without agentdrop, hcompany, keyPair or storage; give one')
  const settled = made.pack === undefined ? [] : PACK
  return tools.flatMap((tool) => {
    const begin = begins[tool.name]
    return begin ? [new Tool(tool, schemaOf(tool.input, settled, chosen[tool.name] ?? {}), begin)] : []
  })
}

/**
 * The arguments that are left for the model, and what it may choose among.
 * @param {Schema} schema @param {string[]} settled @param {Record<string, string[]>} chosen
 */
function schemaOf(schema, settled, chosen) {
  const left = copied(schema)
  for (const name of settled) delete left.properties[name]
  for (const [name, values] of Object.entries(chosen)) left.properties[name].enum = values
  return left
}

/** Names as this package spells them. @param {Given} given */
function spelled(given) {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [camel(name), value]))
}

/**
 * What a function of the program answers, unless the call is stopped.
 * @param {() => any} ask @param {Ways} ways
 */
async function answer(ask, { signal }) {
  if (signal === undefined) return await ofProgram(ask)
  if (signal.aborted) throw signal.reason
  let unsubscribe = () => {}
  const stopped = new Promise((_, reject) => {
    unsubscribe = onAbort(signal, () => reject(signal.reason))
  })
  try {
    return await Promise.race([ofProgram(ask), stopped])
  } finally {
    unsubscribe()
  }
}

/** @param {Allowed} allowed @param {any} made @returns {Begins} */
function transfers(allowed, { agentdrop, sender, recipients, mode, encrypt, timeout }) {
  return {
    send_files: async ({ paths, ...given }, run) => {
      const { recipient } = given
      if (typeof recipients === 'function' && (await answer(() => recipients(recipient), run)) !== true)
        throw refusal('recipient', { recipient })
      const files = (await allowed.find(paths, run)).map(({ name, path }) => [name, path])
      return agentdrop.startSend(files, { ...spelled(given), sender, mode, encrypt, timeout, ...run })
    },
    get_transfer: (given, { signal }) => agentdrop.startGetTransfer(given.transfer_id, { signal }),
  }
}

/** @param {Allowed} allowed @param {any} made @returns {Begins} */
function profiles(allowed, { hcompany, pack, timeout }) {
  const packed = (/** @type {Given} */ given) =>
    pack ?? spelled(Object.fromEntries(PACK.flatMap((name) => (name in given ? [[name, given[name]]] : []))))
  return {
    upload_profile: async ({ path, ...given }, run) => {
      const details = Object.fromEntries(Object.entries(given).filter(([name]) => !PACK.includes(name)))
      const source = await allowed.path(path, run)
      return hcompany.startUploadProfile(source, {
        ...spelled(details),
        pack: packed(given),
        timeout,
        ...run,
      })
    },
    inspect_profile: async ({ path, ...given }, { signal }) =>
      startInspectProfile(await allowed.path(path, { signal }), { pack: packed(given), signal }),
    get_profile: (given, { signal }) => hcompany.startGetProfile(given.profile_id, { signal }),
  }
}

/** @param {Allowed} allowed @param {any} made @returns {Begin} */
function opening(allowed, { keyPair }) {
  return async ({ path, to, ...texts }, run) => {
    const [from, into] = (await allowed.find([path, to], run)).map((found) => found.path)
    return startOpenSealed(from, { to: into, keyPair, ...spelled(texts), ...run })
  }
}

/** The one of this name, which may be `constructor`. @param {any} targets @param {string} name */
function own(targets, name) {
  return Object.hasOwn(targets, name) ? targets[name] : undefined
}

/** @param {Allowed} allowed @param {any} made @returns {Begin} */
function putting(allowed, { storage, targets, timeout }) {
  return async ({ path, target: name }, run) => {
    const source = await allowed.path(path, run)
    const target = typeof targets === 'function' ? await answer(() => targets(name), run) : own(targets, name)
    if (target === undefined || target === null) throw refusal('target', { target: name })
    const { url, headers } = addressed(target)
    return storage.startPut(url, source, { headers, timeout, ...run })
  }
}

module.exports = { makeTools }
