// A program that a bundler gets: one call, whose transfer it prints.
import { AgentDrop } from 'dropoff'

const sent = await new AgentDrop().send([['a', Buffer.from('1')]], { sender: 'a', recipient: 'b' })
console.log(sent.status)
