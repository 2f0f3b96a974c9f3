// @ts-check
'use strict'

// One request to the sandbox's control endpoint. Not by `fetch`, which tests replace, and which may use a
// proxy.

const { request } = require('node:http')

/** After so many milliseconds it hangs. */
const LIMIT = 120_000

/**
 * @param {string} url @param {string} method @param {unknown} [body]
 * @returns {Promise<Buffer>}
 */
function ask(url, method, body) {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent: false, timeout: LIMIT }, (reply) => {
      /** @type {Buffer[]} */
      const chunks = []
      reply.on('data', (chunk) => chunks.push(chunk))
      reply.on('error', reject)
      reply.on('end', () => {
        const content = Buffer.concat(chunks)
        if (reply.statusCode === 200) resolve(content)
        else reject(new Error(`the sandbox: ${JSON.parse(String(content)).error}`))
      })
    })
    asked.on('timeout', () => asked.destroy(new Error('the sandbox does not answer')))
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

module.exports = { ask }
