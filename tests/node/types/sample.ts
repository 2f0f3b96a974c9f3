// How the API is used, as a type checker sees it. Checked by types.test.mjs, never run.

import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import {
  AgentDrop,
  DropoffError,
  Encryption,
  File,
  HCompany,
  Job,
  KeyPair,
  ProfileTicket,
  Storage,
  TransferTicket,
  inspectProfile,
  onLog,
  openSealed,
  startInspectProfile,
  startOpenSealed,
  version,
} from 'dropoff'
import type {
  AgentDropOptions,
  BoundedArguments,
  ByteStream,
  CallArguments,
  CompleteUploadArguments,
  Confirmed,
  CookieKeys,
  EncryptionArguments,
  Ended,
  ErrorCode,
  ErrorFacts,
  FileCategory,
  FileFields,
  FileLike,
  FileSize,
  HCompanyOptions,
  InspectProfileArguments,
  LeftOut,
  List,
  LogLevel,
  LogRecord,
  OnProgress,
  OpenSealedArguments,
  OpenedFile,
  Options,
  Outcome,
  Pack,
  PackReport,
  Pairs,
  PlannedFile,
  PostFormArguments,
  PresealedArguments,
  PresignArguments,
  PresignReply,
  Profile,
  ProfileDetails,
  ProfileInspection,
  Progress,
  PutArguments,
  PutPartsArguments,
  PostArguments,
  SendArguments,
  SendPlanArguments,
  SentFile,
  SentTransfer,
  CategorySize,
  Source,
  StorageReply,
  StoredObject,
  StoredPart,
  StoredParts,
  TransferInfo,
  TransferPlan,
  UploadArchiveArguments,
  UploadArguments,
  UploadProfileArguments,
  WaitArguments,
} from 'dropoff'

const several: List<FileLike> = new Map([['a', 'b']]).keys()

/** Results go where any JSON object goes: a tool's structured content, a logger's fields. */
function tellJson(
  results: [SentTransfer, Profile, StoredParts, TransferPlan, ProfileInspection, OpenedFile, Progress],
  facts: ErrorFacts,
  record: LogRecord,
): Record<string, unknown>[] {
  return [...results, facts, record]
}

/** Compiles only if the two types are the same. */
function same<T>() {
  return <U extends T>(value: U & ([T] extends [U] ? unknown : never)): void => void value
}

const all: Required<{ [K in keyof Options]: NonNullable<Options[K]> }> = {
  connectTimeout: 1,
  stallTimeout: 1,
  responseTimeout: 1,
  maxAttempts: 1,
  backoffBase: 0,
  backoffCap: 0,
  maxRetryAfter: 0,
  concurrency: 1,
  bandwidthLimit: 1024,
  memoryBudget: 1,
  partSize: 1,
  multipartThreshold: 1,
  integrityCheck: 'auto',
  spoolDir: '/tmp',
  caFile: new URL('file:///x'),
  proxy: 'http://p',
  userAgent: 'x',
  trustedStorage: ['https://h', new URL('https://h')] as const,
}
const hOptions: HCompanyOptions = { ...all, apiKey: 'k', region: 'us', baseUrl: new URL('https://h') }
const dOptions: AgentDropOptions = { apiKey: null, baseUrl: undefined, maxAttempts: null }

const show: OnProgress = ({
  phase,
  bytesDone,
  bytesTotal,
  filesDone,
  filesTotal,
  retries,
  elapsed,
  activeFor,
  bytesPerSecond,
  ticketLeft,
  timeNeeded,
  warning,
}) => {
  same<
    'preparing' | 'inspecting' | 'packing' | 'requesting' | 'sending' | 'completing' | 'opening' | 'done'
  >()(phase)
  same<number>()(
    bytesDone + bytesTotal + filesDone + filesTotal + retries + elapsed + activeFor + bytesPerSecond,
  )
  same<number | null>()(ticketLeft ?? timeNeeded)
  same<string | null>()(warning)
}
const bounded: BoundedArguments = { timeout: 1, onProgress: async () => {}, signal: AbortSignal.timeout(1) }
const upload: UploadArguments = { onProgress: show }
const call: CallArguments = {}

