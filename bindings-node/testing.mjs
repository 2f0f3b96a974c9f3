// The same names for `import`.
import testing from './testing.js'

export const { Sandbox, sandboxForTests, startSandbox } = testing
