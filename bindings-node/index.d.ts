/**
 * Hands an agent's files to presigned object storage.
 *
 * Three clients, cheap to keep and safe to use for many calls at once: {@link HCompany} uploads browser
 * profiles, {@link AgentDrop} sends transfers, sealed if asked for, and {@link Storage} uploads to presigned
 * targets that another program asked for. {@link openSealed} opens what came sealed, and
 * {@link inspectProfile} tells what a browser's folder holds and whether it will sign in elsewhere. Calls
 * return promises; each has a `start…` twin that returns a {@link Job}. Every error is a
 * {@link DropoffError}.
 *
 * Lengths of time are milliseconds and sizes are bytes, everywhere. `null` and `undefined` mean "not given".
 * A name that is not known, such as `onprogress` or `max_attempts`, is refused.
 *
 * The package may be loaded in several worker threads. When a worker ends, its calls are cancelled.
 *
 * @packageDocumentation
 */

/**
 * Bytes to upload.
 *
 * - A path, as a string (a leading `~/` is the home folder; a relative one is of the moment of the call) or a
 *   `file:` URL. For a browser profile it may be a folder.
 * - Memory: a `Buffer`, any typed array or `DataView`, an `ArrayBuffer` or `SharedArrayBuffer`. Up to 16 MiB
 *   is copied before the call returns. More is read as a stream is, piece by piece into a temporary file, and
 *   must stay as it is until the call is over; memory that is resized or transferred meanwhile is an error.
 *   With `journal`, and for a plan, which take no stream, memory of any size is copied before the call
 *   returns: some milliseconds per 16 MiB, and twice the memory. For large contents a path is better.
 * - A `Blob`, read as it is sent. A `File` of the web brings its own name.
 * - A stream of bytes: a `Readable`, a `ReadableStream`, or any iterable of byte arrays, async or not, such
 *   as a generator or an array of them. It is read from where it stands to its end, into a temporary file
 *   without a name, so that a retry can send it again. A stream that is given to a call belongs to it:
 *   whatever happens, it is read to its end or destroyed. One of `fs.createReadStream` brings its file's
 *   name. An error of such a call is therefore not `retryable`: open the stream anew. A Blob or memory can be
 *   given again.
 *
 * With `journal`, and for a plan, a Blob or stream is `invalid_input`: it cannot be read again.
 */
export type Source = string | URL | ArrayBufferView | ArrayBufferLike | Blob | ByteStream

/** A stream of bytes; see {@link Source}. */
export type ByteStream = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>

/** A file of a transfer: a source, or one with a name. Memory, Blobs and streams need a name. */
export type FileLike = Source | readonly [name: string, source: Source] | File | FileFields

/** Any number of things: an array, a `Set`, or whatever iterates over them. Not a string, which would be a
 * list of letters: put a single one in brackets. */
export type List<T> = Iterable<T> & object

/** A {@link File} as a plain object. */
export interface FileFields {
  /** What to send. */
  readonly source: Source
  // <generated file fields> by `make generate`, from the core's sources
  /** The name that the recipient sees, without folders. Default: the last part of the path; memory and
   * streams need one. */
  readonly name?: string | null | undefined
  /** The media type. Default: guessed from the name, and `application/octet-stream` for a sealed file. A
   * `Blob` brings its own. */
  readonly contentType?: string | null | undefined
  /** The nonce that the file was sealed with before it came here: base64 of 12 bytes. For
   * {@link Encryption.presealed} alone; each file needs its own. */
  readonly encryptionIv?: string | null | undefined
  // </generated file fields>
}

/** Names and values, sent in the order given: an object, or anything that iterates over pairs. */
export type Pairs = Readonly<Record<string, string>> | Iterable<readonly [name: string, value: string]>

/** Told while a call runs: on this thread, every 100 ms at most, and once at the end before the call settles.
 * If it throws, or returns a promise that rejects, the call is cancelled and rejects with that very error. It
 * is not called again before its promise is settled; a promise is not waited for at the end. */
export type OnProgress = (progress: Progress) => unknown

/** What every client can be given. The defaults suit most programs. */
export interface Options {
  // <generated options> by `make generate`, from the core's sources
  /** How long connecting may take: name lookup, TCP, proxy and TLS together. It takes as many times as
   * long where connections of the client share a slow line. 1 ms to 10 min; default 10 000 ms. */
  connectTimeout?: number | null | undefined
  /** How long the peer may acknowledge nothing before an upload counts as stalled. A slow upload that
   * moves is never ended, nor one that others of the client keep waiting on a slow line, and time in
   * which the process is suspended does not count. 1 ms to 1 h; default 30 000 ms. */
  stallTimeout?: number | null | undefined
  /** How long storage may take to answer after it acknowledged the last byte. 1 ms to 1 h; default 120 000
   * ms. */
  responseTimeout?: number | null | undefined
  /** How often one request is tried in all. 1 to 100; default 5. */
  maxAttempts?: number | null | undefined
  /** The first retry waits a random time up to this; each later one up to twice the one before. Uploads
   * wait twice this besides, since storage takes about one write a second of one key. 0 to 10 min;
   * default 500 ms. */
  backoffBase?: number | null | undefined
  /** The most that the random part of a wait between two tries grows to. 0 to 1 h; default 30 000 ms. */
  backoffCap?: number | null | undefined
  /** A `Retry-After` up to this is waited for in full; a longer one ends the call at once, with the
   * error's `retryAfter` filled. 0 to 1 h; default 60 000 ms. */
  maxRetryAfter?: number | null | undefined
  /** How many files and parts of one call are sent at once, over all its files. Without it there are more
   * while more arrives per second that way, and fewer when storage or the network pushes back. 1 to 64;
   * default found while sending: 4 at first, then 1 to 16. */
  concurrency?: number | null | undefined
  /** The most bytes a second that all uploads of the client send together. Each client's
   * `setBandwidthLimit` changes it while uploads are under way. Time in which an upload waits for its
   * turn is no stall; API calls do not count. 1024 to 1099511627776 bytes per second; default none. */
  bandwidthLimit?: number | null | undefined
  /** The most bytes of memory that one call fills with sealed parts that wait to be sent; one part is held
   * whatever it says. Parts that are not sealed need none of it. 8388608 to 1099511627776 bytes; default
   * 67108864 (64 MiB). */
  memoryBudget?: number | null | undefined
  /** Bytes of each part but the last of an upload in parts; enlarged where a file would need more than the
   * 10,000 parts that storage allows. 5242880 to 5368709120 bytes (5 MiB to 5 GiB); default 8388608 (8
   * MiB), more where a file would need over 10,000 parts. */
  partSize?: number | null | undefined
  /** A transfer with a file of at least this many bytes is sent in parts, and a blob of Azure's in blocks.
   * 1 to 5368709120 bytes (5 GiB); default 524288000 (500 MiB). */
  multipartThreshold?: number | null | undefined
  /** Whether what storage has is compared with what was sent (`auto`: by every CRC that storage answers
   * with, at any size, or else by MD5 or SHA for up to 256 MiB; true: by whatever it answers, at any
   * size; false: not at all). The service's SHA-256 of a profile is compared too, unless it is false.
   * With true an answer that may not be storage's own is an error. "auto", true or false; default "auto". */
  integrityCheck?: 'auto' | boolean | null | undefined
  /** The folder for packed profiles and streams while they are sent; they have no name there. Default the
   * system's temporary folder. */
  spoolDir?: string | URL | null | undefined
  /** A PEM file of certificates to trust beside the operating system's: roots, or a server's own, which is
   * then accepted whatever its CA flag and version, and good for itself alone. It is read at once.
   * Default the operating system's roots only. */
  caFile?: string | URL | null | undefined
  /** The proxy to use, whatever `NO_PROXY` says, such as `http://user:password@host:3128`; `#`, `/`, `?`,
   * `@` and a blank in its user name and password are percent-encoded. Storage on this machine is reached
   * through it too; a service on this machine never is. Default the environment's proxy variables. */
  proxy?: string | URL | null | undefined
  /** The `User-Agent` of API calls and uploads. 1 to 256 printable ASCII characters; default
   * dropoff/<version>. */
  userAgent?: string | null | undefined
  /** Origins such as `https://minio.internal:9000` that may be private addresses; plain http only where
   * the entry says so. Default those of the environment variable `DROPOFF_TRUSTED_STORAGE`, with commas
   * between; else none: storage must be https on a public address. */
  trustedStorage?: readonly (string | URL)[] | null | undefined
  // </generated options>
}

