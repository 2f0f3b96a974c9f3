// @ts-check
'use strict'

// Key pairs, how a transfer is sealed with one, and opening what came sealed. Private keys are the compiled
// half's: nothing here can be printed, cloned or sent to another thread with one.

const { inspect } = require('node:util')
const native = require('../native.js')
const { callback, check, path: pathKind, required, signal, table, text } = require('./arguments.js')
const { called, describe, invalid } = require('./errors.js')
const { start } = require('./job.js')

const MAKE = Symbol('made by a static method')
const SEALING = table({ recipientPublicKey: text, algorithm: text })
const PRESEALED = table({ algorithm: text })

// What is in them, for the clients and not for users.
/** @type {(value: unknown, name: string) => import('../native.js').KeyPair} */
let keyPairKind
/** @type {(value: unknown, name: string) => import('../native.js').Encryption} */
let encryptionKind

class KeyPair {
  /** @type {import('../native.js').KeyPair} */
  #native

  static {
    keyPairKind = (value, name) => {
      if (typeof value === 'object' && value !== null && #native in value) return value.#native
      throw invalid(`${name} must be a KeyPair, as KeyPair.generate() gives it, not ${describe(value)}`)
    }
  }

  /** @param {symbol} make @param {import('../native.js').KeyPair} native */
  constructor(make, native) {
    if (make !== MAKE) throw invalid('a KeyPair is made by generate, fromPrivateKey or fromAgentdropConfig')
    this.#native = native
  }

  static generate() {
    return new KeyPair(
      MAKE,
      called(() => native.generateKeyPair()),
    )
  }

  /** @param {string} privateKey */
  static fromPrivateKey(privateKey) {
    const key = text(privateKey, 'privateKey')
    return new KeyPair(
      MAKE,
      called(() => native.keyPairOf(key)),
    )
  }

  /** @param {any} path */
  static fromAgentdropConfig(path) {
    const file = pathKind(path, 'path')
    return new KeyPair(
      MAKE,
      called(() => native.keyPairOfConfig(file)),
    )
  }

  get publicKey() {
    return this.#native.publicKey
  }

  revealPrivateKey() {
    return this.#native.reveal()
  }

  toJSON() {
    return { publicKey: this.publicKey }
  }

  toString() {
    return `KeyPair(${this.publicKey})`
  }

  [inspect.custom]() {
    return `KeyPair(publicKey: ${inspect(this.publicKey)})`
  }
}

class Encryption {
  /** @type {import('../native.js').Encryption} */
  #native
  /** What may be printed. @type {string} */
  #shown

  static {
    encryptionKind = (value, name) => {
      if (typeof value === 'object' && value !== null && #native in value) return value.#native
      throw invalid(`${name} must be an Encryption, such as new Encryption(keyPair), not ${describe(value)}`)
    }
  }

  /** @param {any} keyPair @param {any} [given] */
  constructor(keyPair, given) {
    if (keyPair === MAKE) {
      this.#native = given
      this.#shown = '<presealed>'
      return
    }
    const pair = keyPairKind(keyPair, 'keyPair')
    const { recipientPublicKey, algorithm } = check('Encryption', SEALING, given)
    this.#native = called(() => native.encryption(pair, recipientPublicKey, algorithm))
    const recipient =
      recipientPublicKey === undefined ? '' : `, recipientPublicKey: ${inspect(recipientPublicKey)}`
    this.#shown = `publicKey: ${inspect(pair.publicKey)}${recipient}`
  }

  /** @param {string} encryptedKey @param {any} [given] */
  static presealed(encryptedKey, given) {
    const key = text(encryptedKey, 'encryptedKey')
    const { algorithm } = check('presealed', PRESEALED, given)
    return new Encryption(
      MAKE,
      called(() => native.presealed(key, algorithm)),
    )
  }

  [inspect.custom]() {
    return `Encryption(${this.#shown})`
  }
}

const OPEN = table({
  to: required(pathKind),
  keyPair: required(keyPairKind),
  senderPublicKey: text,
  encryptedKey: text,
  encryptionIv: text,
  encryptionSalt: text,
  onProgress: callback,
  signal,
})

/** @param {any} path @param {any} given */
function startOpenSealed(path, given) {
  return start('openSealed', OPEN, given, {
    convert: () => pathKind(path, 'path'),
    begin: (path, { keyPair, ...args }) => native.startOpenSealed({ path, ...args }, keyPair),
  })
}

/** @param {any} path @param {any} given */
async function openSealed(path, given) {
  return await startOpenSealed(path, given).wait()
}

module.exports = { Encryption, KeyPair, encryptionKind, openSealed, startOpenSealed }
