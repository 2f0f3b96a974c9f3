// The program that load.test.mjs measures: sends one file and prints what that cost.

import { createReadStream, readFileSync } from 'node:fs'
import { AgentDrop } from '../../bindings-node/index.mjs'

const memory = (name) =>
  Number(readFileSync('/proc/self/status', 'utf8').match(`${name}:\\s+(\\d+)`)[1]) * 1024
/** What this thread alone has used of the processor, in seconds. */
const cpu = () => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e9

const [settings, path, length, asStream] = process.argv.slice(2)
const d = new AgentDrop(JSON.parse(settings))
const terms = { sender: 'sender-agent', recipient: 'recipient-agent' }
await d.send([['warm', Buffer.from('1')]], terms)
const [idle, spent] = [memory('VmRSS'), cpu()]
const source = asStream === 'true' ? createReadStream(path, { end: Number(length) - 1 }) : path
let calls = 0
const turns = []
let before = spent
const timer = setInterval(() => {
  const now = cpu()
  turns.push((now - before) * 1000)
  before = now
}, 5)
const started = performance.now()
const sent = await d.send([['large', source]], { ...terms, onProgress: () => calls++ })
clearInterval(timer)
const seconds = (performance.now() - started) / 1000
const busy = (cpu() - spent) / seconds
const [peak, bytes] = [memory('VmHWM') - idle, sent.files[0].bytes]
const turn = turns.sort((a, b) => a - b)[Math.floor(turns.length * 0.99)]
console.log(JSON.stringify({ bytes, calls, seconds, turn, busy, peak }))
