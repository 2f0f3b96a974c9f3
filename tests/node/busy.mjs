// Calls that run until somebody ends them: from memory, from a stream and from a Blob, whole and in sealed
// parts, with all that a call can hold on to. Storage takes 100 000 bytes of each file or part (see STALL).

import { mkdtempSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Encryption, KeyPair, openSealed } from '../../bindings-node/index.mjs'

async function* slow() {
  for (;;) {
    await sleep(1)
    yield Buffer.alloc(1000)
  }
}

export async function busy(d, terms) {
  const big = Buffer.alloc(20_000_000)
  const signal = AbortSignal.timeout(60_000)
  const keyPair = KeyPair.fromPrivateKey('QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A=')
  const encrypt = new Encryption(keyPair, { recipientPublicKey: KeyPair.generate().publicKey })
  // The home folder is the test's, which removes it: a worker that is ended removes nothing.
  const folder = mkdtempSync(join(process.env.HOME, 'busy-'))
  const sealed = join(folder, 'sealed')
  writeFileSync(sealed, '')
  truncateSync(sealed, 2 ** 31)
  const given = {
    keyPair,
    senderPublicKey: 'B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=',
    encryptedKey: '0NHS09TV1tfY2drbzNV+rOPgo6zBf/XLMDWcADyZ+2AGOStqBRZuopDmsL0yhwoHFxzRnhphB7i1Z0vF',
    encryptionIv: '4OHi4+Tl5ufo6err',
  }
  for (let n = 0; n < 4; n++) {
    d.send([['a', big]], { ...terms, onProgress() {} }).catch(() => {})
    d.send([['b', slow()]], { ...terms, signal }).catch(() => {})
    d.startSend([['c', new Blob([big])]], terms)
    d.startSend([['d', big]], { ...terms, encrypt, multipart: true })
    d.send([['e', big]], { ...terms, encrypt, multipart: true, journal: join(folder, `journal-${n}`) }).catch(
      () => {},
    )
  }
  openSealed(sealed, { ...given, to: join(folder, 'open'), signal }).catch(() => {})
  // At no particular moment: what goes wrong at the end goes wrong by chance.
  await sleep(200 + Math.random() * 50)
}