const sources: Source[] = [
  'path',
  new URL('file:///x'),
  Buffer.from('x'),
  new Uint8Array(1),
  new Float64Array(1),
  new DataView(new ArrayBuffer(1)),
  new ArrayBuffer(1),
  new SharedArrayBuffer(1),
  new Blob(['x']),
  createReadStream('x'),
  Readable.from([Buffer.from('x')]),
  new Blob(['x']).stream(),
  generated(),
  counted(),
  [Buffer.from('x'), new Uint8Array(1)],
  new Set([Buffer.from('x')]),
]
function* counted(): Generator<Uint8Array> {
  yield Buffer.from('x')
}
async function* generated(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x')
}
const stream: ByteStream = generated()
const fields: FileFields = { source: stream, name: 'n', contentType: null, encryptionIv: 'x' }
const files: FileLike[] = [
  ...sources,
  ['n', 'path'],
  new File('x'),
  new File(Buffer.from('x'), { name: 'n', contentType: 'a/b' }),
  fields,
]
const pairs: Pairs[] = [{ a: 'b' }, [['a', 'b']], new Map([['a', 'b']]), new Headers(), new URLSearchParams()]

async function profiles(h: HCompany): Promise<void> {
  const details: ProfileDetails = {
    name: 'n',
    browserName: 'b',
    browserVersion: '1',
    description: null,
    labels: pairs[0],
  }
  const pack: Required<{ [K in keyof Pack]: NonNullable<Pack[K]> }> = {
    level: 'minimal',
    profile: 'Default',
    include: ['a'] as const,
    exclude: new Set(['a']),
    ifRunning: 'snapshot',
    prefix: 'p',
  }
  const whole: UploadProfileArguments = { ...details, ...bounded, pack, ifChangedFrom: 'id' }
  const profile = await h.uploadProfile('~/x', whole)
  same<Profile>()(profile)
  const {
    id,
    name,
    browserName,
    browserVersion,
    description,
    labels,
    s3Path,
    fileSizeBytes,
    checksum,
    usageCount,
  } = profile
  same<string>()(id + name + browserName + browserVersion)
  same<string | null>()(description ?? s3Path ?? checksum)
  same<Readonly<Record<string, unknown>> | null>()(labels)
  same<number | null>()(fileSizeBytes)
  same<number>()(usageCount)
  const {
    lastUsedAt,
    isDefault,
    userId,
    orgId,
    createdAt,
    updatedAt,
    verified,
    unchanged,
    packed,
    abandonedProfileIds,
  } = profile
  same<string | null>()(lastUsedAt ?? userId ?? orgId ?? createdAt ?? updatedAt)
  same<boolean>()(isDefault && verified && unchanged)
  same<readonly string[]>()(abandonedProfileIds)
  same<PackReport | null>()(packed)
  if (packed) {
    same<number>()(packed.files + packed.bytes + packed.archiveBytes + packed.leftOut)
    same<'clean' | 'snapshot' | 'forced'>()(packed.consistency)
    same<boolean>()(packed.browserGuessed)
    same<readonly string[]>()(packed.unknown)
    same<readonly string[]>()(packed.warnings)
  }
  same<StoredObject | null>()(profile.upload)
  const ticket = await h.initiateUpload(call)
  same<ProfileTicket>()(ticket)
  same<string>()(
    ticket.profileId + ticket.toString() + ticket.toJSON().profileId + ticket.reveal().upload_url,
  )
  same<number>()(ticket.expiresIn + ticket.reveal().upload_expires_in)
  const packing: UploadArchiveArguments = { ...upload, pack: { level: null } }
  same<StoredObject>()(await h.upload(ticket, stream, upload))
  const uploaded = await h.upload(ticket, 'x', packing)
  same<StoredObject>()(uploaded)
  const complete: CompleteUploadArguments = { ...details, browserName: 'b', browserVersion: '1', uploaded }
  same<Profile>()(await h.completeUpload(ticket.profileId, complete))
  same<Profile>()(await h.getProfile(id, null))
  same<Job<Profile>>()(h.startUploadProfile('x', whole))
  same<Job<ProfileTicket>>()(h.startInitiateUpload())
  same<Job<StoredObject>>()(h.startUpload(ticket, 'x'))
  same<Profile>()(await h.uploadProfile('~/x', { name: 'n' }))
  same<Job<Profile>>()(h.startCompleteUpload('id', complete))
  same<Job<Profile>>()(h.startGetProfile('id'))
}

