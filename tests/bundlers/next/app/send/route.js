// A handler of Next.js that sends a file, and answers with the transfer's status.
import { AgentDrop } from 'dropoff'

export async function POST(request) {
  const body = Buffer.from(await request.arrayBuffer())
  const sent = await new AgentDrop().send([['a', body]], { sender: 'a', recipient: 'b' })
  return Response.json({ status: sent.status })
}
