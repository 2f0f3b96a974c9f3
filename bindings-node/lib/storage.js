// @ts-check
'use strict'

const { inspect } = require('node:util')
const native = require('../native.js')
const {
  callback,
  count,
  flag,
  list,
  milliseconds,
  pairs,
  path,
  plan: planKind,
  signal,
  table,
  text,
  url: urlKind,
  urls: urlsKind,
} = require('./arguments.js')
const { called } = require('./errors.js')
const { start } = require('./job.js')
const { optionAlone, settings } = require('./settings.js')
const { toSource } = require('./sources.js')

const COMMON = { timeout: milliseconds, onProgress: callback, signal }
const PUT = table({ headers: pairs, journal: path, ...COMMON })
const POST = table({ headers: pairs, ...COMMON })
const POST_FORM = table({ fileName: text, fileField: text, ...COMMON })
const PUT_PARTS = table({
  partSize: count,
  partSizes: list(count, 'numbers of bytes'),
  headers: pairs,
  partHeaders: list(pairs, 'headers'),
  ...COMMON,
})
const SEND = table({ allowAuthorization: flag, ...COMMON })

class Storage {
  /** @type {import('../native.js').Storage} */
  #native

  /** @param {any} [given] */
  constructor(given) {
    const { options } = settings('Storage', {}, given)
    this.#native = called(() => native.storage(options))
  }

  /** @param {any} bytesPerSecond */
  setBandwidthLimit(bytesPerSecond) {
    called(() => this.#native.setBandwidthLimit(optionAlone('bandwidthLimit', bytesPerSecond)))
  }

  /** @param {any} url @param {any} source @param {any} [given] */
  startPut(url, source, given) {
    return start('put', PUT, given, {
      // A journal takes no stream, and large memory would be read as one.
      convert: (streams, { journal }) => ({
        source: toSource(source, streams, journal !== undefined),
        url: urlKind(url, 'url'),
      }),
      begin: (made, args) => this.#native.startPut(made.source, { url: made.url, ...args }),
    })
  }

  /** @param {any} url @param {any} fields @param {any} source @param {any} [given] */
  startPostForm(url, fields, source, given) {
    return start('postForm', POST_FORM, given, {
      convert: (streams) => ({
        source: toSource(source, streams),
        url: urlKind(url, 'url'),
        fields: pairs(fields, 'fields'),
      }),
      begin: ({ source, ...made }, args) => this.#native.startPostForm(source, { ...made, ...args }),
    })
  }

  /** @param {any} urls @param {any} source @param {any} [given] */
  startPutParts(urls, source, given) {
    return start('putParts', PUT_PARTS, given, {
      convert: (streams) => ({ source: toSource(source, streams), urls: urlsKind(urls, 'urls') }),
      begin: (made, args) => this.#native.startPutParts(made.source, { urls: made.urls, ...args }),
    })
  }

  /** @param {any} url @param {any} source @param {any} [given] */
  startPost(url, source, given) {
    return start('post', POST, given, {
      convert: (streams) => ({ source: toSource(source, streams), url: urlKind(url, 'url') }),
      begin: (made, args) => this.#native.startPost(made.source, { url: made.url, ...args }),
    })
  }

  /** @param {any} plan @param {any} source @param {any} [given] */
  startSend(plan, source, given) {
    return start('send', SEND, given, {
      convert: (streams) => ({ source: toSource(source, streams), plan: planKind(plan, 'plan') }),
      begin: (made, args) => this.#native.startSend(made.source, { plan: made.plan, ...args }),
    })
  }

  /** @param {any} url @param {any} source @param {any} [given] */
  async put(url, source, given) {
    return await this.startPut(url, source, given).wait()
  }

  /** @param {any} url @param {any} fields @param {any} source @param {any} [given] */
  async postForm(url, fields, source, given) {
    return await this.startPostForm(url, fields, source, given).wait()
  }

  /** @param {any} urls @param {any} source @param {any} [given] */
  async putParts(urls, source, given) {
    return await this.startPutParts(urls, source, given).wait()
  }

  /** @param {any} url @param {any} source @param {any} [given] */
  async post(url, source, given) {
    return await this.startPost(url, source, given).wait()
  }

  /** @param {any} plan @param {any} source @param {any} [given] */
  async send(plan, source, given) {
    return await this.startSend(plan, source, given).wait()
  }

  [inspect.custom]() {
    return this.#native.shown()
  }
}

module.exports = { Storage }