async function transfers(d: AgentDrop): Promise<void> {
  const pair: KeyPair = KeyPair.generate()
  const sealing: EncryptionArguments = { recipientPublicKey: pair.publicKey, algorithm: null }
  const presealed: PresealedArguments = { algorithm: 'x' }
  same<Encryption>()(Encryption.presealed('k', presealed))
  same<KeyPair>()(KeyPair.fromPrivateKey(pair.revealPrivateKey()))
  same<KeyPair>()(KeyPair.fromAgentdropConfig(new URL('file:///x')))
  same<string>()(pair.toJSON().publicKey + pair.toString())
  const terms: PresignArguments = {
    sender: 'a',
    recipient: 'b',
    mode: 'agent-to-human',
    expiresIn: '7d',
    maxDownloads: 3,
    message: 'm',
    metadata: { any: [1, null] },
    autoDelete: true,
    recipientAccount: 'c',
    encrypt: new Encryption(pair, sealing),
    multipart: true,
    ...bounded,
  }
  const whole: SendArguments = { ...terms, journal: new URL('file:///journal') }
  const sent = await d.send(files, terms)
  same<SentTransfer>()(sent)
  same<SentTransfer>()(await d.send(files, whole))
  same<SentTransfer>()(await d.send(files, { ...terms, journal: 'journal' }))
  same<string | null>()(sent.recipientKeyFingerprint)
  same<'caller' | 'service' | null>()(sent.recipientKeySource)
  const plan = await d.plan(files, terms)
  same<TransferPlan>()(plan)
  same<TransferPlan>()(await d.plan(files, whole))
  same<Job<TransferPlan>>()(d.startPlan(files, whole))
  same<boolean>()(plan.multipart && plan.encrypted)
  same<number>()(plan.totalBytes)
  same<unknown>()(plan.request['sender'])
  const [planned] = plan.files
  same<PlannedFile | undefined>()(planned)
  if (planned) {
    same<string>()(planned.name + planned.contentType)
    same<number>()(planned.bytes + planned.parts)
    same<number | null>()(planned.partSize)
  }
  same<string>()(sent.id + sent.status)
  same<boolean>()(sent.encrypted)
  same<string | null>()(sent.expiresAt)
  const [file] = sent.files
  same<SentFile | undefined>()(file)
  if (file) {
    same<string>()(file.fileId + file.name)
    same<number>()(file.bytes + file.attempts + file.parts)
    same<string | null>()(file.etag ?? file.md5 ?? file.sha256)
    same<boolean>()(file.verified)
    same<string | null>()(file.verifiedBy ?? file.crc64nvme)
  }
  const ticket = await d.presign(new Set(files), terms)
  same<TransferTicket>()(ticket)
  same<string>()(ticket.id + ticket.toString() + ticket.toJSON().id)
  same<string | null>()(ticket.expiresAt)
  const reply: PresignReply = ticket.reveal()
  same<string | undefined>()(reply.upload_urls?.[0]?.upload_url)
  same<string | undefined>()(reply.files?.[0]?.part_urls[0]?.upload_url)
  same<readonly SentFile[]>()(await d.upload(ticket, files, upload))
  same<Confirmed>()(await d.confirm(ticket.id, call))
  const info = await d.getTransfer(ticket.id, call)
  same<TransferInfo>()(info)
  same<string>()(info.id + info.status)
  same<unknown>()(info.fields['anything'])
  same<Job<SentTransfer>>()(d.startSend(files, terms))
  same<Job<TransferTicket>>()(d.startPresign(files, terms))
  same<Job<readonly SentFile[]>>()(d.startUpload(ticket, files))
  same<Job<Confirmed>>()(d.startConfirm('id'))
  same<Job<TransferInfo>>()(d.startGetTransfer('id'))
  // The web's own classes are sources.
  await d.send([new globalThis.Blob(['x']), ['n', new Blob(['x'])]], { sender: 'a', recipient: 'b' })
}

