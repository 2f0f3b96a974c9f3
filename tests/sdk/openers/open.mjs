// Opens the sealed file that is its first argument to the path that is its second; see ../ours.py.

import { DropoffError, KeyPair, openSealed } from '../../../bindings-node/index.mjs'

const { env } = process
const [path, to] = process.argv.slice(2)
try {
  const opened = await openSealed(path, {
    to,
    keyPair: KeyPair.fromAgentdropConfig(env.CONFIG),
    senderPublicKey: env.SENDER_PUBLIC_KEY,
    encryptedKey: env.ENCRYPTED_KEY,
    encryptionIv: env.ENCRYPTION_IV,
    encryptionSalt: env.ENCRYPTION_SALT,
  })
  console.log([opened.path, opened.bytes].join('\t'))
} catch (error) {
  if (!(error instanceof DropoffError)) throw error
  console.log([error.code, error.journal ?? ''].join('\t'))
  console.error(error.message)
  process.exitCode = 3
}
