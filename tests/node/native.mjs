// The compiled half itself, for tests of what is below the public API.

import { createRequire } from 'node:module'

export const native = createRequire(import.meta.url)('../../bindings-node/native.js')