async function raw(s: Storage): Promise<void> {
  const put: PutArguments = { headers: { a: 'b' }, ...bounded }
  const form: PostFormArguments = { fileName: 'x.zip', ...bounded }
  const stored = await s.put(new URL('https://h/k'), 'x', put)
  same<StoredObject>()(stored)
  same<number>()(stored.bytes + stored.attempts)
  same<string | null>()(stored.etag ?? stored.sha256 ?? stored.md5)
  same<boolean>()(stored.verified)
  same<string | null>()(stored.verifiedBy ?? stored.crc64nvme)
  for (const some of pairs) same<StoredObject>()(await s.postForm('https://h', some, 'x', form))
  const inParts: PutPartsArguments = { partSize: 5, ...bounded }
  const parts = await s.putParts(['https://h/k', new URL('https://h/k')], 'x', inParts)
  same<StoredParts>()(parts)
  same<number>()(parts.bytes + parts.partSize)
  same<boolean>()(parts.verified)
  same<string | null>()(parts.verifiedBy ?? parts.crc64nvme)
  const [part] = parts.parts
  same<StoredPart | undefined>()(part)
  if (part) {
    same<number>()(part.partNumber + part.bytes + part.attempts)
    same<string>()(part.etag)
    same<string | null>()(part.md5)
    same<boolean>()(part.verified)
    same<string | null>()(part.verifiedBy ?? part.crc64nvme)
  }
  const unequal = {
    partSizes: [1, 4],
    headers: { a: 'b' },
    partHeaders: [{}, [['c', 'd']]],
  } satisfies PutPartsArguments
  same<StoredParts>()(await s.putParts(['https://h/k', 'https://h/k'], 'x', unequal))
  const plan: SendPlanArguments = { allowAuthorization: true, ...bounded }
  const sent = await s.send({ url: 'https://h/k' }, 'x', plan)
  same<StorageReply | null>()(sent.reply)
  same<readonly StoredPart[]>()(sent.parts)
  same<Job<StoredObject>>()(s.startSend(new URL('https://h/k'), 'x'))
  const post: PostArguments = { headers: { a: 'b' }, ...bounded }
  same<StoredObject>()(await s.post('https://h/k', 'x', post))
  same<Job<StoredObject>>()(s.startPost('https://h/k', 'x'))
  same<Job<StoredParts>>()(s.startPutParts(new Set(['https://h/k']), 'x'))
  const job = s.startPut('https://h/k', 'x')
  same<Job<StoredObject>>()(job)
  same<Job<StoredObject>>()(s.startPostForm('https://h', [], 'x'))
  const wait: WaitArguments = { timeout: 1000, signal: null }
  same<StoredObject>()(await job.wait(wait))
  same<Progress>()(job.progress())
  same<boolean>()(job.done)
  job.cancel()
  await using held = s.startPut('https://h/k', 'x')
  same<Job<StoredObject>>()(held)
  same<Promise<void>>()(held[Symbol.asyncDispose]())
}

