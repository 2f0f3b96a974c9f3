// Our library, as a Node program uses it.

import { createRequire } from 'node:module'
import { counts, idle, job, measure } from './probe.mjs'

const before = counts()
// Where install.py puts it.
const installed = createRequire(new URL('../../target/bench/node-dropoff/', import.meta.url))
const began = performance.now()
const { AgentDrop, Encryption, KeyPair, Storage } = installed('dropoff')
const importMs = performance.now() - began

const TIMES = [
  'connect_timeout',
  'stall_timeout',
  'response_timeout',
  'backoff_base',
  'backoff_cap',
  'max_retry_after',
]

// Options come by their Python names and in seconds.
function options() {
  const given = Object.entries(job.options ?? {}).map(([name, value]) => [
    name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
    TIMES.includes(name) ? value * 1000 : value,
  ])
  return {
    trustedStorage: job.storage_url ? [job.storage_url] : null,
    caFile: job.ca_file,
    concurrency: job.concurrency,
    ...Object.fromEntries(given),
  }
}

function agentdrop() {
  return new AgentDrop({ apiKey: job.api_key ?? 'agd_idle', baseUrl: job.api_url, ...options() })
}

const sum = (list, field) => list.reduce((total, one) => total + one[field], 0)

async function parts(client) {
  const stored = await client.putParts(job.urls, job.file, { partSize: job.part_size })
  return {
    bytes: stored.bytes,
    part_size: stored.partSize,
    parts: stored.parts.length,
    attempts: sum(stored.parts, 'attempts'),
    verified: stored.verified,
  }
}

async function send(client) {
  const sent = await client.send(job.do === 'many' ? job.files : [job.file], {
    sender: 'sender-agent',
    recipient: 'recipient-agent',
    multipart: job.multipart,
    encrypt: job.sealed ? new Encryption(KeyPair.fromPrivateKey(job.private_key)) : null,
    journal: job.journal,
  })
  return {
    status: sent.status,
    sealed: sent.encrypted,
    files: sent.files.length,
    bytes: sum(sent.files, 'size'),
    parts: sum(sent.files, 'parts'),
    attempts: sum(sent.files, 'attempts'),
    verified: sent.files.every((file) => file.verified),
  }
}

if (job.do === 'idle') {
  await measure(() => {
    const made = [new Storage(options()), agentdrop()]
    return { ...idle(before, counts()), import_ms: importMs, clients: made.length }
  })
} else if (job.do === 'send' || job.do === 'many') {
  const client = agentdrop()
  await measure(() => send(client))
} else {
  const client = new Storage(options())
  const calls = {
    put: () => client.put(job.url, job.file),
    form: () => client.postForm(job.url, job.fields, job.file),
    parts: () => parts(client),
  }
  await measure(calls[job.do])
}
