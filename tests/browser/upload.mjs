// Uploads a browser's folder to the sandbox of the environment, or looks at it:
//
//   node upload.mjs upload FOLDER '{"pack": …, "ifChangedFrom": …}'
//   node upload.mjs inspect FOLDER
//
// Prints {"result": …} or {"error": …}, by the names the other languages have.

import { DropoffError, HCompany, inspectProfile } from '../../bindings-node/index.mjs'

const [verb, folder, asked] = process.argv.slice(2)

async function upload() {
  const { API_URL: baseUrl, STORAGE_URL: storage, H_KEY: apiKey } = process.env
  const client = new HCompany({ apiKey, baseUrl, trustedStorage: [storage] })
  return await client.uploadProfile(folder, { name: 'browser', ...JSON.parse(asked) })
}

const underscored = (value) => {
  if (Array.isArray(value)) return value.map(underscored)
  if (value === null || typeof value !== 'object') return value
  const name = (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [name(key), underscored(inner)]))
}

let outcome
try {
  outcome = { result: await (verb === 'inspect' ? inspectProfile(folder) : upload()) }
} catch (error) {
  if (!(error instanceof DropoffError)) throw error
  const { code: kind, ...facts } = error.toJSON()
  outcome = { error: { kind, ...facts } }
}
console.log(JSON.stringify(underscored(JSON.parse(JSON.stringify(outcome)))))
