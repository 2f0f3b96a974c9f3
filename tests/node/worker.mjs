// A worker thread with a client of its own.

import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { AgentDrop, onLog } from '../../bindings-node/index.mjs'
import { busy } from './busy.mjs'

const { task, settings, terms, logs } = workerData
const heard = []
if (logs) onLog(({ message }) => heard.push(message.split(' ')[0]), 'debug')
const d = new AgentDrop({ ...settings, stallTimeout: task === 'one' ? 1000 : 30_000 })
if (task === 'send') {
  const sent = await d.send(
    [
      ['a', Buffer.from('1')],
      ['b', new Blob(['2'])],
    ],
    terms,
  )
  parentPort.postMessage(sent.status)
} else if (task === 'logs') {
  await d.send([['a', Buffer.from('1')]], terms)
  parentPort.postMessage({ first: heard[0], last: heard.at(-1) })
} else if (task === 'one') {
  const job = d.startSend([['a', Buffer.alloc(20_000_000)]], terms)
  while (job.progress().phase !== 'sending' || job.progress().bytesDone === 0) await sleep(5)
  parentPort.postMessage('sending')
  await sleep(60_000)
} else {
  await busy(d, terms)
  parentPort.postMessage('busy')
  await sleep(60_000)
}
