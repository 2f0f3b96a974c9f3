/**
 * Tools for agents: a name, a description, JSON Schemas and a handler that never rejects, for each operation.
 *
 * ```js
 * import { AgentDrop } from 'dropoff'
 * import { makeTools } from 'dropoff/tools'
 *
 * const tools = makeTools({
 *   roots: ['outbox'], agentdrop: new AgentDrop(), sender: 'data-pipeline', recipients: ['analysis-agent'],
 * })
 * ```
 *
 * Names, descriptions, schemas and results are the same in all languages: names are in snake_case and times
 * in seconds. They depend on no framework, and fit each with a few lines of glue. A result holds the facts
 * that a model can use and no signed URL; a failure is `{ error: {…} }` with `retryable`, `outcome` and
 * `next`, a sentence on what to do.
 *
 * @packageDocumentation
 */

import type {
  AgentDrop,
  Encryption,
  HCompany,
  KeyPair,
  List,
  OnProgress,
  Outcome,
  Pack,
  Pairs,
  Storage,
} from './index.js'

/** A presigned URL, or one with the headers that were signed into it. */
export type Target =
  string | URL | { readonly url: string | URL; readonly headers?: Pairs | null | undefined }

/** What tools are made of, and what they may do. A model chooses paths, recipients and targets, and may do so
 * as a stranger's text tells it. So it reaches only what is allowed here. */
export type ToolOptions = {
  /** Folders, and single files, that paths may be in; symlinks are followed before that is looked at. Hidden
   * files and keys in them are refused unless they are a root themselves. */
  roots: List<string | URL> | string | URL
  /** For `send_files` and `get_transfer`; it needs `sender` and `recipients`. */
  agentdrop?: AgentDrop | null | undefined
  /** The id that transfers come from. */
  sender?: string | null | undefined
  /** Ids that files may be sent to; or a function that says of one whether they may. */
  recipients?: List<string> | ((recipient: string) => boolean | PromiseLike<boolean>) | null | undefined
  /** As of {@link AgentDrop.send}. */
  mode?: string | null | undefined
  /** Seals every file before it leaves. Default: files are sent as they are. */
  encrypt?: Encryption | null | undefined
  /** For `upload_profile`, `inspect_profile` and `get_profile`. */
  hcompany?: HCompany | null | undefined
  /** How folders are packed, which the model then does not choose. */
  pack?: Pack | null | undefined
  /** For `open_sealed`: opens what came sealed for it. */
  keyPair?: KeyPair | null | undefined
  /** For `put_file`; it needs `targets`. */
  storage?: Storage | null | undefined
  /** Where files may be put, by a name that the model chooses by; or a function that gives the target of a
   * name, and nothing if there is none. The model sees no signed URL: it is told of a target that is refused
   * by its host and path. */
  targets?:
    | Readonly<Record<string, Target>>
    | ((name: string) => Target | null | undefined | PromiseLike<Target | null | undefined>)
    | null
    | undefined
  /** Bounds each call that sends bytes, in milliseconds. Default: no limit. */
  timeout?: number | null | undefined
}

/** An object of JSON Schema. */
export type ObjectSchema = {
  readonly type: 'object'
  readonly properties: Record<string, { readonly [keyword: string]: unknown }>
  readonly required?: string[]
  readonly additionalProperties?: boolean
}

/** What a model is told of a failure. */
export type ToolError = {
  readonly kind: string
  readonly message: string
  /** A sentence on what to do now. */
  readonly next: string
  readonly retryable: boolean
  readonly outcome: Outcome
  /** Seconds. */
  readonly retry_after?: number
  readonly [fact: string]: unknown
}

/** The facts that {@link Tool.outputSchema} describes, or after a failure `error`, as {@link errorSchema}
 * says. */
export type ToolResult = { readonly error?: ToolError; readonly [fact: string]: unknown }

/** How a tool is called. */
export type RunOptions = {
  /** Cancels the call; the result then says what became of it. */
  signal?: AbortSignal | null | undefined
  /** Called while bytes are sent. */
  onProgress?: OnProgress | null | undefined
}

/** What a model may call. It may be called as often as you like, and at the same time. */
export interface Tool {
  /** Its name, such as `send_files`. */
  readonly name: string
  /** The same for people. */
  readonly title: string
  /** What it does and when to use it, for the model. */
  readonly description: string
  /** JSON Schema of its arguments, without those that the program has settled. A copy: to change it allows a
   * model nothing. */
  readonly inputSchema: ObjectSchema
  /** JSON Schema of what a success gives. */
  readonly outputSchema: ObjectSchema
  /** Hints by MCP's names. */
  readonly annotations: {
    readonly readOnlyHint: boolean
    readonly destructiveHint: boolean
    readonly idempotentHint: boolean
    readonly openWorldHint: boolean
  }
  /**
   * Calls it. Never rejects. A property of the tool's own, so it may be handed on without the tool.
   *
   * @param arguments_ As the model gave them: an object or JSON text.
   */
  readonly run: (arguments_: unknown, options?: RunOptions | null) => Promise<ToolResult>
}

/**
 * Tools for what is given.
 *
 * @throws {DropoffError} `invalid_input`: what one of them needs is missing, or there is nothing to make
 * tools of.
 */
export function makeTools(options: ToolOptions): Tool[]

/** The JSON Schema of what a tool gives after a failure. */
export const errorSchema: ObjectSchema