// <generated arguments> by `make generate`, from the core's sources
/** How to make an {@link HCompany}. */
export interface HCompanyOptions extends Options {
  /** The API key. Default: the environment variable `HAI_API_KEY`, then the file that `hai login` writes
   * (`~/.config/hai/.env`). */
  apiKey?: string | null | undefined
  /** The account's region, `eu` (default) or `us`. Regions are separate: a profile lives in one. */
  region?: 'eu' | 'us' | null | undefined
  /** Another place for the API; https, or http on loopback. Default: the environment variable
   * `HAI_API_BASE_URL`. Goes before `region`. */
  baseUrl?: string | URL | null | undefined
}

/** How to make an {@link AgentDrop}. */
export interface AgentDropOptions extends Options {
  /** The API key (`agd_…` or `ada_…`). Default: the environment variable `AGENTDROP_API_KEY`. */
  apiKey?: string | null | undefined
  /** Another place for the API; https, or http on loopback. Default: the environment variable
   * `AGENTDROP_BASE_URL`. */
  baseUrl?: string | URL | null | undefined
}

/** The arguments of every call. */
export interface CallArguments {
  /** Stops the call. Its promise then rejects with the signal's own `reason`, once nothing of the call
   * runs any more; if the call had succeeded before it could be stopped, it resolves. A reason that is an
   * object gets a property `dropoff` with what became of the call (the {@link DropoffError}, whose
   * `outcome`, `transferId` and `profileId` tell), unless it has one, as after the first of several calls
   * with one signal. If the signal was aborted before the call, nothing is started and nothing is added. */
  signal?: AbortSignal | null | undefined
}

/** The arguments of every call that sends bytes. */
export interface UploadArguments extends CallArguments {
  /** Called while a folder is packed and while bytes are sent. */
  onProgress?: OnProgress | null | undefined
}

/** The arguments of every call that can be bounded. */
export interface BoundedArguments extends UploadArguments {
  /** Bounds the whole call, retries included. Default: no limit. Above 0, at most 10 000 000 000 ms. */
  timeout?: number | null | undefined
}

/** The name of a profile, and what belongs to it. */
export interface ProfileDetails {
  /** What the profile is called. */
  name: string
  /** The browser it belongs to, such as `chromium` or `firefox`; the service decides which there are.
   * Default, for a folder that is packed: what the folder tells, and {@link PackReport.browserGuessed} is
   * then true. */
  browserName?: string | null | undefined
  /** That browser's version, such as `131`. Default: as the browser's name. */
  browserVersion?: string | null | undefined
  /** A text for people. Default: none. */
  description?: string | null | undefined
  /** The labels, a name and its value; their order is kept. */
  labels?: Pairs | null | undefined
}

/** How a browser's folder is packed. The defaults are right for a folder whose browser is closed. */
export interface Pack {
  /** How much goes. Default: `'default'`. `'default'`: everything but caches and what belongs to a run or
   * a machine. Data that sites put into Chromium's Cache API is a cache; a warning says how much there
   * is. `'minimal'`: files that sign in: cookies, data that sites store, settings and extensions. No
   * history, saved passwords, bookmarks, addresses or web apps, and not the browser's own account. Files
   * that belong together go together, so two private things go. If the profile opens its last tabs again,
   * these do, since what sites keep for a session comes back with them; a warning says so. And Firefox's
   * `key4.db` does, which has the keys of client certificates, and that of the saved passwords, though
   * not the passwords. `'full'`: caches too. */
  level?: 'default' | 'minimal' | 'full' | null | undefined
  /** Only this one of the profiles, by the name of its folder: `Default`, `Profile 2`. Files that all
   * profiles share go too. Default: all. */
  profile?: string | null | undefined
  /** The globs of what is packed although the level leaves it out. A glob is about a path inside the
   * folder, such as `Default/Code Cache`: `*` and `?` do not cross a `/`, `**` does, and a folder stands
   * for all that is in it. Locks, sockets and symlinks stay out whatever it says. Default: none. */
  include?: List<string> | null | undefined
  /** The globs of what is left out; goes before `include`. Default: none. */
  exclude?: List<string> | null | undefined
  /** How to treat a folder that a browser is using. Default: `'error'`. `'error'`: fail with
   * `browser_running`. `'snapshot'`: pack consistent copies of its databases, each with the files it
   * names. Data that the browser has not written to disk yet is not in them: Chromium writes cookies up
   * to 30 s late and local storage 5 s or more, Firefox local storage up to 5 s. A store that kept
   * changing is named in a warning, or is a `browser_running` that may be tried again. `'force'`: pack as
   * it is. Databases that are written meanwhile may be damaged in the archive. */
  ifRunning?: 'error' | 'snapshot' | 'force' | null | undefined
  /** A folder that everything in the archive is in. Default: none, the archive's top is the folder's. */
  prefix?: string | null | undefined
}

/** Arguments of {@link HCompany.uploadProfile}. */
export interface UploadProfileArguments extends ProfileDetails, BoundedArguments {
  /** How a folder is packed. A zip is sent as it is, whatever this says. */
  pack?: Pack | null | undefined
  /** The id of an earlier profile. If the archive equals that one's by the service's own checksum, nothing
   * is sent, and the result is that profile with {@link Profile.unchanged} set. A profile that is not
   * there any more equals nothing. Default: it is sent. */
  ifChangedFrom?: string | null | undefined
}

/** Arguments of {@link HCompany.upload}. */
export interface UploadArchiveArguments extends UploadArguments {
  /** How a folder is packed. A zip is sent as it is, whatever this says. */
  pack?: Pack | null | undefined
}

/** Arguments of {@link inspectProfile}. */
export interface InspectProfileArguments extends CallArguments {
  /** How it would be packed. `ifRunning` and `prefix` make no difference. */
  pack?: Pack | null | undefined
}

/** Arguments of {@link HCompany.completeUpload}. */
export interface CompleteUploadArguments extends ProfileDetails, CallArguments {
  /** The result of {@link HCompany.upload}, to be compared with what the service stored. */
  uploaded?: StoredObject | null | undefined
  /** The browser it belongs to; there is no folder here to tell it. */
  browserName: string
  /** That browser's version. */
  browserVersion: string
}

/** Arguments of {@link AgentDrop.presign}. */
export interface PresignArguments extends BoundedArguments {
  /** The id of the agent that sends. */
  sender: string
  /** The id of the agent that receives; an e-mail address in mode `agent-to-human`. */
  recipient: string
  /** Who sends to whom: `agent-to-agent` (default), `agent-to-human` or `human-to-agent`. */
  mode?: string | null | undefined
  /** How long the transfer lives, such as `12h` or `7d`; the account's plan decides how much is allowed.
   * Default: the service's. */
  expiresIn?: string | null | undefined
  /** How often it may be downloaded; the service allows 1 to 1000. Default: the service's. */
  maxDownloads?: number | null | undefined
  /** A text for the recipient. */
  message?: string | null | undefined
  /** Free data kept with the transfer, as a JSON object. It is told as `JSON.stringify` tells it; numbers
   * that are not finite, functions, symbols, maps and sets are refused. */
  metadata?: Readonly<Record<string, unknown>> | null | undefined
  /** Whether the service deletes the transfer once it was downloaded. Default false. */
  autoDelete?: boolean | null | undefined
  /** The recipient's account (e-mail, id or display name), where an agent's id alone is ambiguous. */
  recipientAccount?: string | null | undefined
  /** Seals every file for the recipient before it leaves. Default: files are sent as they are. */
  encrypt?: Encryption | null | undefined
  /** Whether all files go in parts. Default: if one of them has at least `multipartThreshold` bytes. */
  multipart?: boolean | null | undefined
}

