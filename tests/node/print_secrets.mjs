// A program that makes every call fail in ways that quote secrets, and prints all it can get hold of. Run by
// logs.test.mjs, which searches what it printed.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { zipped } from './sources.mjs'

export const KEY_WORD = 'canary-key'
export const SIGNATURE_WORD = 'canary5ignature'
export const FIELD_WORD = 'canaryf1eld'
/** The base64 of it is in a private key, and in a wrapped key that is one of nothing. */
export const PRIVATE_WORD = 'canary-private'
export const WRAPPED_WORD = 'canary-wrapped'

/** A key of characters that formats write in different ways. */
const KEY = `hk-${KEY_WORD}+/=%41&<'~`
/** Another that no service could quote as it is. */
const WILD_KEY = `hk-"${KEY_WORD}"\\`
const SIGNATURE = `%2B${SIGNATURE_WORD}%2F==`
const FIELD = `${FIELD_WORD}"+/\\=\u00e9 of 20 or more`
const base64 = (text) => Buffer.from(text).toString('base64')
const PRIVATE = base64(`${PRIVATE_WORD} of 32 bytes`.padEnd(32, '.'))
const WRAPPED = base64(`${WRAPPED_WORD} of 60 bytes`.padEnd(60, '.'))
const TERMS = { sender: 'sender-agent', recipient: 'recipient-agent' }
const PROFILE = { name: 'p', browserName: 'chromium', browserVersion: '131' }

/** Everything a program may print of a value. */
function print(value) {
  console.log(value)
  console.log('inspect:', inspect(value, { depth: 12, showHidden: true, getters: true, showProxy: true }))
  console.log('string:', String(value), `${JSON.stringify({ ...value })}`)
  console.log('toJSON:', JSON.stringify(value))
  if (!(value instanceof Error)) return
  console.log('message:', value.message, 'stack:', value.stack, 'cause:', inspect(value.cause, { depth: 12 }))
}