async function inspected(): Promise<void> {
  const given: InspectProfileArguments = { pack: { level: 'full', ifRunning: null }, signal: null }
  const found = await inspectProfile(new URL('file:///x'), given)
  same<ProfileInspection>()(found)
  same<'chrome' | 'firefox'>()(found.family)
  same<string>()(found.product + found.browserName + found.advice)
  same<string | null>()(found.browserVersion)
  same<readonly string[]>()(found.profiles)
  same<readonly string[]>()(found.unknown)
  same<readonly string[]>()(found.warnings)
  same<number>()(found.files + found.bytes)
  same<'none' | 'live' | 'stale' | 'foreign'>()(found.lock)
  same<number | null>()(found.lockProcess)
  same<'likely' | 'unlikely' | 'unknown'>()(found.verdict)
  const cookies: CookieKeys = found.cookies
  same<'linux' | 'macos' | 'windows' | 'unknown'>()(cookies.system)
  same<readonly string[]>()(cookies.keyVersions)
  const [size, left, file] = [found.sizes[0], found.leftOut[0], found.largest[0]]
  same<CategorySize | undefined>()(size)
  same<LeftOut | undefined>()(left)
  same<FileSize | undefined>()(file)
  if (size && left && file) {
    same<FileCategory>()(size.category)
    same<FileCategory>()(left.category)
    same<boolean>()(size.packed)
    same<number>()(size.files + size.bytes + left.files + left.bytes + file.bytes)
    same<string>()(left.path + left.reason + file.path)
  }
  same<Job<ProfileInspection>>()(startInspectProfile('x'))
}

async function opened(): Promise<void> {
  const given: OpenSealedArguments = {
    to: 'x',
    keyPair: KeyPair.generate(),
    senderPublicKey: 'k',
    encryptedKey: 'k',
    encryptionIv: 'k',
    onProgress: show,
    signal: null,
  }
  const file = await openSealed(new URL('file:///x'), given)
  same<OpenedFile>()(file)
  same<string>()(file.path)
  same<number>()(file.bytes)
  same<Job<OpenedFile>>()(startOpenSealed('x', { ...given, to: new URL('file:///x') }))
}

function failed(error: unknown): ErrorCode | undefined {
  if (!(error instanceof DropoffError)) {
    const ended = (error as { dropoff?: Ended }).dropoff
    same<Outcome | undefined>()(ended?.outcome)
    return undefined
  }
  same<number>()(error.number)
  same<string>()(error.message)
  same<boolean>()(error.retryable)
  same<'caller' | 'network' | 'service' | 'storage'>()(error.side)
  same<'none' | 'done' | 'failed'>()(error.cleanup)
  same<Outcome>()(error.outcome)
  same<string | null>()(
    error.operation ??
      error.serviceCode ??
      error.requestId ??
      error.transferId ??
      error.profileId ??
      error.path ??
      error.journal ??
      error.etag,
  )
  same<string | undefined>()(error.resource?.kind ?? error.resource?.id)
  same<number | null>()(error.retryAfter ?? error.httpStatus ?? error.errno)
  same<unknown>()(error.cause)
  for (const { field, message } of error.details) same<string>()(field + message)
  const facts: ErrorFacts & { cause: string | null } = error.toJSON()
  switch (error.code) {
    case 'rate_limited':
    case 'unknown_outcome':
      return facts.code
  }
  return error.code
}

const levels: LogLevel[] = ['warn', 'info', 'debug']
const logger = ({ level, message }: LogRecord) => {
  same<LogLevel>()(level)
  same<string>()(message)
}
onLog(logger)
onLog(async (record) => logger(record), levels[0])
onLog(null)
same<string>()(version)
void [
  profiles(new HCompany(hOptions)),
  transfers(new AgentDrop(dOptions)),
  raw(new Storage(all)),
  inspected(),
  opened(),
  failed,
  new Storage(),
  several,
  tellJson,
]

