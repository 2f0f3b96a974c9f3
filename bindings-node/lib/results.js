// @ts-check
'use strict'

// What calls result in: frozen plain objects, and tickets, which keep their secrets to themselves.

const { inspect } = require('node:util')
const native = require('../native.js')
const { invalid } = require('./errors.js')

const MAKE = Symbol('made by a client')

// What is in a ticket, for the clients and not for users.
/** @type {(value: unknown) => import('../native.js').ProfileTicket} */
let profileTicket
/** @type {(value: unknown) => import('../native.js').TransferTicket} */
let transferTicket

class ProfileTicket {
  /** @type {import('../native.js').ProfileTicket} */
  #native

  static {
    profileTicket = (value) => {
      if (typeof value === 'object' && value !== null && #native in value) return value.#native
      throw invalid('ticket must be a ProfileTicket, as initiateUpload() gives it')
    }
  }

  /** @param {symbol} make @param {import('../native.js').ProfileTicket} native */
  constructor(make, native) {
    if (make !== MAKE) throw invalid('a ProfileTicket is made by initiateUpload()')
    this.#native = native
  }

  get profileId() {
    return this.#native.profileId
  }

  get expiresIn() {
    return this.#native.expiresIn
  }

  reveal() {
    return JSON.parse(this.#native.reveal())
  }

  toJSON() {
    return { profileId: this.profileId, expiresIn: this.expiresIn }
  }

  toString() {
    return `ProfileTicket(${this.profileId})`
  }

  [inspect.custom]() {
    return `ProfileTicket(profileId: ${inspect(this.profileId)}, expiresIn: ${Math.round(this.expiresIn)})`
  }
}

class TransferTicket {
  /** @type {import('../native.js').TransferTicket} */
  #native

  static {
    transferTicket = (value) => {
      if (typeof value === 'object' && value !== null && #native in value) return value.#native
      throw invalid('ticket must be a TransferTicket, as presign() gives it')
    }
  }

  /** @param {symbol} make @param {import('../native.js').TransferTicket} native */
  constructor(make, native) {
    if (make !== MAKE) throw invalid('a TransferTicket is made by presign()')
    this.#native = native
  }

  get id() {
    return this.#native.id
  }

  get expiresAt() {
    return this.#native.expiresAt
  }

  reveal() {
    return JSON.parse(this.#native.reveal())
  }

  toJSON() {
    return { id: this.id, expiresAt: this.expiresAt }
  }

  toString() {
    return `TransferTicket(${this.id})`
  }

  [inspect.custom]() {
    return `TransferTicket(id: ${inspect(this.id)}, expiresAt: ${inspect(this.expiresAt)})`
  }
}

/** @param {unknown} value JSON text, or a native ticket */
function toResult(value) {
  if (value instanceof native.ProfileTicket) return new ProfileTicket(MAKE, value)
  if (value instanceof native.TransferTicket) return new TransferTicket(MAKE, value)
  return JSON.parse(/** @type {string} */ (value), (_, item) => Object.freeze(item))
}

module.exports = { ProfileTicket, TransferTicket, profileTicket, toResult, transferTicket }
