// @ts-check
'use strict'

const { inspect } = require('node:util')
const native = require('../native.js')
const {
  callback,
  check,
  milliseconds,
  pairs,
  required,
  signal,
  stored,
  table,
  text,
  url,
} = require('./arguments.js')
const { called } = require('./errors.js')
const { start } = require('./job.js')
const { pack } = require('./profiles.js')
const { profileTicket } = require('./results.js')
const { optionAlone, settings } = require('./settings.js')
const { toSource } = require('./sources.js')

const OWN = table({ apiKey: text, region: text, baseUrl: url })
const DETAILS = {
  name: required(text),
  browserName: text,
  browserVersion: text,
  description: text,
  labels: pairs,
}
const UPLOAD_PROFILE = table({
  ...DETAILS,
  pack,
  ifChangedFrom: text,
  timeout: milliseconds,
  onProgress: callback,
  signal,
})
const UPLOAD = table({ pack, onProgress: callback, signal })
const COMPLETE = table({ ...DETAILS, uploaded: stored, signal })
const ASK = table({ signal })

class HCompany {
  /** @type {import('../native.js').HCompany} */
  #native

  /** @param {any} [given] */
  constructor(given) {
    const made = /** @type {any} */ (settings('HCompany', OWN, given))
    this.#native = called(() => native.hcompany(made))
  }

  /** @param {any} bytesPerSecond */
  setBandwidthLimit(bytesPerSecond) {
    called(() => this.#native.setBandwidthLimit(optionAlone('bandwidthLimit', bytesPerSecond)))
  }

  /** @param {any} source @param {any} given */
  startUploadProfile(source, given) {
    return start('uploadProfile', UPLOAD_PROFILE, given, {
      convert: (streams) => toSource(source, streams),
      begin: (made, args) => this.#native.startUploadProfile(made, args),
    })
  }

  /** @param {any} [given] */
  startInitiateUpload(given) {
    return start('initiateUpload', ASK, given, {
      convert: () => {},
      begin: () => this.#native.startInitiateUpload(),
    })
  }

  /** @param {any} ticket @param {any} source @param {any} [given] */
  startUpload(ticket, source, given) {
    return start('upload', UPLOAD, given, {
      convert: (streams) => ({ source: toSource(source, streams), ticket: profileTicket(ticket) }),
      begin: (made, { pack }) => this.#native.startUpload(made.source, made.ticket, pack),
    })
  }

  /** @param {string} profileId @param {any} given */
  startCompleteUpload(profileId, given) {
    return start('completeUpload', COMPLETE, given, {
      convert: () => text(profileId, 'profileId'),
      begin: (id, args) => this.#native.startCompleteUpload(id, args),
    })
  }

  /** @param {string} profileId @param {any} [given] */
  startGetProfile(profileId, given) {
    return start('getProfile', ASK, given, {
      convert: () => text(profileId, 'profileId'),
      begin: (id) => this.#native.startGetProfile(id),
    })
  }

  /** @param {any} source @param {any} given */
  async uploadProfile(source, given) {
    return await this.startUploadProfile(source, given).wait()
  }

  /** @param {any} [given] */
  async initiateUpload(given) {
    return await this.startInitiateUpload(given).wait()
  }

  /** @param {any} ticket @param {any} source @param {any} [given] */
  async upload(ticket, source, given) {
    return await this.startUpload(ticket, source, given).wait()
  }

  /** @param {string} profileId @param {any} given */
  async completeUpload(profileId, given) {
    return await this.startCompleteUpload(profileId, given).wait()
  }

  /** @param {string} profileId @param {any} [given] */
  async getProfile(profileId, given) {
    return await this.startGetProfile(profileId, given).wait()
  }

  [inspect.custom]() {
    return this.#native.shown()
  }
}

module.exports = { HCompany }
