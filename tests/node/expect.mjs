// Compares the fields named, and says where the first difference is.

import assert from 'node:assert/strict'

export function expect(path, wanted, got) {
  if (Array.isArray(wanted)) {
    assert(Array.isArray(got) && got.length === wanted.length, `${path}: ${JSON.stringify(got)}`)
    wanted.forEach((value, at) => expect(`${path}[${at}]`, value, got[at]))
  } else if (wanted === null || typeof wanted !== 'object') {
    assert.equal(got ?? null, wanted, path)
  } else if ('contains' in wanted) {
    assert.equal(typeof got, 'string', `${path}: ${got}`)
    for (const needle of [wanted.contains].flat())
      assert(got.includes(needle), `${path}: ${needle} is not in ${got}`)
  } else if ('present' in wanted) {
    assert(got !== null && got !== undefined, `${path}: nothing there`)
  } else {
    for (const [name, value] of Object.entries(wanted)) expect(`${path}.${name}`, value, got?.[name])
  }
}
