// Calls that run until somebody ends them: from memory, from a stream and from a Blob, with all that a call can
// hold on to. Storage takes 100 000 bytes of each file (see STALL).

import { setTimeout as sleep } from 'node:timers/promises'

async function* slow() {
  for (;;) {
    await sleep(1)
    yield Buffer.alloc(1000)
  }
}

export async function busy(d, terms) {
  const big = Buffer.alloc(20_000_000)
  const signal = AbortSignal.timeout(60_000)
  for (let n = 0; n < 4; n++) {
    d.send([['a', big]], { ...terms, onProgress() {} }).catch(() => {})
    d.send([['b', slow()]], { ...terms, signal }).catch(() => {})
    d.startSend([['c', new Blob([big])]], terms)
  }
  // At no particular moment: what goes wrong at the end goes wrong by chance.
  await sleep(200 + Math.random() * 50)
}