export async function printSecrets(dropoff, where) {
  dropoff.onLog(({ level, message }) => console.log(`LOG ${level} ${message}`), 'debug')
  const control = (path, body) =>
    fetch(where.control_url + path, { method: 'POST', body: JSON.stringify(body) })
  const fault = (on, reply, times = 1) => control('/faults', [{ on, times, do: { reply } }])
  const settings = { trustedStorage: [where.storage_url], backoffBase: 1, maxAttempts: 2 }
  const client = (Client, apiKey) => new Client({ apiKey, baseUrl: where.api_url, ...settings })
  const [h, d] = [client(dropoff.HCompany, KEY), client(dropoff.AgentDrop, KEY)]
  const [goodH, goodD] = [
    client(dropoff.HCompany, where.h_api_key),
    client(dropoff.AgentDrop, where.agentdrop_api_key),
  ]
  const s = new dropoff.Storage(settings)
  const bytes = Buffer.from('1')
  const file = new dropoff.File(bytes, { name: 'a' })
  const url = `${where.storage_url}/b/k?X-Amz-Signature=${SIGNATURE}&X-Amz-Credential=${SIGNATURE}`
  const fields = { policy: FIELD, 'x-amz-signature': SIGNATURE, 'x-amz-security-token': FIELD }
  const headers = { 'x-amz-meta-secret': FIELD }

  const form = await goodH.initiateUpload()
  const ticket = await goodD.presign([file], TERMS)
  const revealed = ticket.reveal().upload_urls[0].upload_url
  const signature = new URL(revealed).searchParams.get('X-Amz-Signature')
  const { policy, 'x-amz-signature': formSignature } = form.reveal().upload_fields
  for (const value of [h, d, s, goodH, goodD, form, ticket, file]) print(value)

  // Keys, and what is sealed with them.
  const folder = mkdtempSync(join(tmpdir(), 'dropoff-canary-'))
  const journal = join(folder, 'journal')
  const pair = dropoff.KeyPair.fromPrivateKey(PRIVATE)
  const { publicKey: recipientPublicKey } = dropoff.KeyPair.generate()
  const encrypt = new dropoff.Encryption(pair, { recipientPublicKey })
  const presealed = dropoff.Encryption.presealed(WRAPPED)
  const iv = base64('of 12 bytes!')
  const sealed = new dropoff.File(Buffer.alloc(50), { name: 's', encryptionIv: iv })
  const parts = await goodD.presign([file], { ...TERMS, encrypt, multipart: true })
  const { upload_id: uploadId, part_urls: partUrls } = parts.reveal().files[0]
  const partUrl = partUrls[0].upload_url
  for (const value of [pair, encrypt, presealed, sealed, parts, structuredClone(pair)]) print(value)
  /** A send whose journal is that of a call before. */
  const resumed = (client, more) =>
    client.startSend([file], { ...TERMS, multipart: true, journal: journal, ...more })
  await fault('put_part', { status: 403 }, 1)
  await resumed(goodD, { encrypt })
    .wait()
    .catch((error) => print(error))
  // What a peer could quote of it: the signature of a live URL, and the wrapped key.
  const kept = readFileSync(journal, 'utf8')
  const [, keptSignature] = kept.match(/X-Amz-Signature=(\w+)/)
  const [, keptKey] = kept.match(/"encrypted_key":"([^"]+)"/)

  // Peers that quote what they were given, in a refusal and in a failure that is tried again.
  const refusals = {
    json: (status, words) => ({ status, body: { error: { code: 'BAD', message: words }, detail: words } }),
    text: (status, words) => ({ status, body: words }),
    xml: (status, words) => ({ status, body: `<Error><Code>Bad</Code><Message>${words}</Message></Error>` }),
  }
  /** Starts a call, prints its job before and after, and what it fails with. */
  const failing = async (start) => {
    try {
      const job = start()
      print(job)
      print(job.progress())
      const result = await job.wait()
      print(result)
    } catch (error) {
      print(error)
    }
  }
  const again = await goodD.presign([file], TERMS)
  const put = again.reveal().upload_urls[0].upload_url
  const [hKey, dKey] = [where.h_api_key, where.agentdrop_api_key]
  const decoded = decodeURIComponent(SIGNATURE)
  const given = `${url} ${SIGNATURE} ${decoded}`
  const [api, storage] = [
    ['json', 'text'],
    ['xml', 'text'],
  ]
  const wild = client(dropoff.AgentDrop, WILD_KEY)
  const calls = [
    ['initiate_upload', api, KEY, () => h.startUploadProfile(zipped(10), PROFILE)],
    ['presign', api, KEY, () => d.startSend([file], TERMS)],
    ['presign', api, WILD_KEY, () => wild.startSend([file], TERMS)],
    ['confirm', api, dKey, () => goodD.startConfirm(ticket.id)],
    ['complete_upload', api, hKey, () => goodH.startUploadProfile(zipped(10), PROFILE)],
    ['put', storage, `${given} ${FIELD}`, () => s.startPut(url, bytes, { headers })],
    ['put', storage, `${put} ${put.split('?')[1]}`, () => goodD.startUpload(again, [file])],
    ['post_form', storage, `${given} ${FIELD}`, () => s.startPostForm(url, fields, bytes)],
    ['post_form', storage, `${policy} ${formSignature}`, () => goodH.startUpload(form, zipped(10))],
    ['presign', api, WRAPPED, () => goodD.startSend([sealed], { ...TERMS, encrypt: presealed })],
    [
      'resolve',
      api,
      dKey,
      () => goodD.startSend([file], { ...TERMS, encrypt: new dropoff.Encryption(pair) }),
    ],
    ['put_part', storage, `${partUrl} ${partUrl.split('?')[1]}`, () => s.startPutParts([partUrl], bytes)],
    ['complete_multipart', api, `${uploadId} ${dKey}`, () => goodD.startUpload(parts, [file])],
    ['abort_multipart', api, dKey, () => goodD.startUpload(parts, [file])],
  ]
  for (const [operation, formats, words, start] of calls) {
    await failing(start)
    for (const status of [400, 401, 403, 422, 429, 503]) {
      for (const format of formats) {
        await fault(operation, refusals[format](status, `no: ${words}, Bearer ${words}`), 2)
        await failing(start)
        await fetch(`${where.control_url}/faults`, { method: 'DELETE' })
      }
    }
  }
  // Storage that quotes what only a journal held.
  for (const format of storage) {
    await fault('put_part', refusals[format](403, `no: ${keptSignature}`))
    await failing(() => resumed(goodD, { encrypt }))
    await fetch(`${where.control_url}/faults`, { method: 'DELETE' })
  }
  // A journal of another call, with another key, damaged, and of something else.
  await failing(() => resumed(goodD, { encrypt: new dropoff.Encryption(dropoff.KeyPair.generate()) }))
  for (const text of [kept, kept.replaceAll('"', "'"), `${kept}${kept}`, kept.slice(18), `${KEY_WORD}\n`]) {
    writeFileSync(journal, text)
    await failing(() => resumed(goodD, { encrypt, message: 'another' }))
    await failing(() => resumed(goodD, { encrypt }))
  }
  // Private keys in the wrong places, and what does not open.
  for (const key of [PRIVATE.slice(4), `${PRIVATE}=`, `${PRIVATE}\ud800`, { key: PRIVATE }])
    await failing(() => dropoff.KeyPair.fromPrivateKey(key))
  writeFileSync(join(folder, 'config.json'), `{"private_key": "${PRIVATE.slice(4)}"}`)
  await failing(() => dropoff.KeyPair.fromAgentdropConfig(folder))
  writeFileSync(join(folder, 'config.json'), `{"private_key": "${PRIVATE}"`)
  await failing(() => dropoff.KeyPair.fromAgentdropConfig(folder))
  await failing(() => new dropoff.Encryption(PRIVATE))
  await failing(() => new dropoff.Encryption(pair, { algorithm: [PRIVATE] }))
  await failing(() => dropoff.Encryption.presealed([WRAPPED]))
  await failing(() => goodD.startSend([file], { ...TERMS, encrypt: PRIVATE }))
  await failing(() => goodD.startPlan([sealed], { ...TERMS, encrypt: presealed }))
  await failing(() => goodD.startPlan([file], { ...TERMS, encrypt, multipart: true }))
  writeFileSync(join(folder, 'sealed'), Buffer.alloc(50))
  const opens = {
    to: join(folder, 'open'),
    keyPair: pair,
    senderPublicKey: recipientPublicKey,
    encryptionIv: iv,
  }
  for (const encryptedKey of [WRAPPED, WRAPPED.slice(4), [WRAPPED]])
    await failing(() => dropoff.startOpenSealed(join(folder, 'sealed'), { ...opens, encryptedKey }))
  await failing(() => dropoff.startOpenSealed(join(folder, 'sealed'), { ...opens, encryptedKey: keptKey }))
  rmSync(folder, { recursive: true })
  print(wild)
  await failing(() => wild.startSend([file], TERMS))
  await failing(() => s.startPut(new URL(url), bytes, { headers: { Authorization: `Bearer ${KEY}` } }))
  // Nobody there; a job that is cancelled; a reason and a stream that name a URL of ours.
  const nowhere = new dropoff.Storage({ ...settings, trustedStorage: ['http://127.0.0.1:1'] })
  await failing(() => nowhere.startPut(`http://127.0.0.1:1/k?X-Amz-Signature=${SIGNATURE}`, bytes))
  await failing(() => nowhere.startPostForm('http://127.0.0.1:1/k', fields, bytes))
  await failing(() => {
    const job = s.startPut(url, bytes)
    job.cancel()
    return job
  })
  for (const baseUrl of [`https://u:${encodeURIComponent(KEY)}@h.example`, `http://h.example/?${KEY_WORD}`])
    await failing(() => new dropoff.HCompany({ apiKey: KEY, baseUrl }))
  await failing(() => new dropoff.HCompany({ apiKey: `${KEY}\n`, baseUrl: where.api_url }))
  await failing(() => new dropoff.Storage({ proxy: `ftp://u:${KEY_WORD}@h` }))
  dropoff.onLog(null)
  const ours = [KEY, WILD_KEY, SIGNATURE, decoded, FIELD, signature, policy, formSignature]
  const ofSealing = [PRIVATE, PRIVATE.slice(4, 30), WRAPPED, WRAPPED.slice(4, 60), keptSignature, keptKey]
  const ofParts = [new URL(partUrl).searchParams.get('X-Amz-Signature')]
  console.log(JSON.stringify([...ours, ...ofSealing, ...ofParts]))
}
