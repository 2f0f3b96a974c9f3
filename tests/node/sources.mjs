// The sources a scenario names, as JavaScript values.

import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pattern } from './bytes.mjs'
import { makeProfile } from './profiles.mjs'
import { crc32 } from './zip.mjs'
import { File } from '../../bindings-node/index.mjs'

export { pattern }

/** A zip with one stored file. */
export function zipped(length) {
  const name = Buffer.from('Default/Cookies')
  const content = pattern(length)
  const common = Buffer.alloc(26)
  common.writeUInt16LE(20, 0) // version needed
  common.writeUInt16LE(0x21, 8) // 1980-01-01
  common.writeUInt32LE(crc32(content), 10)
  common.writeUInt32LE(length, 14)
  common.writeUInt32LE(length, 18)
  common.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, name, content])
  const entry = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), name])
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(1, 8)
  end.writeUInt16LE(1, 10)
  end.writeUInt32LE(entry.length, 12)
  end.writeUInt32LE(local.length, 16)
  return Buffer.concat([local, entry, end])
}

/**
 * Makes one; files go below `folder`. `content` is null where it is not known before the call. A file that is
 * there is left alone: a journal knows it by its inode and time.
 */
export function make(spec, at, folder) {
  const path = join(folder, spec.name ?? `file-${at}.bin`)
  const { source, content = null, stop } = made(spec, path)
  return {
    source,
    content,
    /** Ends the browser that a lock in it names, if one does. */
    stop: () => stop?.(),
    file: () =>
      new File(source, {
        name: spec.name,
        contentType: spec.content_type,
        encryptionIv: spec.encryption_iv,
      }),
  }
}

function made(spec, path) {
  if ('memory' in spec) return same(pattern(spec.memory))
  if ('zip' in spec) return same(zipped(spec.zip))
  if ('text' in spec) return same(Buffer.from(spec.text))
  if ('reader' in spec) {
    const content = pattern(spec.reader)
    return { source: Readable.from(chunks(content), { objectMode: false }), content }
  }
  if ('rewindable' in spec) {
    const content = pattern(spec.rewindable)
    return { source: new Blob([content]), content }
  }
  if ('path' in spec || 'hex' in spec) {
    const content = 'hex' in spec ? Buffer.from(spec.hex, 'hex') : pattern(spec.path)
    if (!existsSync(path)) writeFileSync(path, content)
    return { source: path, content }
  }
  if ('folder' in spec) {
    for (const [name, length] of Object.entries(spec.folder)) {
      mkdirSync(dirname(join(path, name)), { recursive: true })
      writeFileSync(join(path, name), pattern(length))
    }
    return { source: path }
  }
  if ('profile' in spec) return { source: path, stop: makeProfile(spec.profile, path) }
  if (spec.directory) mkdirSync(path)
  else if (spec.unreadable)
    symlinkSync(path, path) // permissions do not stop root; a link to itself stops everyone
  else if (!spec.missing) throw new Error(`unknown source ${JSON.stringify(spec)}`)
  return { source: path }
}

function same(content) {
  return { source: content, content }
}

export function* chunks(content, size = 1000) {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}