/** Arguments of {@link AgentDrop.send} and {@link AgentDrop.plan}. */
export interface SendArguments extends PresignArguments {
  /** A journal: a file that lets the same call go on where this one stopped, after its process was killed
   * or the network failed. It is made if it is not there, readable by its owner alone, and removed once
   * the transfer is active. It holds live upload URLs, and never a key. The second call takes the same
   * arguments and sources, on a client of the same service; options may differ. Streams cannot be
   * resumed. A leading `~/` is the home folder; a relative path is of the moment of the call. */
  journal?: string | URL | null | undefined
}

/** Arguments of {@link Encryption}. */
export interface EncryptionArguments {
  /** The recipient's public key, known from elsewhere: standard base64 of 32 raw bytes. Default: the one
   * that the service names, which trusts the service to name the right one; compare
   * {@link SentTransfer.recipientKeyFingerprint}. */
  recipientPublicKey?: string | null | undefined
  /** Another name for the scheme in the field `encryption_algorithm`. The scheme stays the same. Default
   * `X25519-HKDF-AES-256-GCM`. */
  algorithm?: string | null | undefined
}

/** Arguments of {@link openSealed}. The texts are those of the transfer's download reply, `null` included:
 * files sent through presigned URLs have an `encryptedKey`; the official SDK seals small files with a key
 * that follows from a salt, and files for a person with one that tells no sender. */
export interface OpenSealedArguments extends CallArguments {
  /** The sender's public key: standard base64 of 32 raw bytes. With it, only what that sender sealed
   * opens. A file that is sealed for a person tells no sender, and opens without it alone. */
  senderPublicKey?: string | null | undefined
  /** The transfer's wrapped key: base64 of 60 bytes. A transfer without one has a salt. */
  encryptedKey?: string | null | undefined
  /** The file's nonce: base64 of 12 bytes. A file that is sealed for a person holds its own. */
  encryptionIv?: string | null | undefined
  /** The transfer's salt, where it has one: base64 of 32 bytes. */
  encryptionSalt?: string | null | undefined
  /** Where the opened file goes: a path where nothing is yet. A leading `~/` is the home folder; a
   * relative path is of the moment of the call. */
  to: string | URL
  /** The recipient's key pair. */
  keyPair: KeyPair
  /** Called while the file is opened. */
  onProgress?: OnProgress | null | undefined
}

/** Arguments of {@link Storage.put}. */
export interface PutArguments extends BoundedArguments {
  /** The headers that were signed into the URL, sent as given. */
  headers?: Pairs | null | undefined
  /** A journal: a file that lets the same call go on where this one stopped, after its process was killed
   * or it failed. It is for what goes in blocks (Azure) or in a session (Google), where storage keeps
   * what it has; what goes whole begins anew, and makes no journal. The URL of the second call may have
   * another signature. The file holds what opens a session, and is removed once the object is stored. No
   * stream can be read again, so there is none with a journal. A leading `~/` is the home folder; a
   * relative path is of the moment of the call. */
  journal?: string | URL | null | undefined
}

/** Arguments of {@link Storage.postForm}. */
export interface PostFormArguments extends BoundedArguments {
  /** The file name told to storage. Default `file`. */
  fileName?: string | null | undefined
  /** The name of the field that holds the file. Default `file`, as S3 and Google have it. */
  fileField?: string | null | undefined
}

/** Arguments of {@link Storage.putParts}. */
export interface PutPartsArguments extends BoundedArguments {
  /** Bytes of each part but the last. Default: the option `partSize`, or 8 MiB, or what fits the number of
   * URLs if those do not. */
  partSize?: number | null | undefined
  /** The headers that were signed into every URL, sent as given. */
  headers?: Pairs | null | undefined
  /** Bytes of each part, in the order of the URLs, where they are not equal. */
  partSizes?: List<number> | null | undefined
  /** The headers of each part, in the order of the URLs, beside those of all; one of a part's own stands
   * in the place of that of all. */
  partHeaders?: List<Pairs> | null | undefined
}

/** Arguments of {@link Storage.post}. */
export interface PostArguments extends BoundedArguments {
  /** The headers that the service wants, sent as given. */
  headers?: Pairs | null | undefined
}

/** Arguments of {@link Storage.send}. */
export interface SendPlanArguments extends BoundedArguments {
  /** Whether requests of the plan may carry `Authorization`, each to its own URL alone: a Git LFS server
   * hands out such tokens. Default: false, and such a plan is refused. */
  allowAuthorization?: boolean | null | undefined
}
// </generated arguments>

/** Arguments of {@link Encryption.presealed}. */
export type PresealedArguments = Pick<EncryptionArguments, 'algorithm'>

/** Arguments of {@link Job.wait}. */
export interface WaitArguments {
  /** How long to wait: 0 to 2 147 483 647 ms. Default: no limit. */
  timeout?: number | null | undefined
  /** Ends the waiting, and not the call, which runs on. */
  signal?: AbortSignal | null | undefined
}

/** TypeScript knows the symbol from version 5.2 on, and only with its library `esnext.disposable` or Node's
 * types. */
declare global {
  interface SymbolConstructor {
    /** What `await using` looks for. */
    readonly asyncDispose: unique symbol
  }
}

/** A client of H Company's browser profiles. */
export class HCompany {
  /**
   * Makes no connection yet.
   *
   * @throws {DropoffError} `authentication`: there is no key; `invalid_input`: a region, URL or option is not
   * one.
   */
  constructor(options?: HCompanyOptions | null)

  /**
   * From now on all uploads of this client together send at most so many bytes a second, those under way too.
   *
   * @param bytesPerSecond 1024 to 1099511627776; `null` is no limit.
   * @throws {DropoffError} `invalid_input`: it is neither.
   */
  setBandwidthLimit(bytesPerSecond: number | null): void

  /**
   * Uploads a profile and waits until the service has registered it and its checksum is compared.
   *
   * Packing reads the folder and writes nothing to it; the archive has no name in the temporary folder. The
   * same folder and `pack` give the same archive, byte for byte. Warnings are logged, and are in
   * {@link Profile.packed}.
   *
   * @param source A browser's user-data folder, which is packed, or a zip of one, sent as it is.
   * @throws {DropoffError} Any code. `invalid_input`: nothing was sent. `browser_running`: a browser is using
   * the folder (see {@link Pack.ifRunning}). `source_changed`: a file changed while it was packed.
   * `too_large`: the archive is larger than the service takes; the message names the largest files.
   * `integrity`: the profile is registered, `outcome` is `completed`, and is not what was sent.
   * `unknown_outcome`: ask {@link getProfile} for its `profileId` later.
   */
  uploadProfile(source: Source, arguments_: UploadProfileArguments): Promise<Profile>
  /** Starts {@link uploadProfile}. Wrong arguments throw here, everything else is the job's. */
  startUploadProfile(source: Source, arguments_: UploadProfileArguments): Job<Profile>

  /**
   * Step one: reserves a profile id and asks for a presigned form. Safe to repeat; a reserved id that is not
   * used is removed by the service within a day.
   *
   * @throws {DropoffError} `authentication`, `permission`, `rate_limited`, `unavailable`, `network`,
   * `timeout`, `tls`.
   */
  initiateUpload(arguments_?: CallArguments | null): Promise<ProfileTicket>
  /** Starts {@link initiateUpload}. */
  startInitiateUpload(arguments_?: CallArguments | null): Job<ProfileTicket>

  /**
   * Step two: sends the archive to storage with a ticket. Safe to repeat until the ticket expires.
   *
   * @param source As in {@link uploadProfile}.
   * @throws {DropoffError} As {@link Storage.postForm}; for a folder also `invalid_input`, `browser_running`,
   * `source_changed`.
   */
  upload(
    ticket: ProfileTicket,
    source: Source,
    arguments_?: UploadArchiveArguments | null,
  ): Promise<StoredObject>
  /** Starts {@link upload}. Wrong arguments throw here, everything else is the job's. */
  startUpload(
    ticket: ProfileTicket,
    source: Source,
    arguments_?: UploadArchiveArguments | null,
  ): Job<StoredObject>

  /**
   * Step three: registers the uploaded archive as a profile, within a day of step one.
   *
   * @param profileId {@link ProfileTicket.profileId}.
   * @throws {DropoffError} `rejected` (`details` names the fields), `not_found`, `integrity`,
   * `unknown_outcome`, and those of {@link initiateUpload}.
   */
  completeUpload(profileId: string, arguments_: CompleteUploadArguments): Promise<Profile>
  /** Starts {@link completeUpload}. */
  startCompleteUpload(profileId: string, arguments_: CompleteUploadArguments): Job<Profile>

