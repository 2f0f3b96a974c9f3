// The setting that docs/guides/bundlers.md names. The roots are said because Next.js itself is installed some
// folders above; an application has it beside this file.
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

export default {
  serverExternalPackages: ['dropoff'],
  output: process.env.OUTPUT,
  outputFileTracingRoot: root,
  turbopack: { root },
}
