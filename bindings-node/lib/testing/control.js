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
        else reject(new Error(`the sandbox: ${refusal(content)}`))
      })
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${LIMIT / 1000} s`)))
    asked.on('error', (/** @type {any} */ { code, message }) =>
      reject(new Error(`the sandbox does not answer (${code ?? message}); perhaps its process was ended`)),
    )
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** @param {Buffer} content */
function refusal(content) {
  try {
    return JSON.parse(String(content)).error
  } catch {
    return 'it answers with something that is no JSON'
  }
}

module.exports = { ask }
