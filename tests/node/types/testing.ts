// How the sandbox is used, as a type checker sees it. Checked by types.test.mjs, never run.

import { after, before, beforeEach } from 'node:test'
import { sandboxForTests, startSandbox } from 'dropoff/testing'
import type {
  FaultOrder,
  Sandbox,
  SandboxObject,
  SandboxOptions,
  SandboxRequest,
  TestHooks,
} from 'dropoff/testing'

const options: SandboxOptions = { program: '/usr/bin/dropoff-sandbox', options: ['--tls'] }
const hooks: TestHooks = { before, after, beforeEach }
const sandbox: Sandbox = sandboxForTests(hooks, options)
sandboxForTests()
sandboxForTests({ beforeAll: before, afterAll: after, beforeEach })

export async function use(): Promise<[SandboxRequest[], SandboxObject | undefined]> {
  await using other = await startSandbox()
  const order: FaultOrder = { on: 'put', skip: 1, times: -1, do: { reply: { status: 503 } } }
  await other.faults(order, { on: 'confirm', do: { lose_reply: true } })
  await other.agentdrop({ maxAttempts: 1 }).getTransfer('tr_1')
  const [first] = await other.objects()
  const bytes: Uint8Array = await other.content(first?.key ?? '')
  const urls: string[] = [
    other.apiUrl,
    other.storageUrl,
    other.caFile ?? '',
    other.environment().HAI_API_KEY ?? '',
  ]
  console.log(bytes.length, urls, first?.sha256)
  return [await sandbox.requests('put'), first]
}

// @ts-expect-error a hook is missing
sandboxForTests({ before, after })
