// What one call costs the process it is made in; the same figures as those of probe.py.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs'

// What this process was told to do: one JSON object, its only argument.
export const job = JSON.parse(process.argv[2])

function status(name) {
  const [, kib] = readFileSync('/proc/self/status', 'latin1').match(new RegExp(`^${name}:\\s+(\\d+)`, 'm'))
  return Number(kib)
}

// How many threads and open files this process has. Counting opens one file, each time.
export function counts() {
  return { threads: readdirSync('/proc/self/task').length, fds: readdirSync('/proc/self/fd').length }
}

// What is told about an idle process, of its counts at the very start and with the client made.
export function idle(before, after) {
  const both = (what) => ({ before: before[what], after: after[what] })
  return { threads: both('threads'), fds: both('fds') }
}

// Seconds of CLOCK_MONOTONIC, which the sink tells its times in.
const now = () => Number(process.hrtime.bigint()) / 1e9

export async function measure(call) {
  // The kernel forgets its peak so far: starting may have needed more for a moment than is left idle.
  writeFileSync('/proc/self/clear_refs', '5')
  const held = ['RssAnon', 'RssFile'].map((kind) => [kind, status(kind)])
  const idleKib = status('VmRSS')
  const before = process.cpuUsage()
  const began = now()
  const facts = await call()
  const wall = now() - began
  const used = process.cpuUsage(before)
  const peak = status('VmHWM')
  const line = {
    user: used.user / 1e6,
    system: used.system / 1e6,
    before: (before.user + before.system) / 1e6,
    wall,
    began_at: began,
    idle_kib: idleKib,
    over_idle_kib: peak - idleKib,
    peak_kib: peak,
    left_over_idle_kib: Object.fromEntries(held.map(([kind, kib]) => [kind, status(kind) - kib])),
    facts,
  }
  console.log(JSON.stringify(line))
}

// Every file is PUT to the job's URL and its name, `concurrency` at a time.
export async function many(put) {
  const files = job.files.values()
  let count = 0
  let bytes = 0
  async function lane() {
    for (const file of files) {
      const sent = await put(`${job.url}/${file.split('/').at(-1)}`, file)
      count += 1
      bytes += sent.bytes
    }
  }
  await Promise.all(Array.from({ length: job.concurrency ?? 1 }, lane))
  return { status: 200, files: count, bytes }
}
