// The same names for `import`.
import tools from './tools.js'

export const { errorSchema, makeTools } = tools
