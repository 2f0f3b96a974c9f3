// Zips: what is in one, and the checksum of an entry; zlib.crc32 is in newer Nodes only.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1
  return n
})

export function crc32(bytes) {
  let crc = ~0
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8)
  return ~crc >>> 0
}

/** Names of the entries, in their order. For zips without a comment and of less than 4 GiB. */
export function namesOf(zip) {
  const end = zip.length - 22
  let at = zip.readUInt32LE(end + 16)
  return Array.from({ length: zip.readUInt16LE(end + 10) }, () => {
    const [name, extra, comment] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field))
    const start = at + 46
    at = start + name + extra + comment
    return zip.toString('utf8', start, start + name)
  })
}
