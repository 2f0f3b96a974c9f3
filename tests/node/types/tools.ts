// How tools are used, as a type checker sees it. Checked by types.test.mjs, never run.

import { AgentDrop, Encryption, HCompany, KeyPair, Storage } from 'dropoff'
import { errorSchema, makeTools } from 'dropoff/tools'
import type {
  ObjectSchema,
  RunOptions,
  Target,
  Tool,
  ToolError,
  ToolOptions,
  ToolResult,
} from 'dropoff/tools'

const pair = KeyPair.generate()
const target: Target = { url: 'https://storage.example/x', headers: { 'content-type': 'application/pdf' } }
const options: ToolOptions = {
  roots: ['outbox', new URL('file:///srv/outbox')],
  agentdrop: new AgentDrop(),
  sender: 'data-pipeline',
  recipients: new Set(['analysis-agent']),
  encrypt: new Encryption(pair),
  hcompany: new HCompany(),
  pack: { level: 'minimal' },
  keyPair: pair,
  storage: new Storage(),
  targets: async (name) => (name === 'report' ? target : null),
  timeout: 60_000,
}
const tools: Tool[] = makeTools(options)
makeTools({
  roots: 'outbox',
  storage: new Storage(),
  targets: { report: 'https://storage.example/x', other: target },
})

export async function call(tool: Tool, run: RunOptions): Promise<ToolError['outcome'] | undefined> {
  const schema: ObjectSchema = tool.inputSchema
  const names: string[] = [...Object.keys(schema.properties), ...(tool.outputSchema.required ?? [])]
  const result: ToolResult = await tool.run({ paths: names }, run)
  const again: Record<string, unknown> = await tool.run('{}', {
    signal: AbortSignal.timeout(1),
    onProgress: console.log,
  })
  if (result.error === undefined) return void [again, result.id, tool.annotations.readOnlyHint, errorSchema]
  const { kind, message, next, retryable, retry_after: seconds }: ToolError = result.error
  console.log(kind, message, next, retryable, seconds?.toFixed(1))
  return result.error.outcome
}

// @ts-expect-error it needs to be said which files
makeTools({ hcompany: new HCompany() })
// @ts-expect-error one text is no list of recipients
makeTools({ roots: [], agentdrop: new AgentDrop(), sender: 'a', recipients: 'b' })
// @ts-expect-error a slip
makeTools({ roots: [], agentDrop: new AgentDrop() })
void tools
