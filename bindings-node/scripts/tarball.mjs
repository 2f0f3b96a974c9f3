// A tarball as npm publishes it, of files from anywhere.

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Copies of files, as [FROM, TO], and a manifest, as a tarball in the folder `out`. */
export function pack(out, manifest, copies, readme) {
  const stage = mkdtempSync(join(tmpdir(), 'dropoff-pack-'))
  try {
    for (const [from, to] of copies) cpSync(from, join(stage, to), { recursive: true, dereference: true })
    if (readme) writeFileSync(join(stage, 'README.md'), readme)
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    // npm is a script on Windows, which a shell alone runs, and which is given the words as they stand.
    const shell = process.platform === 'win32'
    const to = shell ? `"${resolve(out)}"` : resolve(out)
    const command = ['pack', '--silent', '--pack-destination', to]
    const done = spawnSync('npm', command, { cwd: stage, shell, stdio: ['ignore', 'ignore', 'inherit'] })
    if (done.error) throw done.error
    if (done.status !== 0) process.exit(done.status ?? 1)
  } finally {
    rmSync(stage, { recursive: true })
  }
}
