// Node's own fetch with a file as a stream. It trusts what NODE_EXTRA_CA_CERTS names.

import { createReadStream, statSync } from 'node:fs'
import { Readable } from 'node:stream'
import { job, many, measure } from './probe.mjs'

async function put(url, file) {
  const bytes = statSync(file).size
  const reply = await fetch(url, {
    method: 'PUT',
    body: Readable.toWeb(createReadStream(file)),
    duplex: 'half',
    headers: { 'content-length': String(bytes) },
  })
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`)
  // Read to its end, or the connection is not used again.
  await reply.arrayBuffer()
  return { status: reply.status, bytes }
}

const calls = {
  idle: () => ({}),
  put: () => put(job.url, job.file),
  many: () => many(put),
}
await measure(calls[job.do])
