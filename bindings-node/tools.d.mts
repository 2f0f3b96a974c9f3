// The same declarations for `import`.
export * from './tools.js'
