// Bytes to send: a pattern, and noise.

import { createCipheriv } from 'node:crypto'

/** Byte i is (i * 31 + 7) mod 251. */
export function pattern(length) {
  const bytes = Buffer.allocUnsafe(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + 7) % 251
  return bytes
}

/** Bytes that do not compress, the same each time. */
export function random(length) {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), Buffer.alloc(16)).update(Buffer.alloc(length))
}
