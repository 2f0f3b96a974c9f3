// @ts-check
'use strict'

const { inspect } = require('node:util')
const { check, table, text } = require('./arguments.js')
const { describe, invalid } = require('./errors.js')

const FILE = table({ name: text, contentType: text, encryptionIv: text })

/** A source with a name and a media type, and the nonce it was sealed with. */
class File {
  /**
   * @param {any} source
   * @param {{ name?: string | null, contentType?: string | null, encryptionIv?: string | null }} [given]
   */
  constructor(source, given) {
    if (source === undefined || source === null)
      throw invalid(`a file needs a source, not ${describe(source)}`)
    const { name, contentType, encryptionIv } = check('File', FILE, given)
    this.source = source
    this.name = name
    this.contentType = contentType
    this.encryptionIv = encryptionIv
    Object.freeze(this)
  }

  /** Contents are not for logs; a path is, but a URL is a slip and may be a signed one. */
  [inspect.custom]() {
    const path = typeof this.source === 'string' && !/^https?:|:\/\//i.test(this.source)
    const parts = [path ? inspect(this.source) : `<${describe(this.source)}>`]
    if (this.name !== undefined) parts.push(`name: ${inspect(this.name)}`)
    if (this.contentType !== undefined) parts.push(`contentType: ${inspect(this.contentType)}`)
    if (this.encryptionIv !== undefined) parts.push(`encryptionIv: ${inspect(this.encryptionIv)}`)
    return `File(${parts.join(', ')})`
  }

  toJSON() {
    return { name: this.name, contentType: this.contentType, encryptionIv: this.encryptionIv }
  }
}

module.exports = { File }
