// undici's request with a file as a stream. It trusts what NODE_EXTRA_CA_CERTS names.

import { createReadStream, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { job, many, measure } from './probe.mjs'

// Where install.py puts it.
const installed = createRequire(new URL('../../target/bench/node-peers/', import.meta.url))
const { request } = installed('undici')

async function put(url, file) {
  const bytes = statSync(file).size
  const reply = await request(url, {
    method: 'PUT',
    body: createReadStream(file),
    headers: { 'content-length': String(bytes) },
  })
  if (reply.statusCode !== 200) throw new Error(`${url}: ${reply.statusCode}`)
  // Read to its end, or the connection is not used again.
  await reply.body.dump()
  return { status: reply.statusCode, bytes }
}

const calls = {
  idle: () => ({}),
  put: () => put(job.url, job.file),
  many: () => many(put),
}
await measure(calls[job.do])