  /**
   * The profile as the service has it now. `verified` is false: nothing was sent to compare with.
   *
   * @throws {DropoffError} `not_found`, also for a profile that was never completed.
   */
  getProfile(profileId: string, arguments_?: CallArguments | null): Promise<Profile>
  /** Starts {@link getProfile}. */
  startGetProfile(profileId: string, arguments_?: CallArguments | null): Job<Profile>
}

/** A client of AgentDrop transfers. */
export class AgentDrop {
  /**
   * Makes no connection yet.
   *
   * @throws {DropoffError} `authentication`: there is no key; `invalid_input`: a URL or option is not one.
   */
  constructor(options?: AgentDropOptions | null)

  /**
   * From now on all uploads of this client together send at most so many bytes a second, those under way too.
   *
   * @param bytesPerSecond 1024 to 1099511627776; `null` is no limit.
   * @throws {DropoffError} `invalid_input`: it is neither.
   */
  setBandwidthLimit(bytesPerSecond: number | null): void

  /**
   * Sends files and waits until the transfer is active.
   *
   * @param files Any number of files, in any iterable; results come in their order.
   * @throws {DropoffError} Any code. `transferId` names the pending transfer if one was made; it is not
   * delivered unless `outcome` says so, and calling again is safe. After a failure `cleanup` tells what
   * became of uploads in parts that were begun; with the argument `journal` they are kept, and the error's
   * `journal` is the journal. `encryption`: sealing is asked for and not possible; nothing was sent.
   */
  send(files: List<FileLike>, arguments_: SendArguments): Promise<SentTransfer>
  /** Starts {@link send}. Wrong arguments throw here, everything else is the job's. */
  startSend(files: List<FileLike>, arguments_: SendArguments): Job<SentTransfer>

  /**
   * What {@link send} would send. The files are looked at, and nothing is sent; the journal is left alone.
   *
   * @throws {DropoffError} `invalid_input`, also for a stream or Blob, which telling its size would use up;
   * `source_unreadable`.
   */
  plan(files: List<FileLike>, arguments_: SendArguments): Promise<TransferPlan>
  /** Starts {@link plan}. Wrong arguments throw here, everything else is the job's. */
  startPlan(files: List<FileLike>, arguments_: SendArguments): Job<TransferPlan>

  /**
   * Step one: makes a pending transfer and asks for a presigned URL per file, or per part of each.
   *
   * The sources are looked at for their sizes, and a stream is read to its end: give the same files to
   * {@link upload}, streams opened anew. With `encrypt` the ticket holds the key, and {@link upload} seals.
   * Arguments and errors as in {@link send}.
   */
  presign(files: List<FileLike>, arguments_: PresignArguments): Promise<TransferTicket>
  /** Starts {@link presign}. */
  startPresign(files: List<FileLike>, arguments_: PresignArguments): Job<TransferTicket>

  /**
   * Step two: sends the files to storage, several at once. A ticket of uploads in parts that failed is spent:
   * its uploads are aborted.
   *
   * @param files Those that were presigned, in the same order, with the same names and sizes.
   * @throws {DropoffError} As {@link Storage.put}, with the file's name in the message.
   */
  upload(
    ticket: TransferTicket,
    files: List<FileLike>,
    arguments_?: UploadArguments | null,
  ): Promise<readonly SentFile[]>
  /** Starts {@link upload}. */
  startUpload(
    ticket: TransferTicket,
    files: List<FileLike>,
    arguments_?: UploadArguments | null,
  ): Job<readonly SentFile[]>

  /**
   * Step three: makes the transfer active.
   *
   * @throws {DropoffError} `rejected` with `serviceCode` `FILES_MISSING` if storage lacks a file; `conflict`:
   * somebody else confirmed it; `not_found`, `unknown_outcome`.
   */
  confirm(transferId: string, arguments_?: CallArguments | null): Promise<Confirmed>
  /** Starts {@link confirm}. */
  startConfirm(transferId: string, arguments_?: CallArguments | null): Job<Confirmed>

  /**
   * The transfer as the service has it now.
   *
   * @throws {DropoffError} `not_found`: the service does not know it, or hides it from this key.
   */
  getTransfer(transferId: string, arguments_?: CallArguments | null): Promise<TransferInfo>
  /** Starts {@link getTransfer}. */
  startGetTransfer(transferId: string, arguments_?: CallArguments | null): Job<TransferInfo>
}

/** Uploads to presigned targets that some other program asked for. */
export class Storage {
  /**
   * Makes no connection yet.
   *
   * @throws {DropoffError} `invalid_input`: an option is not one.
   */
  constructor(options?: Options | null)

  /**
   * From now on all uploads of this client together send at most so many bytes a second, those under way too.
   *
   * @param bytesPerSecond 1024 to 1099511627776; `null` is no limit.
   * @throws {DropoffError} `invalid_input`: it is neither.
   */
  setBandwidthLimit(bytesPerSecond: number | null): void

  /**
   * Sends a source with a presigned PUT and waits until storage has it. Safe to repeat: the object is
   * replaced as a whole or not at all.
   *
   * @param url The presigned URL, exactly as it was handed out.
   * @throws {DropoffError} `unsafe_target`: the address is private or not https, or a header is not one to
   * send (see {@link Options.trustedStorage}). `expired`, `storage_refused`, `too_large`: storage, or the
   * ticket itself, says no. `source_unreadable`, `source_changed`: the source fails; what a stream threw is
   * the `cause`. `integrity`, `network`, `timeout`, `tls`, `unavailable`, `rate_limited`.
   */
  put(url: string | URL, source: Source, arguments_?: PutArguments | null): Promise<StoredObject>
  /** Starts {@link put}. Wrong arguments throw here, everything else is the job's. */
  startPut(url: string | URL, source: Source, arguments_?: PutArguments | null): Job<StoredObject>

  /**
   * Sends a source with a presigned POST form and waits until storage has it.
   *
   * @param url Where the form goes.
   * @param fields Sent byte for byte in the order given; the file follows as the last field.
   * @throws {DropoffError} As {@link put}.
   */
  postForm(
    url: string | URL,
    fields: Pairs,
    source: Source,
    arguments_?: PostFormArguments | null,
  ): Promise<StoredObject>
  /** Starts {@link postForm}. */
  startPostForm(
    url: string | URL,
    fields: Pairs,
    source: Source,
    arguments_?: PostFormArguments | null,
  ): Job<StoredObject>

  /**
   * Sends a source in parts with a presigned PUT each, several at once, and waits until storage has them.
   * Completing the upload with the parts' ETags, or aborting it, is left to whoever began it. Safe to repeat:
   * a part that is sent again replaces itself.
   *
   * @param urls The presigned URLs in order of their part numbers, from 1, exactly as they were handed out; 1
   * to 10,000.
   * @throws {DropoffError} As {@link put}, with the part's number in the message. `invalid_input`: the source
   * cannot be cut into so many parts of equal size, the last one shorter.
   */
  putParts(
    urls: List<string | URL>,
    source: Source,
    arguments_?: PutPartsArguments | null,
  ): Promise<StoredParts>
  /** Starts {@link putParts}. Wrong arguments throw here, everything else is the job's. */
  startPutParts(
    urls: List<string | URL>,
    source: Source,
    arguments_?: PutPartsArguments | null,
  ): Job<StoredParts>

  /**
   * Sends a source with a raw POST, to a service that takes the body as something new, and waits for its
   * answer, which is the result's `reply`. 200, 201, 202 and 204 are successes. A request that may have been
   * handled is not sent again, since it might be taken twice; then the error's `outcome` is `unknown`.
   *
   * @param url Where the bytes go, exactly as it was handed out.
   * @throws {DropoffError} As {@link put}.
   */
  post(url: string | URL, source: Source, arguments_?: PostArguments | null): Promise<StoredObject>
  /** Starts {@link post}. Wrong arguments throw here, everything else is the job's. */
  startPost(url: string | URL, source: Source, arguments_?: PostArguments | null): Job<StoredObject>

