// The program that load.test.mjs measures: sends one file and prints what that cost. With the argument `idle` it
// does nothing beside it, and prints how late an idle program is.

import { spawn } from 'node:child_process'
import { createReadStream, readFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const RESOLUTION = 5
const late = monitorEventLoopDelay({ resolution: RESOLUTION })
// The histogram counts the time between two ticks of its timer.
const p99 = () => late.percentile(99) / 1e6 - RESOLUTION
const memory = (name) =>
  Number(readFileSync('/proc/self/status', 'utf8').match(`${name}:\\s+(\\d+)`)[1]) * 1024
/** What this thread alone has used of the processor, in seconds. */
const cpu = () => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e9

if (process.argv[2] === 'idle') {
  late.enable()
  process.stdin.once('data', () => {
    console.log(p99())
    process.exit()
  })
} else {
  await measured(...process.argv.slice(2))
}

async function measured(settings, path, length, asStream) {
  const { AgentDrop } = await import('../../bindings-node/index.mjs')
  const d = new AgentDrop(JSON.parse(settings))
  const terms = { sender: 'sender-agent', recipient: 'recipient-agent' }
  await d.send([['warm', Buffer.from('1')]], terms)
  const stdio = ['pipe', 'pipe', 'inherit']
  const beside = spawn(process.execPath, [fileURLToPath(import.meta.url), 'idle'], { stdio })
  await sleep(300)
  const [idle, spent] = [memory('VmRSS'), cpu()]
  const source = asStream === 'true' ? createReadStream(path, { end: Number(length) - 1 }) : path
  let calls = 0
  const started = performance.now()
  late.enable()
  const sent = await d.send([['large', source]], { ...terms, onProgress: () => calls++ })
  late.disable()
  const seconds = (performance.now() - started) / 1000
  const busy = (cpu() - spent) / seconds
  const [peak, bytes] = [memory('VmHWM') - idle, sent.files[0].size]
  beside.stdin.write('now')
  const text = await new Promise((resolve) => beside.stdout.once('data', resolve))
  console.log(JSON.stringify({ bytes, calls, seconds, late: p99(), beside: Number(text), busy, peak }))
}
