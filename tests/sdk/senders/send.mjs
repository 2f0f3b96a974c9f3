// Seals and sends the files that are its arguments; ../ours.py says how it is told what else to do.

import { AgentDrop, DropoffError, Encryption, KeyPair } from '../../../bindings-node/index.mjs'

const { env } = process
const number = (name) => (env[name] === undefined ? undefined : Number(env[name]))
try {
  const client = new AgentDrop({
    baseUrl: env.API_URL,
    trustedStorage: [env.STORAGE_URL],
    partSize: number('PART_SIZE'),
    concurrency: number('CONCURRENCY'),
  })
  const keyPair = KeyPair.fromAgentdropConfig(env.CONFIG)
  const sent = await client.send(process.argv.slice(2), {
    sender: env.SENDER,
    recipient: env.RECIPIENT,
    encrypt: new Encryption(keyPair, { recipientPublicKey: env.RECIPIENT_KEY }),
    multipart: env.MULTIPART ? true : undefined,
    journal: env.JOURNAL,
  })
  console.log([sent.id, sent.recipientKeyFingerprint, sent.recipientKeySource].join('\t'))
} catch (error) {
  if (!(error instanceof DropoffError)) throw error
  console.log([error.code, error.journal ?? ''].join('\t'))
  console.error(error.message)
  process.exitCode = 3
}