  /**
   * Sends a source as a plan says, and waits until storage has it. A plan is what a backend hands out: an
   * object or its JSON, in our own form, a bare presigned URL, the results of boto3's presigners, Uppy
   * Companion's and OpenDAL's requests, or a Git LFS server's reply. Nothing is sent before all of it is
   * understood, every URL of it has passed the guard, and its sizes are those of the source. Parts that a
   * failed call leaves are removed where the plan says how.
   *
   * @param plan What the backend handed out.
   * @throws {DropoffError} As {@link put}. `invalid_input`: the plan cannot work; the `field` of the error's
   * `details` is the JSON Pointer of what is wrong. `rejected`: a Git LFS server refuses the object.
   */
  send(
    plan: string | URL | object,
    source: Source,
    arguments_?: SendPlanArguments | null,
  ): Promise<StoredObject>
  /** Starts {@link send}. Wrong arguments throw here, everything else is the job's. */
  startSend(
    plan: string | URL | object,
    source: Source,
    arguments_?: SendPlanArguments | null,
  ): Job<StoredObject>
}

/**
 * The long-term key pair of an agent, on Curve25519. It never changes and may be used for any number of
 * calls.
 *
 * Printing, `JSON.stringify` and {@link toString} show the public half alone. `structuredClone` and
 * `postMessage` give an empty object, which no call takes: load the pair in the thread that uses it.
 */
export class KeyPair {
  /** Nothing else passes for one. */
  #private
  private constructor()
  /**
   * A new pair, from the operating system's randomness.
   *
   * @throws {DropoffError} `internal` if there is none.
   */
  static generate(): KeyPair
  /**
   * The pair of a private key: standard base64 of 32 bytes, as {@link revealPrivateKey} gives it and the
   * service's SDKs keep it.
   *
   * @throws {DropoffError} `encryption` for any other text. The message does not hold it.
   */
  static fromPrivateKey(privateKey: string): KeyPair
  /**
   * The pair that the official SDK keeps.
   *
   * @param path Its folder `.agentdrop`, or the `config.json` in it; read at once. A leading `~/` is the home
   * folder.
   * @throws {DropoffError} `source_unreadable` if it cannot be read, `encryption` if it holds no key.
   */
  static fromAgentdropConfig(path: string | URL): KeyPair
  /** The public key: standard base64 of 32 bytes. Not a secret. */
  readonly publicKey: string
  /** The private key in the same form. Keep it secret; do not log it. Unlike the pair's own memory, a string
   * of JavaScript is not wiped when it is let go. */
  revealPrivateKey(): string
  /** The public half. */
  toJSON(): { publicKey: string }
  /** The public half. */
  toString(): string
}

/**
 * How a transfer's files are sealed, so that only the recipient can read them. File names, sizes and their
 * order are not sealed, and nothing binds a sealed file to its transfer. May be used for any number of calls:
 * each transfer gets a key of its own.
 */
export class Encryption {
  /** Nothing else passes for one. */
  #private
  /**
   * Seals with the sender's key pair.
   *
   * @throws {DropoffError} `invalid_input`: that is no key pair; `encryption`: a public key is none.
   */
  constructor(keyPair: KeyPair, arguments_?: EncryptionArguments | null)
  /**
   * For files that are sealed already, all with one key; they are sent as they are. Each needs its
   * {@link FileFields.encryptionIv}.
   *
   * @param encryptedKey The wrapped key: base64 of 60 bytes.
   * @throws {DropoffError} `invalid_input`: it is no string.
   */
  static presealed(encryptedKey: string, arguments_?: PresealedArguments | null): Encryption
}

/** One file of a transfer. It may be used again, unless its source is a stream. Not the `File` of the web. */
export class File {
  /** @throws {DropoffError} `invalid_input`: there is no source, or a name or type is no string. */
  constructor(source: Source, fields?: Omit<FileFields, 'source'> | null)
  /** As it was given. */
  readonly source: Source
  /** As it was given. */
  readonly name: string | undefined
  /** As it was given. */
  readonly contentType: string | undefined
  /** As it was given. */
  readonly encryptionIv: string | undefined
  /** Name, type and nonce, not the contents. */
  toJSON(): { name?: string; contentType?: string; encryptionIv?: string }
}

/**
 * A call that was started. It keeps the program alive until it is over. Dropping it does not cancel the call,
 * and a call that fails with nobody waiting for it is no unhandled rejection.
 */
export class Job<T> {
  private constructor()

  /**
   * Waits and gives the result, any number of times.
   *
   * @throws {DropoffError} What the call failed with.
   * @throws {DOMException} Named `TimeoutError`: the time is over and the call runs on.
   */
  wait(arguments_?: WaitArguments | null): Promise<T>

  /** Asks the call to stop, and returns at once. It then fails with `cancelled` unless it was over already;
   * {@link wait} says which. */
  cancel(): void

  /** How far it is. */
  progress(): Progress

  /** Whether it is over, one way or the other. */
  readonly done: boolean;

  /**
   * For `await using`: at the end of the block a call that is not over is cancelled, and waited for until
   * nothing of it runs any more. It never rejects; {@link wait} tells what became of the call.
   *
   * ```js
   * await using job = d.startSend(['report.pdf'], terms)
   * await somethingThatMayThrow()
   * const sent = await job.wait()
   * ```
   */
  [Symbol.asyncDispose](): Promise<void>
}

// <generated progress> by `make generate`, from the core's sources
/** A snapshot of a call on its way. */
export type Progress = {
  /** The step that the call is at. `preparing`: looking at the sources. `packing`: packing a profile
   * folder. `requesting`: asking the service for a presigned target. `sending`: sending bytes to storage.
   * `completing`: telling the service, and asking it what happened. `done`: over, one way or the other.
   * `opening`: opening a sealed file. `inspecting`: looking at a profile folder. */
  readonly phase:
    'preparing' | 'packing' | 'requesting' | 'sending' | 'completing' | 'done' | 'opening' | 'inspecting'
  /** Source bytes handed to the network in attempts that still count; goes back when one fails. While a
   * folder is packed: bytes of it that are packed. */
  readonly bytesDone: number
  /** Source bytes to send in all, or to pack while a folder is packed; 0 until known. */
  readonly bytesTotal: number
  /** Files storage has accepted. */
  readonly filesDone: number
  /** Files in all; 0 until known. */
  readonly filesTotal: number
  /** Requests that were repeated so far. */
  readonly retries: number
  /** Time since the call started. In milliseconds. */
  readonly elapsed: number
  /** How long the bytes have been counted: since packing began, and later since sending began; 0 before.
   * In milliseconds. */
  readonly activeFor: number
  /** How long uploads may still start with the presigned ticket in use, while sending. One that has
   * started may finish. In milliseconds; `null` if that is not known. */
  readonly ticketLeft: number | null
  /** How long sending the rest takes at the rate so far, after 2 s of sending. In milliseconds; `null` if
   * that is not known. */
  readonly timeNeeded: number | null
  /** A likely failure if it goes on like this, as a sentence: sending needs more time than the ticket has,
   * so uploads that have to start over or have not started by then fail. `null` if there is none. */
  readonly warning: string | null
  /** Average rate of packing or sending, in bytes per second; 0 before. */
  readonly bytesPerSecond: number
}
// </generated progress>

/** What the files of a browser's folder are. */
export type FileCategory =
  /** Cookies and what sites store. */
  | 'login'
  | 'settings'
  | 'extensions'
  /** Installed web apps. */
  | 'apps'
  | 'passwords'
  | 'autofill'
  | 'bookmarks'
  | 'history'
  | 'cache'
  /** Of a run or a machine: locks, sockets, indexes that are made again. */
  | 'runtime'
  /** Of another profile than {@link Pack.profile}. */
  | 'other_profile'
  /** No rule knows it. */
  | 'unknown'

