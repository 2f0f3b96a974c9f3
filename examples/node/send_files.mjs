// Sends files to another agent with AgentDrop; with no file named, what comes in on standard input:
//
//   AGENTDROP_API_KEY=… node send_files.mjs data-pipeline analysis-agent report.pdf rows.csv
//   … | node send_files.mjs data-pipeline analysis-agent

import { AgentDrop, DropoffError } from 'dropoff'

const [sender, recipient, ...paths] = process.argv.slice(2)
if (sender === undefined || recipient === undefined) {
  console.error('usage: node send_files.mjs SENDER RECIPIENT [FILE…]')
  process.exit(2)
}

try {
  const { DROPOFF_BASE_URL: baseUrl, DROPOFF_STORAGE: storage } = process.env // only to try it on a sandbox
  const d = new AgentDrop({ baseUrl, trustedStorage: storage ? [storage] : null })
  const files = paths.length > 0 ? paths : [['stdin.bin', process.stdin]]
  const sent = await d.send(files, { sender, recipient, expiresIn: '12h' })
  console.log(`${sent.id} is ${sent.status}`)
  for (const file of sent.files) console.log(`${file.name}: ${file.bytes} bytes, verified: ${file.verified}`)
} catch (error) {
  if (!(error instanceof DropoffError)) throw error
  // As a tool's result: every fact, and no secret.
  console.error(JSON.stringify(error))
  process.exitCode = 1
}