// What must not type-check; an expectation that is not needed is an error too.
declare const d: AgentDrop
declare const h: HCompany
declare const s: Storage
declare const text: AsyncIterable<string>
const terms = { sender: 'a', recipient: 'b' }
// @ts-expect-error one file alone
void d.send(3, terms)
// @ts-expect-error one path alone, which would be a list of letters
void d.send('a.pdf', terms)
// @ts-expect-error the same
void d.plan('a.pdf', terms)
// @ts-expect-error the same
d.startSend('a.pdf', terms)
// @ts-expect-error the same
void d.presign('a.pdf', terms)
// @ts-expect-error the same
d.startPresign('a.pdf', terms)
// @ts-expect-error the same
void d.upload({} as TransferTicket, 'a.pdf')
// @ts-expect-error the same
d.startUpload({} as TransferTicket, 'a.pdf')
// @ts-expect-error one URL alone
void s.putParts('https://h/k', 'x')
// @ts-expect-error one URL alone
s.startPutParts('https://h/k', 'x')
// @ts-expect-error one pattern alone
void h.uploadProfile('x', { name: 'n', pack: { exclude: '**/Extensions' } })
// @ts-expect-error one pattern alone
void inspectProfile('x', { pack: { include: 'Default/Code Cache' } })
// @ts-expect-error no labels
void h.uploadProfile('x', { name: 'n', labels: 'a' })
// @ts-expect-error one origin alone
new Storage({ trustedStorage: 'https://minio.internal:9000' })
// @ts-expect-error a number is no file
void d.send([3], terms)
// @ts-expect-error a stream of text
void d.send([['a', text]], terms)
// @ts-expect-error no recipient
void d.send(['a'], { sender: 'a' })
// @ts-expect-error a typo
void d.send(['a'], { ...terms, onprogress: show })
// @ts-expect-error snake case
void d.send(['a'], { sender: 'a', recipient: 'b', auto_delete: true })
// @ts-expect-error a string for a flag
void d.send(['a'], { ...terms, autoDelete: 'yes' })
// @ts-expect-error a label of another type
void h.uploadProfile('x', { name: 'n', browserName: 'b', browserVersion: '1', labels: { a: 1 } })
// @ts-expect-error no name
void h.uploadProfile('x', { browserName: 'b', browserVersion: '1' })
// @ts-expect-error no browser, and no folder to tell it
void h.completeUpload('id', { name: 'n' })
// @ts-expect-error a level that is none
void h.uploadProfile('x', { name: 'n', pack: { level: 'all' } })
// @ts-expect-error one pattern alone
void h.uploadProfile('x', { name: 'n', pack: { include: 3 } })
// @ts-expect-error a setting that is none
void h.uploadProfile('x', { name: 'n', pack: { levels: 'full' } })
// @ts-expect-error looking sends nothing
void inspectProfile('x', { onProgress: show })
// @ts-expect-error bytes are no folder
void inspectProfile(Buffer.from('x'))
// @ts-expect-error the ticket of the other service
void h.upload({} as TransferTicket, 'x')
// @ts-expect-error an unknown option
new Storage({ maxAtempts: 3 })
// @ts-expect-error an option of another type
new Storage({ maxAttempts: '3' })
// @ts-expect-error raw storage has no key
new Storage({ apiKey: 'k' })
// @ts-expect-error a region that is none
new HCompany({ region: 'mars' })
// @ts-expect-error results are read-only
void d.send(['a'], terms).then((sent) => (sent.status = 'x'))
// @ts-expect-error a job is made by a client
new Job()
// @ts-expect-error a ticket is made by a client
new ProfileTicket()
// @ts-expect-error a level that is none
onLog(logger, 'loud')
// @ts-expect-error nothing to call
onLog()
// @ts-expect-error a key pair is made by its static methods
new KeyPair()
// @ts-expect-error a public key is not a pair
new Encryption('key')
// @ts-expect-error what looks like one
new Encryption({ publicKey: 'k' })
// @ts-expect-error a pair says not how to seal
void d.send(['a'], { ...terms, encrypt: KeyPair.generate() })
// @ts-expect-error a journal is for a whole send
void d.presign(['a'], { ...terms, journal: 'journal' })
// @ts-expect-error one URL alone
void s.putParts(3, 'x')
// @ts-expect-error no key pair
void openSealed('x', { to: 'y', senderPublicKey: 'k', encryptedKey: 'k', encryptionIv: 'k' })
// @ts-expect-error a function is no source
void s.put('https://h', () => {})
