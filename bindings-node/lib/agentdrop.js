// @ts-check
'use strict'

const { inspect } = require('node:util')
const native = require('../native.js')
const {
  callback,
  count,
  flag,
  json,
  milliseconds,
  path,
  required,
  signal,
  table,
  text,
  url,
} = require('./arguments.js')
const { called } = require('./errors.js')
const { start } = require('./job.js')
const { transferTicket } = require('./results.js')
const { encryptionKind } = require('./sealing.js')
const { optionAlone, settings } = require('./settings.js')
const { toFiles } = require('./sources.js')

const OWN = table({ apiKey: text, baseUrl: url })
const TERMS = {
  sender: required(text),
  recipient: required(text),
  mode: text,
  expiresIn: text,
  maxDownloads: count,
  message: text,
  metadata: json,
  autoDelete: flag,
  recipientAccount: text,
  encrypt: encryptionKind,
  multipart: flag,
  timeout: milliseconds,
  onProgress: callback,
  signal,
}
const SEND = table({ ...TERMS, journal: path })
const PRESIGN = table(TERMS)
const UPLOAD = table({ onProgress: callback, signal })
const ASK = table({ signal })

class AgentDrop {
  /** @type {import('../native.js').AgentDrop} */
  #native

  /** @param {any} [given] */
  constructor(given) {
    const made = settings('AgentDrop', OWN, given)
    this.#native = called(() => native.agentdrop(made))
  }

  /** @param {any} bytesPerSecond */
  setBandwidthLimit(bytesPerSecond) {
    called(() => this.#native.setBandwidthLimit(optionAlone('bandwidthLimit', bytesPerSecond)))
  }

  /** @param {any} files @param {any} given */
  startSend(files, given) {
    return start('send', SEND, given, {
      // A journal takes no stream, and large memory would be read as one.
      convert: (streams, { journal }) => toFiles(files, streams, journal !== undefined),
      begin: (made, { encrypt, ...terms }) => this.#native.startSend(made, terms, encrypt),
    })
  }

  /** @param {any} files @param {any} given */
  startPlan(files, given) {
    return start('plan', SEND, given, {
      // Nor does a plan.
      convert: (streams) => toFiles(files, streams, true),
      begin: (made, { encrypt, ...terms }) => this.#native.startPlan(made, terms, encrypt),
    })
  }

  /** @param {any} files @param {any} given */
  startPresign(files, given) {
    return start('presign', PRESIGN, given, {
      convert: (streams) => toFiles(files, streams),
      begin: (made, { encrypt, ...terms }) => this.#native.startPresign(made, terms, encrypt),
    })
  }

  /** @param {any} ticket @param {any} files @param {any} [given] */
  startUpload(ticket, files, given) {
    return start('upload', UPLOAD, given, {
      convert: (streams) => ({ files: toFiles(files, streams), ticket: transferTicket(ticket) }),
      begin: (made) => this.#native.startUpload(made.files, made.ticket),
    })
  }

  /** @param {string} transferId @param {any} [given] */
  startConfirm(transferId, given) {
    return start('confirm', ASK, given, {
      convert: () => text(transferId, 'transferId'),
      begin: (id) => this.#native.startConfirm(id),
    })
  }

  /** @param {string} transferId @param {any} [given] */
  startGetTransfer(transferId, given) {
    return start('getTransfer', ASK, given, {
      convert: () => text(transferId, 'transferId'),
      begin: (id) => this.#native.startGetTransfer(id),
    })
  }

  /** @param {any} files @param {any} given */
  async send(files, given) {
    return await this.startSend(files, given).wait()
  }

  /** @param {any} files @param {any} given */
  async plan(files, given) {
    return await this.startPlan(files, given).wait()
  }

  /** @param {any} files @param {any} given */
  async presign(files, given) {
    return await this.startPresign(files, given).wait()
  }

  /** @param {any} ticket @param {any} files @param {any} [given] */
  async upload(ticket, files, given) {
    return await this.startUpload(ticket, files, given).wait()
  }

  /** @param {string} transferId @param {any} [given] */
  async confirm(transferId, given) {
    return await this.startConfirm(transferId, given).wait()
  }

  /** @param {string} transferId @param {any} [given] */
  async getTransfer(transferId, given) {
    return await this.startGetTransfer(transferId, given).wait()
  }

  [inspect.custom]() {
    return this.#native.shown()
  }
}

module.exports = { AgentDrop }