// <generated results> by `make generate`, from the core's sources
/** One part that storage has. */
export type StoredPart = {
  /** Its number, from 1. */
  readonly partNumber: number
  /** Bytes of it. */
  readonly bytes: number
  /** Storage's ETag of it, without quotes: completing the upload needs it. Empty where storage gives none
   * and needs none, as for Azure's blocks. */
  readonly etag: string
  /** MD5 of what was sent, in hex, if it was computed. */
  readonly md5: string | null
  /** Whether storage answered with a digest that equals that of what was sent. */
  readonly verified: boolean
  /** Requests it took, the successful one included. */
  readonly attempts: number
  /** The digest that verified it, as in {@link StoredObject}. */
  readonly verifiedBy: string | null
  /** CRC-64/NVME of what was sent, in base64: completing an upload that was begun with this checksum needs
   * it. Unless `integrityCheck` is false. */
  readonly crc64nvme: string | null
}

/** Storage's reply to a success. What the ticket held is hidden in it. */
export type StorageReply = {
  /** The HTTP status. */
  readonly status: number
  /** The headers about the object and the exchange, by their names in lower case. */
  readonly headers: Readonly<Record<string, unknown>>
  /** The body as text, at most 64 KiB of it. */
  readonly body: string
}

/** An object that storage has after an upload. */
export type StoredObject = {
  /** Bytes of the source that storage took. */
  readonly bytes: number
  /** Storage's ETag, without quotes, if it sent one. */
  readonly etag: string | null
  /** SHA-256 of what was sent, in hex, if it was computed. */
  readonly sha256: string | null
  /** MD5 of what was sent, in hex, if it was computed. */
  readonly md5: string | null
  /** Whether storage answered with a digest that equals that of what was sent. */
  readonly verified: boolean
  /** Requests it took, the successful one included. */
  readonly attempts: number
  /** Doubts that are left all the same, each a sentence: a success that bears no sign of being storage's
   * own. */
  readonly warnings: readonly string[]
  /** The digest that verified it: `crc32`, `crc32c`, `crc64nvme`, `md5`, `sha1` or `sha256`. A CRC finds
   * damage on the way, and is no proof against somebody who means to deceive. */
  readonly verifiedBy: string | null
  /** CRC-64/NVME of what was sent, in base64, as S3 takes it as `x-amz-checksum-crc64nvme`; unless
   * `integrityCheck` is false. */
  readonly crc64nvme: string | null
  /** The parts that it was sent in, by number; none of an object that went whole. */
  readonly parts: readonly StoredPart[]
  /** Storage's reply, in which some services say what they made of the bytes. That of the commit, where a
   * plan has one. */
  readonly reply: StorageReply | null
}

/** The result of packing a folder. */
export type PackReport = {
  /** Files in the archive. */
  readonly files: number
  /** Their size before packing. */
  readonly bytes: number
  /** Size of the archive. */
  readonly archiveBytes: number
  /** Files and folders left out: locks, sockets, symlinks, caches, and those that the level or a pattern
   * excludes; a folder counts once. */
  readonly leftOut: number
  /** Whether the files belong together. `clean`: nothing changed while they were packed. `snapshot`: a
   * browser was using them, and its databases were copied at one moment each. `forced`: a browser was
   * using them, or they changed, and they were packed as they were. */
  readonly consistency: 'clean' | 'snapshot' | 'forced'
  /** Whether the browser's name or version was taken from the folder, because the caller did not give it. */
  readonly browserGuessed: boolean
  /** Names that no rule knows; they are in the archive. */
  readonly unknown: readonly string[]
  /** Warnings about the profile elsewhere, and about files that could not be packed, a sentence each. */
  readonly warnings: readonly string[]
}

/** A browser profile as the service reports it, and what was proved about it. */
export type Profile = {
  /** The profile's id, a UUID. */
  readonly id: string
  /** Its name. */
  readonly name: string
  /** The browser it belongs to. */
  readonly browserName: string
  /** That browser's version. */
  readonly browserVersion: string
  /** A text for people. */
  readonly description: string | null
  /** Labels; the service types their values freely. */
  readonly labels: Readonly<Record<string, unknown>> | null
  /** The service's internal place of the archive. */
  readonly s3Path: string | null
  /** Size of the stored archive in bytes. */
  readonly fileSizeBytes: number | null
  /** SHA-256 of the stored archive, in hex or base64. */
  readonly checksum: string | null
  /** How often it was used. */
  readonly usageCount: number
  /** When it was last used, RFC 3339. */
  readonly lastUsedAt: string | null
  /** Whether it is the default for its browser. */
  readonly isDefault: boolean
  /** The user it belongs to. */
  readonly userId: string | null
  /** The organization it belongs to. */
  readonly orgId: string | null
  /** When it was made, RFC 3339. */
  readonly createdAt: string | null
  /** When it was last changed, RFC 3339. */
  readonly updatedAt: string | null
  /** Whether the service's checksum equals the SHA-256 of what was sent, or would have been if it were not
   * `unchanged`. False also when the service reports none, or this call had nothing to compare. */
  readonly verified: boolean
  /** Nothing was sent: this is the earlier profile, which the archive equals. */
  readonly unchanged: boolean
  /** The object that this call sent to storage. */
  readonly upload: StoredObject | null
  /** The report on packing, if a folder was given. */
  readonly packed: PackReport | null
  /** Ids that were reserved and given up because their ticket ran out; the service removes them. */
  readonly abandonedProfileIds: readonly string[]
  /** The digest that verified it: `sha256`, or none. */
  readonly verifiedBy: string | null
}

/** One kind of file in a folder. */
export type CategorySize = {
  /** `login` (cookies and what sites store), `settings`, `extensions`, `apps` (installed web apps),
   * `passwords`, `autofill`, `bookmarks`, `history`, `cache`, `runtime`, `other_profile` or `unknown`. */
  readonly category: FileCategory
  /** How many files. */
  readonly files: number
  /** Their size. */
  readonly bytes: number
  /** Whether this kind is packed at the level asked for. */
  readonly packed: boolean
}

/** A file and its size. */
export type FileSize = {
  /** Inside the folder; what names a site is not shown. */
  readonly path: string
  /** Its size. */
  readonly bytes: number
}

/** Something that would not be packed. */
export type LeftOut = {
  /** Inside the folder; what names a site is not shown. */
  readonly path: string
  /** Its category, as in {@link CategorySize}. */
  readonly category: FileCategory
  /** Why it is left out. */
  readonly reason: string
  /** How many files are in it. */
  readonly files: number
  /** Their size. */
  readonly bytes: number
}

/** How a profile's cookies are encrypted. */
export type CookieKeys = {
  /** The system they were written on, if the folder shows it: `linux`, `macos`, `windows`, otherwise
   * `unknown`. */
  readonly system: 'linux' | 'macos' | 'windows' | 'unknown'
  /** Prefixes of those of the profile that opens: `v10`, `v11`, `v12`, `v20`, `plain`, `other`; the most
   * frequent first. */
  readonly keyVersions: readonly string[]
}

/** The contents of a browser's folder, and whether it will sign in elsewhere. */
export type ProfileInspection = {
  /** `chrome` (Chrome, Chromium, Edge, Brave and the like) or `firefox`. */
  readonly family: 'chrome' | 'firefox'
  /** The browser that wrote it, as far as the folder tells: `Chromium`, `Google Chrome`, `Firefox`, … */
  readonly product: string
  /** The name a profile of it is registered under by default: `chromium` or `firefox`. */
  readonly browserName: string
  /** Its version, if the folder tells. */
  readonly browserVersion: string | null
  /** Names of the profiles in it. */
  readonly profiles: readonly string[]
  /** Files that would be packed. */
  readonly files: number
  /** Their size. */
  readonly bytes: number
  /** Everything in the folder by what it is. */
  readonly sizes: readonly CategorySize[]
  /** The ten largest files that would be packed. */
  readonly largest: readonly FileSize[]
  /** Files and folders that would be left out, the largest first; a folder counts once. */
  readonly leftOut: readonly LeftOut[]
  /** Names that no rule knows; they would be packed. */
  readonly unknown: readonly string[]
  /** Whether a browser is using it, by its lock and those on its databases. `none`: no lock was seen,
   * which proves nothing. `live`: a browser is, or another program has one of its databases locked.
   * `stale`: the browser is gone and left its lock. `foreign`: the lock is from another machine or
   * container, where its process cannot be looked for. */
  readonly lock: 'none' | 'live' | 'stale' | 'foreign'
  /** The process that holds the lock, if that is known: not of one in another container. */
  readonly lockProcess: number | null
  /** How cookies are encrypted. */
  readonly cookies: CookieKeys
  /** Whether it will sign in on Linux. `likely`: its cookies can be read there. `unlikely`: they cannot.
   * `unknown`: there are none, or they tell nothing. */
  readonly verdict: 'likely' | 'unlikely' | 'unknown'
  /** The same as a sentence, with the reason and what to do. */
  readonly advice: string
  /** Warnings, a sentence each. */
  readonly warnings: readonly string[]
}

/** One file of a {@link SentTransfer}. */
export type SentFile = {
  /** The service's id of it. */
  readonly fileId: string
  /** Its name. */
  readonly name: string
  /** Bytes sent: 16 more than the file has if it was sealed here. */
  readonly bytes: number
  /** Storage's ETag; for a file in parts the one that S3 and R2 make of the parts' ETags. */
  readonly etag: string | null
  /** MD5 of what was sent, in hex, if it was computed. A file in parts has none. */
  readonly md5: string | null
  /** SHA-256 of what was sent, in hex, if it was computed. A file in parts has none. */
  readonly sha256: string | null
  /** Whether storage answered with a digest, for every part if it went in parts, that equals that of what
   * was sent. */
  readonly verified: boolean
  /** Requests it took, over all its parts. */
  readonly attempts: number
  /** How many parts it was sent in; 0 if it went whole. */
  readonly parts: number
  /** The digest that verified it, `crc32`, `crc32c`, `crc64nvme`, `md5`, `sha1` or `sha256`; for a file in
   * parts the weakest of theirs. A CRC finds damage on the way, and is no proof against somebody who
   * means to deceive. */
  readonly verifiedBy: string | null
  /** CRC-64/NVME of what was sent, in base64, unless `integrityCheck` is false. */
  readonly crc64nvme: string | null
}

/** A transfer that is active, file by file. */
export type SentTransfer = {
  /** The transfer's id. */
  readonly id: string
  /** `active`, as the service reported it. */
  readonly status: string
  /** Whether its files were sealed before they left. */
  readonly encrypted: boolean
  /** When the service says the upload URLs (or the transfer) expire, RFC 3339; its documents disagree. */
  readonly expiresAt: string | null
  /** SHA-256, in hex, of the public key that files were sealed for, if they were sealed here; compare it
   * with the recipient's. */
  readonly recipientKeyFingerprint: string | null
  /** Whose word it is that this key is the recipient's, `caller` or `service`, if files were sealed here. */
  readonly recipientKeySource: 'caller' | 'service' | null
  /** The files, in the order given. */
  readonly files: readonly SentFile[]
}

/** One file of a {@link TransferPlan}. */
export type PlannedFile = {
  /** Its name. */
  readonly name: string
  /** Bytes that would be sent: 16 more than the file has if it is sealed here. */
  readonly bytes: number
  /** Its media type. */
  readonly contentType: string
  /** How many parts it would be sent in; 0 if it goes whole. */
  readonly parts: number
  /** Bytes of each part but the last, if it goes in parts. */
  readonly partSize: number | null
}

/** The files and the first request that {@link AgentDrop.send} would send. */
export type TransferPlan = {
  /** Whether its files go in parts. */
  readonly multipart: boolean
  /** Whether they are sealed. */
  readonly encrypted: boolean
  /** Bytes that would be sent in all. */
  readonly totalBytes: number
  /** The files, in the order given. */
  readonly files: readonly PlannedFile[]
  /** The body of the first request. Secret and random values in it are `[hidden]`. */
  readonly request: Readonly<Record<string, unknown>>
}

/** The service's answer to a confirm. */
export type Confirmed = {
  /** The transfer's id. */
  readonly id: string
  /** `active`, as the service reported it. */
  readonly status: string
}

/** A transfer as the service reports it. */
export type TransferInfo = {
  /** The transfer's id. */
  readonly id: string
  /** `pending`, `active`, `expired`, `deleted`, `downloaded`, and whatever the service adds. */
  readonly status: string
  /** Every field of the reply, these two included. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** A file that was opened. */
export type OpenedFile = {
  /** Where it is. */
  readonly path: string
  /** Bytes of it. */
  readonly bytes: number
}

/** The parts that storage has after {@link Storage.putParts}. */
export type StoredParts = {
  /** Bytes of the source that storage took. */
  readonly bytes: number
  /** Bytes of each part but the last. */
  readonly partSize: number
  /** The parts, by number. Completing the upload needs their ETags. */
  readonly parts: readonly StoredPart[]
  /** Whether every part is verified. */
  readonly verified: boolean
  /** The weakest digest that verified a part, if every part is verified. */
  readonly verifiedBy: string | null
  /** CRC-64/NVME of the whole, in base64: completing the upload with it as `x-amz-checksum-crc64nvme` has
   * S3 compare it. Unless `integrityCheck` is false. */
  readonly crc64nvme: string | null
  /** Doubts that are left all the same, each a sentence: a part that was taken without any sign of
   * storage's own. */
  readonly warnings: readonly string[]
}
// </generated results>

/** A reserved profile and the presigned form to send its archive with. Printing shows no secret. */
export class ProfileTicket {
  private constructor()
  /** The reserved id; give it to {@link HCompany.completeUpload}. */
  readonly profileId: string
  /** Milliseconds in which an upload may still start. */
  readonly expiresIn: number
  /** The service's reply, secrets included, in the service's own spelling. Do not log it. */
  reveal(): {
    profile_id: string
    upload_url: string
    upload_fields: Record<string, string>
    upload_expires_in: number
  }
  /** What may be printed. */
  toJSON(): { profileId: string; expiresIn: number }
  /** What may be printed. */
  toString(): string
}

/** A pending transfer and its presigned URLs. Printing shows no secret. */
export class TransferTicket {
  private constructor()
  /** The transfer's id; give it to {@link AgentDrop.confirm}. */
  readonly id: string
  /** When the service says its URLs expire, RFC 3339. */
  readonly expiresAt: string | null
  /** The service's reply, secrets included, in the service's own spelling. Do not log it. */
  reveal(): PresignReply
  /** What may be printed. */
  toJSON(): { id: string; expiresAt: string | null }
  /** What may be printed. */
  toString(): string
}

/** The service's reply to a presign, as it came: `upload_urls` for files that go whole, `files` for files in
 * parts. */
export type PresignReply = {
  /** The transfer's id. */
  id: string
  /** Where each file goes. */
  upload_urls?: {
    file_id: string
    file_name: string
    upload_url: string
    method?: string | null
    headers?: Record<string, string> | null
  }[]
  /** Where the parts of each file go. */
  files?: {
    file_id: string
    file_name: string
    upload_id: string
    part_urls: { part_number: number; upload_url: string }[]
  }[]
  /** Where the service wants to be told that all is sent. */
  confirm_url?: string | null
  /** When the URLs expire, RFC 3339. */
  expires_at?: string | null
}

/** What the caller can do about an error. */
export type ErrorCode =
  // <generated error codes> by `make generate`, from the core's sources
  /** An argument or option is wrong. Nothing was sent. Correct the call. */
  | 'invalid_input'
  /** No API key, or the service does not accept it. */
  | 'authentication'
  /** The key is good but may not do this. */
  | 'permission'
  /** The service does not know the thing named, or hides it from this key. */
  | 'not_found'
  /** The request contradicts the state the service holds. */
  | 'conflict'
  /** The service understood and refused the request; `details` names the fields. */
  | 'rejected'
  /** More bytes than the ticket, the plan or the service allows. */
  | 'too_large'
  /** Too many requests; `retryAfter` says when to call again. */
  | 'rate_limited'
  /** The presigned ticket ran out. */
  | 'expired'
  /** Object storage refused the bytes; `serviceCode` is storage's own code. */
  | 'storage_refused'
  /** The service or storage is failing or overloaded; or this machine has no more threads or descriptors,
   * and then `side` is the caller's. */
  | 'unavailable'
  /** The connection could not be made, or broke. */
  | 'network'
  /** A time limit of the call or of an option passed. The call is over. */
  | 'timeout'
  /** The peer's certificate or TLS handshake was not acceptable. */
  | 'tls'
  /** A local file or stream could not be read. */
  | 'source_unreadable'
  /** A local file changed while it was being sent. */
  | 'source_changed'
  /** Storage or the service holds other bytes than were sent. */
  | 'integrity'
  /** Sealing was asked for and is not possible. */
  | 'encryption'
  /** The target's address or headers are not ones bytes may be sent to. */
  | 'unsafe_target'
  /** The browser that owns the profile folder is running. */
  | 'browser_running'
  /** The temporary folder is full. */
  | 'disk_full'
  /** The caller cancelled. */
  | 'cancelled'
  /** A reply was lost and asking the service did not settle what happened. */
  | 'unknown_outcome'
  /** A defect in dropoff. */
  | 'internal'
// </generated error codes>

// <generated error facts> by `make generate`, from the core's sources
/** Whether what was asked for happened, as far as the service can tell. `completed`: it happened: the
 * profile is registered, the transfer is active, storage has what a raw upload or a step sent.
 * `not_completed`: it did not happen. Calling again cannot do it twice. `unknown`: a reply was lost and
 * asking did not settle it. */
export type Outcome = 'completed' | 'not_completed' | 'unknown'

/** The facts of a {@link DropoffError}. Those that are absent are `null`. */
export type ErrorFacts = {
  /** The stable name of the caller's remedy, such as `rate_limited`. */
  readonly code: ErrorCode
  /** The stable number of the kind, the same in all languages; never 0. */
  readonly number: number
  /** One line of plain English that ends with what to do. It holds no secret. */
  readonly message: string
  /** The step that failed, such as `put` or `complete_upload`. */
  readonly operation: string | null
  /** Whose side the trouble is on. `caller`: this program or its files. `network`: between here and there.
   * `service`: the service that handed out the ticket. `storage`: object storage. */
  readonly side: 'caller' | 'network' | 'service' | 'storage'
  /** Whether making the same call again now is safe and useful. */
  readonly retryable: boolean
  /** How long the service asked to be left alone. In milliseconds. */
  readonly retryAfter: number | null
  /** The HTTP status, when there was a reply. */
  readonly httpStatus: number | null
  /** The service's or storage's own code, such as `FILES_MISSING` or `AccessDenied`. */
  readonly serviceCode: string | null
  /** The id the service or storage logged the request under. */
  readonly requestId: string | null
  /** The fields the service complained about, each with `field` and `message`. */
  readonly details: readonly { readonly field: string; readonly message: string }[]
  /** Whether what was asked for happened all the same. */
  readonly outcome: Outcome
  /** The fate of the parts that a failed call left with the service. `none`: nothing was left to clean up,
   * a journal keeps it, or the service removes it by itself. `done`: the remains were removed. `failed`:
   * removing the remains failed too. */
  readonly cleanup: 'none' | 'done' | 'failed'
  /** The resource that the service reserved before the failure: its `kind`, such as `transfer`, and its
   * `id`. */
  readonly resource: { readonly kind: string; readonly id: string } | null
  /** The transfer that was reserved before the failure. */
  readonly transferId: string | null
  /** The profile that was reserved before the failure. */
  readonly profileId: string | null
  /** The local file the error is about. */
  readonly path: string | null
  /** The operating system's error number for a local file, or for what it had no room for. */
  readonly errno: number | null
  /** The journal from which the same call goes on where this one stopped. */
  readonly journal: string | null
  /** Storage's ETag, without quotes, of what it holds or of what was in the way; `outcome` says which. */
  readonly etag: string | null
}
// </generated error facts>

/** What went wrong, as facts a program can act on. */
export class DropoffError extends Error implements ErrorFacts {
  private constructor()
  // <generated error members> by `make generate`, from the core's sources
  readonly code: ErrorFacts['code']
  readonly number: ErrorFacts['number']
  readonly operation: ErrorFacts['operation']
  readonly side: ErrorFacts['side']
  readonly retryable: ErrorFacts['retryable']
  readonly retryAfter: ErrorFacts['retryAfter']
  readonly httpStatus: ErrorFacts['httpStatus']
  readonly serviceCode: ErrorFacts['serviceCode']
  readonly requestId: ErrorFacts['requestId']
  readonly details: ErrorFacts['details']
  readonly outcome: ErrorFacts['outcome']
  readonly cleanup: ErrorFacts['cleanup']
  readonly resource: ErrorFacts['resource']
  readonly transferId: ErrorFacts['transferId']
  readonly profileId: ErrorFacts['profileId']
  readonly path: ErrorFacts['path']
  readonly errno: ErrorFacts['errno']
  readonly journal: ErrorFacts['journal']
  readonly etag: ErrorFacts['etag']
  // </generated error members>
  /** A lower layer's words, as a string; for a stream, the very error it threw. Absent if there is none. */
  readonly cause?: unknown
  /** Every fact, fit for JSON and for an agent's tool result. `cause` is its words, or `null`. */
  toJSON(): ErrorFacts & { readonly cause: string | null }
}

/** What is added, as the property `dropoff`, to an object that ended a call from outside: the `reason` of an
 * {@link CallArguments.signal | AbortSignal}, or what `onProgress` threw. */
export type Ended = DropoffError | { readonly outcome: 'completed'; readonly result: unknown }

/**
 * Opens a file that was downloaded sealed, with the recipient's key pair. The file appears at `to` whole,
 * readable by its owner alone, after its tag was checked, or not at all: until then it has no name. Needs no
 * client.
 *
 * @param path The file as it was downloaded: a path or a `file:` URL. A leading `~/` is the home folder.
 * @throws {DropoffError} `encryption`: it is not what the sender sealed for these keys. `invalid_input`:
 * there is something at `to`, or it cannot be written to. `source_unreadable`, `source_changed`, `disk_full`.
 */
export function openSealed(path: string | URL, arguments_: OpenSealedArguments): Promise<OpenedFile>
/** Starts {@link openSealed}. Wrong arguments throw here, everything else is the job's. */
export function startOpenSealed(path: string | URL, arguments_: OpenSealedArguments): Job<OpenedFile>

/**
 * Looks at a browser's folder as {@link HCompany.uploadProfile} would, without packing or sending anything.
 * The folder is only read. Needs no client, no key and no network.
 *
 * @param path A browser's user-data folder: a path or a `file:` URL. A leading `~/` is the home folder.
 * @throws {DropoffError} `invalid_input`: it is no browser's folder, or has no such profile.
 * `source_unreadable`.
 */
export function inspectProfile(
  path: string | URL,
  arguments_?: InspectProfileArguments | null,
): Promise<ProfileInspection>
/** Starts {@link inspectProfile}. Wrong arguments throw here, everything else is the job's. */
export function startInspectProfile(
  path: string | URL,
  arguments_?: InspectProfileArguments | null,
): Job<ProfileInspection>

/** How much a record matters, the most first: something is lost or about to be; what one may want to know
 * afterwards, such as a request that was tried again or a call that failed; each step and each attempt. */
export type LogLevel = 'warn' | 'info' | 'debug'

/** A line of the log. */
export type LogRecord = {
  /** How much it matters. */
  readonly level: LogLevel
  /** One line without secrets: what happened, then its facts as `name=value`. `job` tells calls apart. */
  readonly message: string
}

/**
 * Gives `callback` the log from now on, or no longer if it is `null`. There is one callback at a time per
 * thread.
 *
 * It is called on this thread, in order, within 100 ms while the event loop turns; every record of a call
 * before its promise settles; and what is left when the process exits. It does not keep the program alive.
 * What happens is logged for the whole process: a callback hears of the calls of worker threads too, and a
 * worker may have one of its own, which ends with it. If the event loop is blocked for long, the oldest
 * records above 10 000 are dropped, and a record of level `warn` says how many.
 *
 * If it throws, or gives a promise that rejects, calls go on, and so do its own; the first time, the process
 * emits a warning with the code `DROPOFF_LOG`.
 *
 * With `NODE_DEBUG=dropoff` in the environment every record is printed on stderr, once, callback or not.
 *
 * @param level The least that is told. Default `"info"`.
 * @throws {DropoffError} `invalid_input`: the callback is no function, or the level is not one.
 */
export function onLog(callback: ((record: LogRecord) => unknown) | null, level?: LogLevel | null): void

/** The version of the package. */
export const version: string
